// jobctl job cancel, retry and reschedule: orders to the owner of the job's bucket, which executes them.
import { parseDuration } from '../../config/parse/duration.ts';
import { parseMoment } from '../../config/parse/time.ts';
import type { Ordered } from '../../core/job/control.ts';
import { usageError } from '../../core/model/errors.ts';
import type { JobId } from '../../core/model/ids.ts';
import { API_OPTIONS, type ApiValues, asker } from '../ask.ts';
import { defineCommand, option } from '../command.ts';
import type { Context } from '../context.ts';
import { forEachId, readIds } from '../ids.ts';
import type { ResultView } from '../output/out.ts';
import { dueBody } from '../submit-request.ts';
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

type Order = readonly [operation: string, body?: Readonly<Record<string, unknown>>];

const giveOrders = async (
  context: Context,
  args: readonly string[],
  values: ApiValues,
  [operation, body]: Order,
): Promise<number> => {
  const ids = await readIds(context, args);
  const ask = await asker(context, values);
  const timeoutMs = context.config.values.timeout;
  let isNoted = false;
  return forEachId(context, ids, VIEW, async (id) => {
    const asked = { params: { id }, query: { timeoutMs }, waitMs: timeoutMs };
    const ordered = await ask<OrderedRow>(operation, { ...asked, ...(body === undefined ? {} : { body }) });
    if (!ordered.executed && !isNoted) context.note(NOT_EXECUTED);
    isNoted ||= !ordered.executed;
    return ordered;
  });
};

export const jobCancel = defineCommand({
  name: 'job cancel',
  summary: 'stop jobs: a waiting one never runs, a running one is told to stop',
  arguments: '<id...>',
  details:
    'Waits until the worker that owns the bucket has done it, for --timeout at most; where there is none, the order is kept\nfor the next one. A job that has already succeeded stays so.',
  options: API_OPTIONS,
  examples: [
    { does: 'one job', line: 'jobctl job cancel 00ag1mdz4r8v0cm9v6k2q7n5xs' },
    { does: 'all that wait', line: 'jobctl job list --state pending -o name | jobctl job cancel -' },
  ],
  async run(context, args, { api }) {
    return giveOrders(context, args, { api }, ['jobCancel']);
  },
});

export const jobRetry = defineCommand({
  name: 'job retry',
  summary: 'run finished jobs again, or waiting ones now',
  arguments: '<id...>',
  details:
    'Waits until the worker that owns the bucket has accepted it, for --timeout at most; where there is none, the\norder is kept for the next one.',
  options: API_OPTIONS,
  examples: [
    { does: 'one job', line: 'jobctl job retry 00ag1mdz4r8v0cm9v6k2q7n5xs' },
    {
      does: 'all that failed in the last hour',
      line: 'jobctl job list --state failed --since 1h -o name | jobctl job retry -',
    },
  ],
  async run(context, args, { api }) {
    return giveOrders(context, args, { api }, ['jobRetry']);
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
    ...API_OPTIONS,
  },
  examples: [
    { does: 'in an hour', line: 'jobctl job reschedule 00ag1mdz4r8v0cm9v6k2q7n5xs --delay 1h' },
    {
      does: 'all that wait, after the upgrade',
      line: 'jobctl job list --state pending -o name | jobctl job reschedule - --at 2027-01-31T09:00:00Z',
    },
  ],
  async run(context, args, { delay, at, api }) {
    const body = dueBody({ delay, at });
    if (Object.keys(body).length === 0) {
      throw usageError('OPTION_INVALID', 'the new time is missing', { hint: 'in an hour: --delay 1h' });
    }
    return giveOrders(context, args, { api }, ['jobReschedule', body]);
  },
});
