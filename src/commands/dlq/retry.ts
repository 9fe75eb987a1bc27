// jobctl dlq retry: dead letters run again, by id or by filter.
import { parseRate } from '../../config/parse/values.ts';
import { EXIT, errorText, JobctlError, letterMissing } from '../../core/model/errors.ts';
import type { DeadLetterRow } from '../../core/model/job.ts';
import { defineCommand, option } from '../command.ts';
import { confirm } from '../confirm.ts';
import type { Context } from '../context.ts';
import { forEachId, inParallel, partialFailure, readIds } from '../ids.ts';
import { NOT_EXECUTED } from '../job/outcome.ts';
import type { ResultView } from '../output/out.ts';
import { BULK_OPTIONS, collectLetters } from './letter.ts';

interface Retried {
  /** The job that runs now: the same one, or a new one where its rows were gone. */
  readonly id: string;
  readonly deadLetter: string;
  /** False: recorded, for the next owner of the bucket to execute. */
  readonly executed: boolean;
}

const VIEW: ResultView<Retried> = {
  name: ({ id }) => `job/${id}`,
  text: ({ id, deadLetter, executed }) => {
    if (id !== deadLetter) return `job/${deadLetter} retried as job/${id}`;
    return `job/${id} ${executed ? 'retried' : 'accepted, not executed yet'}`;
  },
};

const SECOND_MS = 1_000;

export const dlqRetry = defineCommand({
  name: 'dlq retry',
  summary: 'run dead letters again, with new attempts',
  arguments: '[id...]',
  details: 'Ids need no confirmation; a filter shows what it found and asks, or needs --yes.',
  options: { ...BULK_OPTIONS, rate: option('<rate>', 'no faster than this, as 10/s', parseRate) },
  examples: [
    { does: 'one', line: 'jobctl dlq retry 00ag1mdz4r8v0cm9v6k2q7n5xs' },
    { does: 'those of one type, ten a second', line: 'jobctl dlq retry --type email.send --rate 10/s --yes' },
    { does: 'what another command found', line: 'jobctl dlq list -o name | jobctl dlq retry -' },
  ],
  async run(context, args, options) {
    const retry = await retrier(context);
    if (args.length > 0) {
      const { deadLetterGet } = await import('../../core/job/dead-letter.ts');
      const ids = await readIds(context, args);
      const store = await context.store();
      const nowMs = await store.wallMs();
      return forEachId(context, ids, VIEW, async (id) => {
        const letter = await deadLetterGet(store, nowMs, id);
        if (letter === null) throw letterMissing(id);
        return retry(letter);
      });
    }
    const letters = await collectLetters(await context.store(), options);
    const names = letters.map(({ job }) => `job/${job.jobId}`);
    if (letters.length > 0 && !(await confirm(context, `retry ${letters.length} dead letters?`, names))) return EXIT.ok;
    return retryAll(context, letters, retry, options.rate);
  },
});

type Retry = (letter: DeadLetterRow) => Promise<Retried>;

const retrier = async (context: Context): Promise<Retry> => {
  const { deadLetterRetry } = await import('../../core/job/dead-letter.ts');
  const { createSubmitter } = await import('../../core/job/submit.ts');
  const { clock, random, events } = context;
  const store = await context.store();
  const submit = createSubmitter({ store, clock, random, events });
  let isNoted = false;
  return async (letter) => {
    const { id, outcome } = await deadLetterRetry({ store, clock, submit }, letter);
    const executed = outcome !== 'accepted';
    if (!executed && !isNoted) context.note(NOT_EXECUTED);
    isNoted ||= !executed;
    return { id, deadLetter: letter.job.jobId, executed };
  };
};

const retryAll = async (
  context: Context,
  letters: readonly DeadLetterRow[],
  retry: Retry,
  rate: number | undefined,
): Promise<number> => {
  const sink = context.out.results('many', VIEW);
  const failures: string[] = [];
  const startMs = context.clock.monotonicMs();
  await inParallel([...letters.entries()], async ([index, letter]) => {
    if (rate !== undefined) {
      const dueMs = startMs + (index * SECOND_MS) / rate;
      await context.clock.sleep(Math.max(0, dueMs - context.clock.monotonicMs()));
    }
    try {
      sink.add(await retry(letter));
    } catch (error) {
      if (!(error instanceof JobctlError)) throw error;
      failures.push(`job/${letter.job.jobId}: ${errorText(error)}`);
    }
  });
  sink.end();
  context.note(`${letters.length - failures.length} dead letters retried`);
  if (failures.length > 0) throw partialFailure(failures, letters.length);
  return EXIT.ok;
};
