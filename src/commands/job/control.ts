// jobctl job cancel and job retry: orders to the owner of the job's bucket, which executes them.
import type { JobState } from '../../core/model/job.ts';
import { defineCommand } from '../command.ts';
import { forEachId, readIds } from '../ids.ts';
import type { ResultView } from '../output/out.ts';

interface Ordered {
  readonly id: string;
  readonly state: JobState;
}

const orderView: ResultView<Ordered> = {
  name: ({ id }) => `job/${id}`,
  text: ({ id, state }) => `job/${id} ${state}`,
};

export const jobCancel = defineCommand({
  name: 'job cancel',
  summary: 'stop jobs: a waiting one never runs, a running one is told to stop',
  arguments: '<id...>',
  details:
    'Waits until the worker that owns the bucket has done it, for --timeout at most. A job that has already succeeded stays so.',
  options: {},
  examples: [
    { does: 'one job', line: 'jobctl job cancel 00ag1mdz4r8v0cm9v6k2q7n5xs' },
    { does: 'all that wait', line: 'jobctl job list --state pending -o name | jobctl job cancel -' },
  ],
  async run(context, args) {
    const { jobCancel: cancel } = await import('../../core/job/control.ts');
    const ids = await readIds(context, args);
    const store = await context.store();
    const { clock, config } = context;
    return forEachId(context, ids, orderView, async (id) => ({
      id,
      state: await cancel({ store, clock }, id, { timeoutMs: config.values.timeout }),
    }));
  },
});

export const jobRetry = defineCommand({
  name: 'job retry',
  summary: 'run finished jobs again, or waiting ones now',
  arguments: '<id...>',
  details: 'Waits until the worker that owns the bucket has accepted it, for --timeout at most.',
  options: {},
  examples: [
    { does: 'one job', line: 'jobctl job retry 00ag1mdz4r8v0cm9v6k2q7n5xs' },
    {
      does: 'all that failed in the last hour',
      line: 'jobctl job list --state failed --since 1h -o name | jobctl job retry -',
    },
  ],
  async run(context, args) {
    const { jobRetry: retry } = await import('../../core/job/control.ts');
    const ids = await readIds(context, args);
    const store = await context.store();
    const { clock, config } = context;
    return forEachId(context, ids, orderView, async (id) => ({
      id,
      state: await retry({ store, clock }, id, { timeoutMs: config.values.timeout }),
    }));
  },
});
