// Who runs and what waits: workers, schedulers, buckets.
import { z } from 'zod';
import { bucketList } from '../../core/job/buckets.ts';
import { memberViews } from '../../core/job/member-view.ts';
import { bucketMove, bucketUnpin, ownerMap, workerDrain, workerUndrain } from '../../core/job/owners.ts';
import { defineOperation, type Operation } from '../operation.ts';
import { bucketNumbers, instant, items, text } from '../schemas.ts';
import { knownBuckets } from './jobs.ts';

const TAG = 'buckets and processes';
const AUTO = 'auto';

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
        retrying: z.int(),
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

export const FLEET_OPERATIONS: readonly Operation[] = [
  ...[members('worker'), members('scheduler'), buckets, owners, move],
  drain('drain', 'take all buckets from a worker, and keep them from it'),
  drain('undrain', 'let a worker own buckets again'),
];
