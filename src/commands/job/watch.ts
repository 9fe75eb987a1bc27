// jobctl job watch: one line for every change of a job, until each has its outcome.
import { parseDuration } from '../../config/parse/duration.ts';
import type { JobState } from '../../core/model/job.ts';
import { defineCommand, option } from '../command.ts';
import { inParallel, readIds } from '../ids.ts';
import type { ResultView } from '../output/out.ts';
import { exitOf, STATE_TONES, WAIT_DEFAULT_MS } from './outcome.ts';

interface Change {
  readonly at: string;
  readonly id: string;
  readonly state: JobState;
  readonly attempt: number;
  readonly error: string | null;
}

const VIEW: ResultView<Change> = {
  name: ({ id }) => `job/${id}`,
  text: ({ at, id, state, attempt, error }, _format, style) =>
    `${at}  job/${id}  ${style(STATE_TONES[state], state.padEnd(9))}  attempt ${attempt}  ${error ?? ''}`.trimEnd(),
};

export const jobWatch = defineCommand({
  name: 'job watch',
  summary: 'print every change of jobs until they have their outcome',
  arguments: '<id...>',
  details: 'With -o json a change is one line. Exit codes are those of `jobctl job wait`.',
  options: { waitTimeout: option('<duration>', 'how long to watch (default 10m)', parseDuration) },
  examples: [
    { does: 'one job', line: 'jobctl job watch 00ag1mdz4r8v0cm9v6k2q7n5xs' },
    { does: 'for a program', line: 'jobctl job watch 00ag1mdz4r8v0cm9v6k2q7n5xs -o jsonl' },
  ],
  async run(context, args, { waitTimeout = WAIT_DEFAULT_MS }) {
    const { jobWait } = await import('../../core/job/control.ts');
    const ids = await readIds(context, args);
    const store = await context.store();
    const { clock } = context;
    const sink = context.out.results<Change>('stream', VIEW);
    const states: JobState[] = [];
    await inParallel(ids, async (id) => {
      const state = await jobWait({ store, clock }, id, {
        timeoutMs: waitTimeout,
        onChange: (job) => {
          const last = job.attempts.at(-1);
          const at = new Date(clock.wallMs()).toISOString();
          sink.add({ at, id, state: job.state, attempt: last?.number ?? 0, error: last?.error ?? null });
        },
      });
      states.push(state);
    });
    sink.end();
    return exitOf(states);
  },
});
