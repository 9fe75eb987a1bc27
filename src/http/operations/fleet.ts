// Who runs and what waits: workers, schedulers, buckets, and an overview of it all.
import { z } from 'zod';
import { scheduleAll } from '../../core/cron/manage.ts';
import { bucketList } from '../../core/job/buckets.ts';
import { deadLetterList } from '../../core/job/dead-letter.ts';
import { memberViews } from '../../core/job/member-view.ts';
import { bucketMove, bucketUnpin, ownerMap, workerDrain, workerUndrain } from '../../core/job/owners.ts';
import { isoTime } from '../../core/model/time.ts';
import { kept } from '../kept.ts';
import { defineOperation, type Operation } from '../operation.ts';
import { bucketNumbers, instant, items, text } from '../schemas.ts';
import { knownBuckets } from './jobs.ts';

const TAG = 'buckets and processes';
const AUTO = 'auto';
/** An overview is made once in so long, however many ask, ms. */
const OVERVIEW_KEPT_MS = 2_000;
/** Enough to say "some". */
const DEAD_LETTERS_COUNTED = 100;

const member = z
  .strictObject({
    id: z.string(),
    buckets: z.string(),
    types: z.array(z.string()),
    running: z.int(),
    capacity: z.int(),
    address: z.string(),
    session: z.string(),
    version: z.string(),
    startedAt: instant,
    seenAt: instant,
  })
  .meta({ id: 'Member' });

const members = (role: 'worker' | 'scheduler'): Operation =>
  defineOperation({
    id: `${role}List`,
    method: 'GET',
    path: `/v1/${role}s`,
    role: 'read',
    tag: TAG,
    summary: `list the live ${role}s`,
    result: items(member),
    run: async ({ store }) => ({ items: await memberViews(store, role) }),
  });

const bucketsQuery = z.strictObject({
  buckets: bucketNumbers.meta({ description: 'only these, separated by commas' }),
});

const buckets = defineOperation({
  id: 'bucketList',
  method: 'GET',
  path: '/v1/buckets',
  role: 'read',
  tag: TAG,
  summary: 'list the buckets with their owners and what waits there',
  query: bucketsQuery,
  result: items(
    z
      .strictObject({
        bucket: z.int(),
        owner: z.string().nullable(),
        session: z.string().nullable(),
        token: z.int().nullable(),
        depth: z.int().meta({ description: 'jobs without an outcome' }),
        depthExact: z.boolean(),
        running: z.int(),
        oldestDueAt: instant.nullable(),
        lowWaterAt: instant.nullable(),
        counters: z.record(z.string(), z.int()),
      })
      .meta({ id: 'Bucket' }),
  ),
  run: async ({ store }, { query }) => ({
    items: await bucketList(
      store,
      await store.wallMs(),
      query.buckets === undefined ? undefined : knownBuckets(store.bucketCount, query.buckets),
    ),
  }),
});

const placement = z.strictObject({
  kind: z.enum(['pin', 'drain']),
  worker: z.string(),
  reason: z.string().nullable(),
  by: z.string(),
  at: instant,
});

const owners = defineOperation({
  id: 'bucketOwners',
  method: 'GET',
  path: '/v1/bucket-owners',
  role: 'read',
  tag: TAG,
  summary: 'show who owns each bucket, who should, and what was ordered',
  query: bucketsQuery,
  result: z.strictObject({
    buckets: z.array(
      z.strictObject({
        bucket: z.int(),
        owner: z.string().nullable(),
        target: z.string().nullable(),
        token: z.int().nullable(),
        placement: placement.nullable(),
      }),
    ),
    drained: z.array(placement),
  }),
  run: ({ store }, { query }) =>
    ownerMap(store, query.buckets === undefined ? undefined : knownBuckets(store.bucketCount, query.buckets)),
});

const reason = z.string().optional();

const move = defineOperation({
  id: 'bucketMove',
  method: 'POST',
  path: '/v1/buckets/move',
  role: 'admin',
  tag: TAG,
  summary: 'pin buckets to a worker, or give them back to the automatic assignment',
  body: z.strictObject({
    buckets: z.array(z.int().min(0)).min(1),
    to: text.meta({ description: 'id of a live worker, or auto' }),
    reason,
  }),
  result: z.strictObject({ buckets: z.array(z.int()), to: z.string() }),
  async run({ store }, { body: { buckets: given, to, reason: why = '' }, actor }) {
    const moved = knownBuckets(store.bucketCount, given);
    if (to === AUTO) await bucketUnpin(store, moved);
    else await bucketMove(store, { buckets: moved, worker: to }, { reason: why, by: actor });
    return { buckets: moved, to };
  },
});

const drain = (verb: 'drain' | 'undrain', summary: string): Operation =>
  defineOperation({
    id: verb === 'drain' ? 'workerDrain' : 'workerUndrain',
    method: 'POST',
    path: `/v1/workers/{id}/${verb}`,
    role: 'admin',
    tag: TAG,
    summary,
    params: z.strictObject({ id: text }),
    body: z.strictObject({ reason }),
    isBodyOptional: true,
    result: z.strictObject({ id: z.string(), drained: z.boolean() }),
    async run({ store }, { params: { id }, body: { reason: why = '' }, actor }) {
      if (verb === 'drain') await workerDrain(store, id, { reason: why, by: actor });
      else await workerUndrain(store, id);
      return { id, drained: verb === 'drain' };
    },
  });

const overview = defineOperation({
  id: 'overview',
  method: 'GET',
  path: '/v1/overview',
  role: 'read',
  tag: TAG,
  summary: 'how all of it is, at a glance; at most 2 s old',
  result: z
    .strictObject({
      at: instant,
      store: z.string(),
      workers: z.int(),
      schedulers: z.int(),
      slots: z.strictObject({ busy: z.int(), all: z.int() }).meta({ description: 'jobs the workers run, and may run' }),
      buckets: z.strictObject({ all: z.int(), unowned: z.array(z.int()) }),
      jobs: z.strictObject({
        unfinished: z.int(),
        running: z.int(),
        exact: z.boolean(),
        oldestDueAt: instant.nullable(),
      }),
      schedules: z.strictObject({ all: z.int(), paused: z.int() }),
      deadLetters: z.strictObject({ count: z.int(), exact: z.boolean() }),
    })
    .meta({ id: 'Overview' }),
  run: (service) => overviewNow(service),
});

const overviewNow = kept(OVERVIEW_KEPT_MS, async ({ store }): Promise<unknown> => {
  const nowMs = await store.wallMs();
  const [workers, schedulers, found, schedules, letters] = await Promise.all([
    store.memberList('worker'),
    store.memberList('scheduler'),
    bucketList(store, nowMs),
    scheduleAll(store),
    deadLetterList(store, nowMs, { limit: DEAD_LETTERS_COUNTED }),
  ]);
  const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);
  const oldest = found.flatMap(({ oldestDueAt }) => oldestDueAt ?? []).sort()[0] ?? null;
  return {
    at: isoTime(nowMs),
    store: store.url,
    workers: workers.length,
    schedulers: schedulers.length,
    slots: { busy: sum(workers.map(({ running }) => running)), all: sum(workers.map(({ capacity }) => capacity)) },
    buckets: {
      all: found.length,
      unowned: found.filter(({ owner }) => owner === null).map(({ bucket }) => bucket),
    },
    jobs: {
      unfinished: sum(found.map(({ depth }) => depth)),
      running: sum(found.map(({ running }) => running)),
      exact: found.every(({ depthExact }) => depthExact),
      oldestDueAt: oldest,
    },
    schedules: { all: schedules.length, paused: schedules.filter(({ paused }) => paused !== null).length },
    deadLetters: { count: letters.items.length, exact: letters.next === null },
  };
});

export const FLEET_OPERATIONS: readonly Operation[] = [
  ...[overview, members('worker'), members('scheduler'), buckets, owners, move],
  drain('drain', 'take all buckets from a worker, and keep them from it'),
  drain('undrain', 'let a worker own buckets again'),
];
