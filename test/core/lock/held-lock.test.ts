// Holding a lock from a program: waiting, taking over, losing, giving back; and what an answer that is lost leads to.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type HeldLock, lockHold } from '../../../src/core/lock/held-lock.ts';
import { lockTakeover } from '../../../src/core/lock/lease.ts';
import type { LockView } from '../../../src/core/lock/lock-view.ts';
import { unavailableError } from '../../../src/core/model/errors.ts';
import { LEASE_MS, LockScene, NAME } from '../../support/lock-scene.ts';

let scene: LockScene;
beforeEach(async () => {
  scene = await LockScene.open();
});
afterEach(() => scene[Symbol.asyncDispose]());

const hold = (options: Partial<Parameters<typeof lockHold>[1]> = {}): Promise<HeldLock> =>
  lockHold(scene.deps(), { name: NAME, leaseMs: LEASE_MS, waitMs: 0, note: '', address: 'me', ...options });
const lost = { applied: false, answer: 'unknown' } as const;
const forLong = Array.from({ length: 10_000 }, () => lost);

describe('acquiring', () => {
  test('a free lock is taken at once, and the next owner gets a higher token', async () => {
    const first = await scene.settled(hold());
    expect([first.token, first.isHeld()]).toEqual([1, true]);
    await scene.settled(first.release());
    const second = await scene.settled(hold());
    expect(second.token).toBe(2);
    await scene.settled(second.release());
  });

  test('without waiting, a held one is refused with who holds it, since when, and what to do', async () => {
    const first = await scene.settled(hold({ address: 'build-7', note: 'release 1.4' }));
    await scene.clock.advance(2_000);
    await expect(scene.settled(hold())).rejects.toMatchObject({
      code: 'LOCK_HELD',
      exitCode: 4,
      message: expect.stringContaining('held by build-7 (token 1)'),
      detail: expect.stringMatching(/release 1\.4\nlast renewed 2(\.\d)?s ago, for 10s/),
      hint: expect.stringContaining('--wait 12s'),
    });
    await scene.settled(first.release());
  });

  test('waiting ends soon after the lock was given back', async () => {
    const first = await scene.settled(hold());
    const holders: LockView[] = [];
    const waiting = hold({ waitMs: 60_000, onHeld: (holder) => holders.push(holder) });
    await scene.clock.advance(3_000);
    await scene.settled(first.release());
    const { result, tookMs } = await scene.during(waiting);
    expect(result.token).toBe(2);
    expect(tookMs).toBeLessThanOrEqual(500);
    expect(holders.map(({ owner }) => owner)).toEqual(['me']);
    await scene.settled(result.release());
  });

  test('a holder that fell silent loses it after its lease and a margin, and has lost its trust before', async () => {
    const first = await scene.settled(hold());
    scene.bends.sessionRenew.push(...forLong);
    const startMs = scene.clock.monotonicMs();
    const waiting = hold({ waitMs: 60_000 });
    await scene.clock.advanceUntil(() => first.lost.aborted);
    const lostMs = scene.clock.monotonicMs() - startMs;
    scene.bends.sessionRenew.length = 0;
    const { result } = await scene.during(waiting);
    const takenMs = scene.clock.monotonicMs() - startMs;
    expect(lostMs).toBeLessThanOrEqual(9_100);
    expect(takenMs).toBeGreaterThan(11_000);
    expect(takenMs).toBeLessThan(12_000);
    expect(() => first.assertHeld()).toThrow(expect.objectContaining({ code: 'LOCK_LOST', exitCode: 6 }));
    expect(await scene.settled(first.isOwner())).toBe(false);
    await scene.settled(first.release()); // of no effect on the new owner
    expect(await scene.settled(result.isOwner())).toBe(true);
    await scene.settled(result.release());
  });

  test('the wait of the hint is enough for a holder that crashed', async () => {
    const first = await scene.settled(hold());
    scene.bends.sessionRenew.push(...forLong);
    await scene.clock.advanceUntil(() => first.lost.aborted);
    scene.bends.sessionRenew.length = 0;
    const second = await scene.settled(hold({ waitMs: 12_000 }));
    expect(second.token).toBe(2);
    await scene.settled(second.release());
  });

  test('a wait that passes is refused like no wait', async () => {
    const first = await scene.settled(hold());
    const refused = expect(hold({ waitMs: 2_000 })).rejects.toMatchObject({
      code: 'LOCK_HELD',
      message: expect.stringContaining('after 2s of waiting'),
    });
    const { tookMs } = await scene.during(refused);
    expect(tookMs).toBeGreaterThanOrEqual(2_000);
    await scene.settled(first.release());
  });

  test('a signal ends the wait and leaves nothing behind', async () => {
    const first = await scene.settled(hold());
    const stop = new AbortController();
    const waiting = expect(hold({ waitMs: 60_000, signal: stop.signal })).rejects.toMatchObject({ exitCode: 143 });
    await scene.clock.advance(700);
    stop.abort('SIGTERM');
    await scene.settled(waiting);
    expect(await scene.settled(first.isOwner())).toBe(true);
    await scene.settled(first.release());
  });
});

describe('an answer that is lost', () => {
  test.each([
    ['was taken', { applied: true, answer: 'unknown' } as const, 1],
    ['was not taken', lost, 1],
  ])('when the lock %s is settled by a read or by another try', async (_, bend, token) => {
    scene.bends.lockTake.push(bend);
    const held = await scene.settled(hold({ waitMs: 5_000 }));
    expect(held.token).toBe(token);
    await scene.settled(held.release());
  });

  test('without waiting it is the store that cannot be used, and nothing is left behind', async () => {
    scene.bends.lockTake.push(lost);
    await expect(scene.settled(hold())).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
    const held = await scene.settled(hold());
    await scene.settled(held.release());
  });

  test('an outage is waited out', async () => {
    scene.outage = unavailableError('STORE_UNAVAILABLE', 'no quorum');
    const waiting = hold({ waitMs: 30_000 });
    await scene.clock.advance(5_000);
    scene.outage = null;
    const held = await scene.settled(waiting);
    expect(held.isHeld()).toBe(true);
    await scene.settled(held.release());
  });

  test('of a release: the end of the session frees the lock all the same', async () => {
    const held = await scene.settled(hold());
    scene.bends.lockRelease.push(lost, lost, lost);
    await scene.settled(held.release());
    const next = await scene.settled(hold());
    expect(next.token).toBe(2);
    await scene.settled(next.release());
  });
});

describe('losing and giving back', () => {
  test('releasing is no loss, may be repeated, and ends the right to act', async () => {
    const held = await scene.settled(hold());
    await scene.settled(Promise.all([held.release(), held.release()]));
    expect([held.lost.aborted, held.isHeld()]).toEqual([false, false]);
    expect(() => held.assertHeld()).toThrow(expect.objectContaining({ code: 'TOKEN_STALE' }));
  });

  test('a takeover by hand is noticed at the next renewal, and costs no other lock of the process', async () => {
    const held = await scene.settled(hold());
    const other = await scene.settled(hold({ name: 'user/other' }));
    const options = { name: NAME, leaseMs: LEASE_MS, waitMs: 0, note: 'drill', address: 'operator', expectedToken: 1 };
    const { lock, previous } = await scene.settled(lockTakeover(scene.deps(), options));
    expect([lock.token, previous?.token, previous?.mayActForMs]).toEqual([2, 1, LEASE_MS]);
    expect(held.isHeld()).toBe(true); // only its token stops it now
    await scene.clock.advance(LEASE_MS / 3 + 100);
    expect(held.isHeld()).toBe(false);
    expect(other.isHeld()).toBe(true);
    await scene.settled(other.release());
  });
});
