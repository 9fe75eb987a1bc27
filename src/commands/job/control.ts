// jobctl job cancel, retry and reschedule: orders to the owner of the job's bucket, which executes them.
import { parseDuration } from '../../config/parse/duration.ts';
import { parseMoment, resolveMoment } from '../../config/parse/time.ts';
import type { ControlDeps, Ordered, OrderOptions } from '../../core/job/control.ts';
import { usageError } from '../../core/model/errors.ts';
import type { JobId } from '../../core/model/ids.ts';
import { defineCommand, option } from '../command.ts';
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

export const jobReschedule = defineCommand({
  name: 'job reschedule',
  summary: 'run waiting jobs at another time',
  arguments: '<id...>',
  details:
    'Their attempts count on. Waits until the worker that owns the bucket has done it, for --timeout at most; where there is none,\nthe order is kept for the next one. A job that runs, or is over, has no time to be moved.',
  options: {
    delay: option('<duration>', 'so long from now', parseDuration),
    at: option('<time>', 'at this moment, as 2027-01-31T09:00:00Z', parseMoment),
  },
  examples: [
    { does: 'in an hour', line: 'jobctl job reschedule 00ag1mdz4r8v0cm9v6k2q7n5xs --delay 1h' },
    {
      does: 'all that wait, after the upgrade',
      line: 'jobctl job list --state pending -o name | jobctl job reschedule - --at 2027-01-31T09:00:00Z',
    },
  ],
  async run(context, args, { delay, at }) {
    if ((delay === undefined) === (at === undefined)) {
      throw usageError('OPTION_INVALID', 'the new time is said once: by --delay or by --at', {
        hint: 'in an hour: --delay 1h',
      });
    }
    const { jobReschedule: reschedule } = await import('../../core/job/control.ts');
    const nowMs = await (await context.store()).wallMs();
    const dueMs = at === undefined ? nowMs + (delay ?? 0) : resolveMoment(at, nowMs);
    return giveOrders(context, args, (deps, id, options) => reschedule(deps, id, { ...options, dueMs }));
  },
});
