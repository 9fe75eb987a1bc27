// Many clients of one lock, on a store that loses answers, in virtual time: never do two trust it at once, and tokens only
// grow (I1). The check is seen to fail for a client that trusts what it should not.
import { expect, test } from 'vitest';
import { chanceOf, seededRandom } from '../../../src/chaos/seeded-random.ts';
import { type HeldLock, lockHold } from '../../../src/core/lock/held-lock.ts';
import { JobctlError } from '../../../src/core/model/errors.ts';
import { type Bend, LockScene, NAME } from '../../support/lock-scene.ts';

const LEASE_MS = 2_000;
const CONTENDERS = 6;
const RUN_MS = 4 * 60_000;
const LOOK_MS = 40;
/** Answers lost at each look, and stretches in which no renewal gets through. */
const LOST_SHARE = 0.15;
const CUT_SHARE = 0.03;
const CUT_CALLS = 40;

type Belief = (lock: HeldLock) => boolean;

/** How often two believed to hold the lock, and the tokens in the order in which they were granted. */
const contend = async (seed: number, believes: Belief): Promise<{ overlaps: number; tokens: readonly number[] }> => {
  await using scene = await LockScene.open();
  const random = seededRandom(seed);
  const chance = (): number => chanceOf(random);
  const holding = new Set<HeldLock>();
  const tokens: number[] = [];
  let isOver = false;
  const live = async (): Promise<void> => {
    const deps = scene.deps();
    while (!isOver) {
      try {
        const lock = await lockHold(deps, { name: NAME, leaseMs: LEASE_MS, waitMs: 20_000, note: '', address: '' });
        tokens.push(lock.token);
        holding.add(lock);
        await scene.clock.sleep(chance() * 3 * LEASE_MS);
        holding.delete(lock);
        await lock.release();
      } catch (error) {
        if (!(error instanceof JobctlError)) throw error;
      }
      await scene.clock.sleep(chance() * LEASE_MS);
    }
  };
  const lives = Array.from({ length: CONTENDERS }, live);
  let overlaps = 0;
  while (scene.clock.monotonicMs() < RUN_MS) {
    disturb(scene, chance);
    await scene.clock.advance(LOOK_MS);
    if ([...holding].filter(believes).length > 1) overlaps += 1;
  }
  isOver = true;
  for (const bends of Object.values(scene.bends)) bends.length = 0;
  await scene.settled(Promise.all(lives));
  return { overlaps, tokens };
};

const disturb = ({ bends }: LockScene, chance: () => number): void => {
  for (const each of Object.values(bends)) {
    if (each.length === 0 && chance() < LOST_SHARE) each.push({ applied: chance() < 0.5, answer: 'unknown' });
  }
  const cut: Bend = { applied: false, answer: 'unknown' };
  if (chance() < CUT_SHARE) bends.sessionRenew.push(...Array.from({ length: CUT_CALLS }, () => cut));
};

test.each([1, 2, 3, 4])('never two at once, seed %i', async (seed) => {
  const { overlaps, tokens } = await contend(seed, (lock) => lock.isHeld());
  expect(overlaps).toBe(0);
  expect(tokens.length).toBeGreaterThan(20);
  expect(tokens).toEqual([...new Set(tokens)].sort((left, right) => left - right));
}, 60_000);

test('whoever believes in a lock until he gives it back is caught', async () => {
  const { overlaps } = await contend(1, () => true);
  expect(overlaps).toBeGreaterThan(0);
}, 60_000);
