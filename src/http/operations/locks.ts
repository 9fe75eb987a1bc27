// Locks: taken for a lease, renewed and given back by whoever has the handle.
import { z } from 'zod';
import { leasedView, leaseRelease, leaseRenew, lockCheck, lockLease, lockTakeover } from '../../core/lock/lease.ts';
import { parseHandle } from '../../core/lock/lock-handle.ts';
import { lockGet, lockList } from '../../core/lock/lock-view.ts';
import { anyLockName, assertLockNote, shownLockName, userLockName } from '../../core/lock/name.ts';
import {
  LEASE_MIN_MS,
  LOCK_LEASE_DEFAULT_MS,
  LOCK_LEASE_MAX_MS,
  REQUEST_WAIT_MAX_MS,
} from '../../core/model/limits.ts';
import { defineOperation, type Operation } from '../operation.ts';
import { instant, items, text, wholeNumber } from '../schemas.ts';

const TAG = 'locks';

const nameParams = z.strictObject({
  name: text.meta({ description: 'of the lock; a / in it is written as %2F', example: 'deploy' }),
});
const leaseMs = z
  .int()
  .min(LEASE_MIN_MS)
  .max(LOCK_LEASE_MAX_MS)
  .optional()
  .meta({ description: `default ${LOCK_LEASE_DEFAULT_MS}` });
const handle = text.meta({ description: 'as acquire answered it' });

const lock = z
  .strictObject({
    name: z.string(),
    state: z.enum(['held', 'overdue', 'free']),
    token: z.int().meta({ description: 'fencing token of the last owner; the next one gets a higher one' }),
    owner: z.string().nullable(),
    note: z.string().nullable(),
    session: z.string().nullable(),
    leaseMs: z.int().nullable(),
    beat: z.int().nullable(),
    until: instant.nullable(),
  })
  .meta({ id: 'Lock' });

const leasedFields = {
  name: z.string(),
  token: z.int(),
  session: z.string(),
  handle: z.string(),
  leaseMs: z.int(),
  until: instant.meta({ description: 'act until then only' }),
};
const leased = z.strictObject(leasedFields).meta({ id: 'LeasedLock' });

const list = defineOperation({
  id: 'lockList',
  method: 'GET',
  path: '/v1/locks',
  role: 'read',
  tag: TAG,
  summary: 'list the locks, who holds them and until when',
  query: z.strictObject({
    scope: z.enum(['user', 'all']).optional().meta({ description: "all: jobctl's own, too; default user" }),
  }),
  result: items(lock),
  run: async ({ store, clock }, { query: { scope = 'user' } }) => ({
    items: await lockList(store, { scope, nowMs: clock.wallMs() }),
  }),
});

const get = defineOperation({
  id: 'lockGet',
  method: 'GET',
  path: '/v1/locks/{name}',
  role: 'read',
  tag: TAG,
  summary: 'show a lock: owner, token, session, lease',
  params: nameParams,
  result: lock,
  run: ({ store, clock }, { params: { name } }) => lockGet(store, name, clock.wallMs()),
});

const check = defineOperation({
  id: 'lockCheck',
  method: 'GET',
  path: '/v1/locks/{name}/check',
  role: 'read',
  tag: TAG,
  summary: 'succeed while a fencing token is the current one and its holder lives, else 409',
  params: nameParams,
  query: z.strictObject({ token: wholeNumber(1, Number.MAX_SAFE_INTEGER) }),
  result: lock,
  run: (service, { params: { name }, query: { token } }) => lockCheck(service, anyLockName(name), token),
});

const acquire = defineOperation({
  id: 'lockAcquire',
  method: 'POST',
  path: '/v1/locks/{name}/acquire',
  role: 'operate',
  tag: TAG,
  summary: 'take a lock for one lease; 409 while somebody else holds it',
  params: nameParams,
  body: z.strictObject({
    leaseMs,
    waitMs: z
      .int()
      .min(0)
      .max(REQUEST_WAIT_MAX_MS)
      .optional()
      .meta({ description: 'how long to wait for it; default 0' }),
    note: z.string().optional(),
  }),
  isBodyOptional: true,
  result: leased,
  async run(service, { params, body, actor, signal }) {
    const { leaseMs: lease = LOCK_LEASE_DEFAULT_MS, waitMs = 0, note = '' } = body;
    const request = {
      name: userLockName(params.name),
      leaseMs: lease,
      waitMs,
      note: assertLockNote(note),
      address: actor,
    };
    return leasedView(await lockLease(service, { ...request, signal }));
  },
});

const renew = defineOperation({
  id: 'lockRenew',
  method: 'POST',
  path: '/v1/locks/{name}/renew',
  role: 'operate',
  tag: TAG,
  summary: 'start the lease of an acquired lock anew',
  params: nameParams,
  body: z.strictObject({ handle }),
  result: leased,
  run: async (service, { params, body }) =>
    leasedView(await leaseRenew(service, userLockName(params.name), parseHandle(body.handle))),
});

const release = defineOperation({
  id: 'lockRelease',
  method: 'POST',
  path: '/v1/locks/{name}/release',
  role: 'operate',
  tag: TAG,
  summary: 'give an acquired lock back, before its lease is over',
  params: nameParams,
  body: z.strictObject({ handle }),
  result: z.strictObject({ name: z.string(), token: z.int(), released: z.literal(true) }),
  async run(service, { params, body }) {
    const name = userLockName(params.name);
    const given = parseHandle(body.handle);
    await leaseRelease(service, name, given);
    return { name: shownLockName(name), token: given.token, released: true };
  },
});

const takeover = defineOperation({
  id: 'lockTakeover',
  method: 'POST',
  path: '/v1/locks/{name}/takeover',
  role: 'admin',
  tag: TAG,
  summary: 'end the session of whoever holds a lock, and take it under a new token',
  params: nameParams,
  body: z.strictObject({
    expectedToken: z
      .int()
      .min(0)
      .meta({ description: 'the token that was seen; 409 when the lock has passed on since' }),
    reason: text,
    leaseMs,
  }),
  result: z.strictObject({
    ...leasedFields,
    previous: z
      .strictObject({ session: z.string(), token: z.int(), mayActForMs: z.int() })
      .nullable()
      .meta({ description: 'who was put out; until he notices he may still act, for so long at most' }),
  }),
  async run(service, { params, body, actor }) {
    const { lock: taken, previous } = await lockTakeover(service, {
      ...{ name: userLockName(params.name), leaseMs: body.leaseMs ?? LOCK_LEASE_DEFAULT_MS, waitMs: 0 },
      ...{ note: assertLockNote(body.reason), address: actor, expectedToken: body.expectedToken },
    });
    return { ...leasedView(taken), previous };
  },
});

export const LOCK_OPERATIONS: readonly Operation[] = [list, get, check, acquire, renew, release, takeover];
