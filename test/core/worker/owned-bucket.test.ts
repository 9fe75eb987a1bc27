// The checkpoint: its low-water mark never passes a job that the next owner would have to find (I6).
import { expect, test } from 'vitest';
import { type FencingToken, type SessionId, type Slot, slotOf, slotStartMs } from '../../../src/core/model/ids.ts';
import { makeItem, OwnedBucket } from '../../../src/core/worker/owned-bucket.ts';
import { bucketOf, fenceOf, jobRow } from '../../support/rows.ts';

const NOW = 1_000_000_000;
const caughtUp = (): OwnedBucket => {
  const owner = new OwnedBucket(bucketOf(3), 2 as FencingToken, null, NOW);
  owner.jobs.sweptToMs = NOW;
  owner.pointers.sweptToMs = NOW;
  for (const table of [owner.jobs, owner.pointers]) table.looked(0, NOW);
  return owner;
};
const take = (owner: OwnedBucket, foundMs: number) => {
  const item = makeItem({ owner, job: jobRow({ dueMs: foundMs }), truth: undefined, foundMs });
  owner.items.set(item.job.jobId, item);
  return item;
};

test('with nothing in hand it stays behind the window in which rows may still become visible', () => {
  expect(caughtUp().checkpoint(NOW).lowWaterMs).toBe(NOW - 15_000);
});

test('it stays behind whatever is in hand, at every stage', () => {
  for (const stage of ['ready', 'claiming', 'running', 'recording'] as const) {
    const owner = caughtUp();
    const item = take(owner, NOW - 50_000);
    item.stage = stage;
    item.startedMs = NOW - 1_000;
    expect(owner.checkpoint(NOW).lowWaterMs).toBe(NOW - 50_000);
    owner.items.delete(item.job.jobId);
    expect(owner.checkpoint(NOW).lowWaterMs).toBe(NOW - 15_000);
  }
});

test('it stays behind what was not read yet, in both tables', () => {
  for (const table of ['jobs', 'pointers'] as const) {
    const owner = caughtUp();
    owner[table].sweptToMs = NOW - 90_000;
    expect(owner.checkpoint(NOW).lowWaterMs).toBe(NOW - 90_000);
    owner[table].startBehind(NOW);
    expect(owner.checkpoint(NOW).lowWaterMs).toBe(NOW - 90_000);
  }
});

test('it stays behind what was not looked for again, in both tables; the end of a slot closes the gap in the jobs alone', () => {
  for (const table of ['jobs', 'pointers'] as const) {
    const owner = caughtUp();
    const laterMs = NOW + 600_000;
    for (const each of [owner.jobs, owner.pointers]) each.sweptToMs = laterMs;
    owner[table === 'jobs' ? 'pointers' : 'jobs'].looked(NOW - 5_000, laterMs);
    owner[table].looked(laterMs - 15_000, laterMs); // a window that does not reach back to the one before
    expect(owner.checkpoint(laterMs).lowWaterMs).toBe(NOW - 5_000);
    owner.closedTo(slotOf(laterMs) - 1);
    const closedMs = slotStartMs((slotOf(laterMs) - 1) as Slot);
    expect(owner.checkpoint(laterMs).lowWaterMs).toBe(table === 'jobs' ? closedMs : NOW - 5_000);
  }
});

test('a long run is named instead, so that it does not hold everything back', () => {
  const owner = caughtUp();
  const item = take(owner, NOW - 300_000);
  item.stage = 'running';
  item.startedMs = NOW - 200_000;
  const { lowWaterMs, exceptions } = owner.checkpoint(NOW);
  expect(exceptions).toEqual([item.job.jobId]);
  expect(lowWaterMs).toBe(NOW - 15_000);
});

test('at a hand-over running attempts are named with their session, waiting ones hold the mark back', () => {
  const owner = caughtUp();
  const [running, ready] = [take(owner, NOW - 40_000), take(owner, NOW - 30_000)];
  running.stage = 'running';
  running.fence = fenceOf(2, 1);
  ready.stage = 'ready';
  const session = 's' as SessionId;
  const { lowWaterMs, inFlight } = owner.checkpoint(NOW, session);
  expect(inFlight).toEqual([{ jobId: running.job.jobId, fence: running.fence, session }]);
  expect(lowWaterMs).toBe(NOW - 30_000);
});

test('what a round of reading passes once the hand-over began does not move the mark: it was not taken in hand', () => {
  const owner = caughtUp();
  owner.close();
  const laterMs = NOW + 120_000;
  owner.jobs.sweptToMs = laterMs;
  owner.pointers.sweptToMs = laterMs;
  for (const table of [owner.jobs, owner.pointers]) table.looked(0, laterMs);
  expect(owner.checkpoint(laterMs).lowWaterMs).toBe(NOW - 5_000);
});

test('rows are remembered for longer than they are read again, and forgotten after that', () => {
  const owner = caughtUp();
  owner.remember('a', NOW);
  owner.remember('b', NOW + 21_000);
  expect([owner.isKnown('a'), owner.isKnown('b')]).toEqual([true, true]);
  owner.remember('c', NOW + 42_000);
  expect([owner.isKnown('a'), owner.isKnown('b')]).toEqual([false, true]);
});

test('what is exclusive does not overlap, and a failure does not block the next', async () => {
  const owner = caughtUp();
  const log: string[] = [];
  const step = (name: string) =>
    owner.exclusive(async () => {
      log.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      log.push(`${name} ends`);
      if (name === 'a') throw new Error('a');
    });
  await Promise.allSettled([step('a'), step('b')]);
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
});
