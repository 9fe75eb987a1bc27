// jobctl dlq retry: dead letters run again, by id or by filter.
import { parseRate } from '../../config/parse/values.ts';
import { EXIT } from '../../core/model/errors.ts';
import type { JobId } from '../../core/model/ids.ts';
import { type Ask, asker } from '../ask.ts';
import { defineCommand, option } from '../command.ts';
import { confirm } from '../confirm.ts';
import type { Context } from '../context.ts';
import { forEachId, readIds } from '../ids.ts';
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

/** The owner of the bucket may take so long, ms. */
const RETRY_WAIT_MS = 10_000;

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
    const ask = await asker(context, options);
    const retry = retrier(context, ask);
    if (args.length > 0) return forEachId(context, await readIds(context, args), VIEW, retry);
    const ids = (await collectLetters(context, ask, options)).map(({ id }) => id);
    const names = ids.map((id) => `job/${id}`);
    if (ids.length > 0 && !(await confirm(context, `retry ${ids.length} dead letters?`, names))) return EXIT.ok;
    const code = await forEachId(context, ids, VIEW, retry, { isList: true, rate: options.rate });
    if (!context.flags.dryRun) context.note(`${ids.length} dead letters retried`);
    return code;
  },
});

type Retry = (id: JobId) => Promise<Retried>;

const retrier = (context: Context, ask: Ask): Retry => {
  let isNoted = false;
  return async (id) => {
    const retried = await ask<Retried>('deadLetterRetry', { params: { id }, waitMs: RETRY_WAIT_MS });
    if (!retried.executed && !isNoted) context.note(NOT_EXECUTED);
    isNoted ||= !retried.executed;
    return retried;
  };
};
