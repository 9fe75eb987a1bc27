// jobctl job wait: returns once every job has its outcome; the exit code is the outcome.
import { parseDuration } from '../../config/parse/duration.ts';
import type { JobId } from '../../core/model/ids.ts';
import type { JobState } from '../../core/model/job.ts';
import { API_OPTIONS, asker } from '../ask.ts';
import { defineCommand, option } from '../command.ts';
import { inParallel, readIds } from '../ids.ts';
import type { ResultView } from '../output/out.ts';
import { exitOf, outcomeOf, WAIT_DEFAULT_MS } from './outcome.ts';

const VIEW: ResultView<{ readonly id: JobId; readonly state: JobState }> = {
  name: ({ id }) => `job/${id}`,
  text: ({ id, state }) => `job/${id} ${state}`,
};

export const jobWait = defineCommand({
  name: 'job wait',
  summary: 'wait for the outcome of jobs',
  arguments: '<id...>',
  details: 'Exit codes: 0 all succeeded, 10 one failed or was cancelled, 11 one is a dead letter, 124 time-out.',
  options: { waitTimeout: option('<duration>', 'how long to wait (default 10m)', parseDuration), ...API_OPTIONS },
  examples: [
    { does: 'half a minute at most', line: 'jobctl job wait 00ag1mdz4r8v0cm9v6k2q7n5xs --wait-timeout 30s' },
    { does: 'for all of a file', line: 'jobctl submit -f jobs.jsonl -o name | jobctl job wait -' },
  ],
  async run(context, args, { waitTimeout = WAIT_DEFAULT_MS, api }) {
    const ids = await readIds(context, args);
    const ask = await asker(context, { api });
    const sink = context.out.results(ids.length === 1 ? 'one' : 'many', VIEW);
    const endsMs = context.clock.monotonicMs() + waitTimeout;
    const states: JobState[] = [];
    await inParallel(ids, async (id) => {
      const timeoutMs = Math.max(0, endsMs - context.clock.monotonicMs());
      const state = await outcomeOf(context, ask, id, timeoutMs);
      states.push(state);
      sink.add({ id, state });
    });
    sink.end();
    return exitOf(states);
  },
});
