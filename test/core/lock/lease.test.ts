// Locks that are kept by a handle: they last a lease, are renewed and released by it, and pass on to whoever watched.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lockHold } from '../../../src/core/lock/held-lock.ts';
import {
  type LeasedLock,
  leaseRelease,
  leaseRenew,
  lockCheck,
  lockLease,
  lockTakeover,
} from '../../../src/core/lock/lease.ts';
import { formatHandle, parseHandle } from '../../../src/core/lock/lock-handle.ts';
import { lockGet, lockList } from '../../../src/core/lock/lock-view.ts';
import { anyLockName, userLockName } from '../../../src/core/lock/name.ts';
import { LEASE_MS, LockScene, NAME } from '../../support/lock-scene.ts';

let scene: LockScene;
beforeEach(async () => {
  scene = await LockScene.open();
});
afterEach(() => scene[Symbol.asyncDispose]());

const options = { name: NAME, leaseMs: LEASE_MS, waitMs: 0, note: '', address: 'script' };
const acquire = (waitMs = 0): Promise<LeasedLock> => lockLease(scene.deps(), { ...options, waitMs });
const renew = ({ handle }: LeasedLock): Promise<LeasedLock> => leaseRenew(scene.deps(), NAME, parseHandle(handle));
const release = ({ handle }: LeasedLock): Promise<void> => leaseRelease(scene.deps(), NAME, parseHandle(handle));
const stale = { code: 'TOKEN_STALE', exitCode: 4 };

describe('a leased lock', () => {
  test('passes on only to somebody who has watched it for its lease and a margin', async () => {
    const startMs = scene.clock.wallMs();
    const first = await scene.settled(acquire());
    expect(first).toMatchObject({ name: 'nightly', token: 1, untilMs: startMs + 9_000 });
    await scene.clock.advance(10 * LEASE_MS);
    await expect(scene.settled(acquire())).rejects.toMatchObject({ code: 'LOCK_HELD' });
    const { result, tookMs } = await scene.during(acquire(60_000));
    expect(result.token).toBe(2);
    expect(tookMs).toBeGreaterThan(11_000);
    await expect(scene.settled(renew(first))).rejects.toMatchObject(stale);
    await expect(scene.settled(release(first))).rejects.toMatchObject(stale);
  });

  test('is kept by renewing, whoever watches', async () => {
    const first = await scene.settled(acquire());
    const waiting = expect(acquire(40_000)).rejects.toMatchObject({ code: 'LOCK_HELD' });
    for (let round = 0; round < 8; round += 1) {
      await scene.clock.advance(5_000);
      const renewed = await scene.settled(renew(first));
      expect(renewed).toMatchObject({ token: 1, handle: first.handle });
    }
    await scene.settled(waiting);
    await scene.settled(release(first));
    expect((await scene.settled(acquire())).token).toBe(2);
  });

  test('is free once it is released, which may be repeated', async () => {
    const first = await scene.settled(acquire());
    await scene.settled(release(first));
    await scene.settled(release(first));
    await expect(scene.settled(renew(first))).rejects.toMatchObject(stale);
    const second = await scene.settled(acquire());
    await expect(scene.settled(release(first))).rejects.toMatchObject(stale);
    await scene.settled(release(second));
  });

  test('a renewal without an answer is settled by a read', async () => {
    const first = await scene.settled(acquire());
    scene.bends.sessionRenew.push({ applied: true, answer: 'unknown' }, { applied: false, answer: 'unknown' });
    await scene.settled(renew(first));
    await scene.settled(renew(first));
    expect((await scene.store.sessionGet(first.session))?.beat).toBe(2);
  });

  test('one that nobody has ever taken is not found', async () => {
    const handle = { session: 'x' as never, token: 1 as never };
    await expect(scene.settled(leaseRenew(scene.deps(), NAME, handle))).rejects.toMatchObject({ exitCode: 3 });
    await expect(scene.settled(leaseRelease(scene.deps(), NAME, handle))).rejects.toMatchObject({ exitCode: 3 });
    await expect(scene.settled(lockCheck(scene.deps(), NAME, 1))).rejects.toMatchObject({ code: 'LOCK_NOT_FOUND' });
  });
});

describe('a takeover', () => {
  const takeover = (expectedToken: number) => lockTakeover(scene.deps(), { ...options, address: 'op', expectedToken });

  test('ends a session whose beat moves while it is asked', async () => {
    const first = await scene.settled(acquire());
    scene.bends.sessionEnd.push({ applied: false, answer: 'refused' }, { applied: false, answer: 'unknown' });
    const { lock } = await scene.settled(takeover(1));
    expect(lock.token).toBe(2);
    await expect(scene.settled(renew(first))).rejects.toMatchObject(stale);
  });

  test('of another owner than the one that was meant does nothing', async () => {
    const first = await scene.settled(acquire());
    await scene.settled(release(first));
    await scene.settled(acquire());
    await expect(scene.settled(takeover(1))).rejects.toMatchObject(stale);
    expect((await lockGet(scene.store, 'nightly', scene.clock.wallMs())).token).toBe(2);
  });

  test('of a free lock takes it', async () => {
    await scene.settled(release(await scene.settled(acquire())));
    expect(await scene.settled(takeover(1))).toMatchObject({ lock: { token: 2 }, previous: null });
  });
});

test('check knows the current token from stale ones and from one that nobody holds', async () => {
  const check = (token: number) => scene.settled(lockCheck(scene.deps(), NAME, token));
  const held = await scene.settled(lockHold(scene.deps(), options));
  expect(await check(1)).toMatchObject({ token: 1, state: 'held', owner: 'script' });
  await expect(check(2)).rejects.toMatchObject(stale);
  await scene.settled(held.release());
  await expect(check(1)).rejects.toMatchObject(stale);
  await scene.settled(acquire());
  await expect(check(1)).rejects.toMatchObject({ message: expect.stringContaining('the current one is 2') });
});

test('lists say what is held, overdue and free, and hide what jobctl keeps for itself', async () => {
  const free = await scene.settled(lockLease(scene.deps(), { ...options, name: 'user/a' }));
  await scene.settled(leaseRelease(scene.deps(), 'user/a', parseHandle(free.handle)));
  await scene.settled(lockLease(scene.deps(), { ...options, name: 'user/b' }));
  await scene.settled(lockLease(scene.deps(), { ...options, name: 'bucket/0001' }));
  await scene.clock.advance(LEASE_MS + 1);
  await scene.settled(lockLease(scene.deps(), { ...options, name: 'user/c', note: 'why' }));
  const list = async (scope: 'user' | 'all') =>
    (await lockList(scene.store, { scope, nowMs: scene.clock.wallMs() })).map(({ name, state }) => `${name} ${state}`);
  expect(await list('user')).toEqual(['a free', 'b overdue', 'c held']);
  expect(await list('all')).toEqual(['bucket/0001 overdue', 'a free', 'b overdue', 'c held']);
});

describe('names and handles', () => {
  test.each(['nightly', 'billing/close', 'tenant:42', 'a', 'größe', 'x'.repeat(200)])('%s is a name', (text) => {
    expect(userLockName(text)).toBe(`user/${text}`);
    expect(userLockName(`lock/${text}`)).toBe(`user/${text}`);
  });

  test.each([
    '',
    ' ',
    'a b',
    '-x',
    '.x',
    "it's",
    'a*',
    'x'.repeat(201),
    'bucket/0001',
    'user/x',
    'lock/lock/x',
  ])('"%s" is none', (text) =>
    expect(() => userLockName(text)).toThrow(expect.objectContaining({ code: 'LOCK_NAME_INVALID' })));

  test("jobctl's own can be looked at", () => {
    expect(anyLockName('bucket/0001')).toBe('bucket/0001');
    expect(anyLockName('lock/bucket/0001')).toBe('bucket/0001');
    expect(anyLockName('nightly')).toBe('user/nightly');
  });

  test('a handle is read back, and anything else is refused', () => {
    const handle = { session: '0f2c9a4e-5d1b-4c3a-a7e6-1b2c3d4e5f60' as never, token: 17 as never };
    expect(parseHandle(` ${formatHandle(handle)}\n`)).toEqual(handle);
    for (const text of ['', 'h2.1.x', 'h1.1', formatHandle(handle).slice(0, -1), `${formatHandle(handle)}0`]) {
      expect(() => parseHandle(text)).toThrow(expect.objectContaining({ code: 'LOCK_HANDLE_INVALID' }));
    }
  });
});
