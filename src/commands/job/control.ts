// jobctl job cancel and job retry: orders to the owner of the job's bucket, which executes them.
import type { ControlDeps, Ordered, OrderOptions } from '../../core/job/control.ts';
import type { JobId } from '../../core/model/ids.ts';
import { defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { forEachId, readIds } from '../ids.ts';
import type { ResultView } from '../output/out.ts';
import { NOT_EXECUTED } from './outcome.ts';

interface OrderedRow {
  readonly id: JobId;
  /** `accepted`: recorded, for the next owner of the bucket to execute. */
  readonly state: Ordered;
  readonly executed: boolean;
}

const VIEW: ResultView<OrderedRow> = {
  name: ({ id }) => `job/${id}`,
  text: ({ id, state, executed }) => `job/${id} ${executed ? state : 'accepted, not executed yet'}`,
};

type Order = (deps: ControlDeps, id: JobId, options: OrderOptions) => Promise<Ordered>;

const giveOrders = async (context: Context, args: readonly string[], order: Order): Promise<number> => {
  const ids = await readIds(context, args);
  const store = await context.store();
  const { clock, config } = context;
  let isNoted = false;
  return forEachId(context, ids, VIEW, async (id) => {
    const state = await order({ store, clock }, id, { timeoutMs: config.values.timeout });
    const executed = state !== 'accepted';
    if (!executed && !isNoted) context.note(NOT_EXECUTED);
    isNoted ||= !executed;
    return { id, state, executed };
  });
};

export const jobCancel = defineCommand({
  name: 'job cancel',
  summary: 'stop jobs: a waiting one never runs, a running one is told to stop',
  arguments: '<id...>',
  details:
    'Waits until the worker that owns the bucket has done it, for --timeout at most; where there is none, the order is kept\nfor the next one. A job that has already succeeded stays so.',
  options: {},
  examples: [
    { does: 'one job', line: 'jobctl job cancel 00ag1mdz4r8v0cm9v6k2q7n5xs' },
    { does: 'all that wait', line: 'jobctl job list --state pending -o name | jobctl job cancel -' },
  ],
  async run(context, args) {
    const { jobCancel: cancel } = await import('../../core/job/control.ts');
    return giveOrders(context, args, cancel);
  },
});

export const jobRetry = defineCommand({
  name: 'job retry',
  summary: 'run finished jobs again, or waiting ones now',
  arguments: '<id...>',
  details:
    'Waits until the worker that owns the bucket has accepted it, for --timeout at most; where there is none, the\norder is kept for the next one.',
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
    return giveOrders(context, args, retry);
  },
});
