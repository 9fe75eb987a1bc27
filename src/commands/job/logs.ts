// jobctl job logs: what attempts have written, as far as the store keeps it.
import { wholeNumber } from '../../config/parse/values.ts';
import type { AttemptView } from '../../core/job/view.ts';
import { EXIT } from '../../core/model/errors.ts';
import { ATTEMPTS_MAX } from '../../core/model/limits.ts';
import { API_OPTIONS, asker } from '../ask.ts';
import { defineCommand, option } from '../command.ts';
import { readIds } from '../ids.ts';
import type { ResultView } from '../output/out.ts';

interface AttemptLog {
  readonly id: string;
  readonly attempt: number;
  readonly state: AttemptView['state'];
  readonly worker: string;
  readonly startedAt: string;
  readonly error: string | null;
  /** Of `exec`: what the command wrote, the end of it; null for others. */
  readonly stdout: string | null;
  readonly stderr: string | null;
  /** Of other types. */
  readonly result: unknown;
}

const VIEW: ResultView<AttemptLog> = {
  name: ({ id }) => `job/${id}`,
  text: (log, _format, style) => {
    const { id, attempt, state, worker, startedAt, error, stdout, stderr, result } = log;
    const other = stdout === null && result !== null ? `${JSON.stringify(result)}` : '';
    const pieces = [stdout ?? other, stderr ?? '', error === null ? '' : `error: ${error}`];
    const head = style('dim', `-- job/${id} attempt ${attempt} ${state} on ${worker} at ${startedAt}`);
    return [head, ...pieces.map((piece) => piece.trimEnd()).filter((piece) => piece !== '')].join('\n');
  },
};

export const jobLogs = defineCommand({
  name: 'job logs',
  summary: 'print what the attempts of jobs have written',
  arguments: '<id...>',
  details: `Of \`exec\` jobs the store keeps the end of stdout and stderr, of others their result and error. What a handler says with
\`log()\` stands in the log of its worker, on lines with the id of the job.`,
  options: {
    attempt: option('<n>', 'only this attempt, 1 for the first (default all)', wholeNumber(1, ATTEMPTS_MAX)),
    ...API_OPTIONS,
  },
  examples: [
    { does: 'all attempts', line: 'jobctl job logs 00ag1mdz4r8v0cm9v6k2q7n5xs' },
    { does: 'of everything that died', line: 'jobctl dlq list -o name | jobctl job logs -' },
  ],
  async run(context, args, { attempt, api }) {
    const ids = await readIds(context, args);
    const ask = await asker(context, { api });
    const sink = context.out.results<AttemptLog>('many', VIEW);
    for (const id of ids) {
      const { items } = await ask<{ readonly items: readonly AttemptView[] }>('jobHistory', { params: { id } });
      const logs = items
        .filter(({ number }) => attempt === undefined || number === attempt)
        .map((row) => logOf(id, row));
      for (const log of logs) sink.add(log);
      if (logs.length === 0) context.note(`job/${id} has no such attempt yet; why: jobctl job explain ${id}`);
    }
    sink.end();
    return EXIT.ok;
  },
});

const logOf = (id: string, { number, state, worker, startedAt, error, result }: AttemptView): AttemptLog => {
  const written = (typeof result === 'object' && result !== null ? result : {}) as {
    stdout?: unknown;
    stderr?: unknown;
  };
  const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  const [stdout, stderr] = [textOf(written.stdout), textOf(written.stderr)];
  return {
    ...{ id, attempt: number, state, worker, startedAt, error, stdout, stderr },
    result: stdout === null ? result : null,
  };
};
