// Reads of the embedded store answer at once, and yet let timers and sockets have their turns.
import { expect, test } from 'vitest';
import { slotOf } from '../../../src/core/model/ids.ts';
import { openStore } from '../../../src/store/open.ts';
import { createTurns } from '../../../src/store/sqlite/turns.ts';
import { bucketOf } from '../../support/rows.ts';

/** Keeps the thread for so long, ms. */
const compute = (ms: number): void => {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
};

/** Turns of the event loop that others had while it worked. */
const turnsDuring = async (work: () => Promise<unknown>): Promise<number> => {
  let turns = 0;
  let isOver = false;
  const turn = (): void => {
    turns += 1;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  isOver = true;
  return turns;
};

test('reads that follow each other wait for the next turn once they have had 10 ms', async () => {
  const read = createTurns()((ms: number) => compute(ms));
  const many = async (): Promise<void> => {
    for (let count = 0; count < 10; count += 1) await read(6);
  };
  // Two or three of them in each turn.
  expect(await turnsDuring(many)).toBeGreaterThanOrEqual(3);
});

test('a few quick ones wait for nothing', async () => {
  const read = createTurns()((value: number) => value);
  expect(await turnsDuring(async () => expect(await Promise.all([read(1), read(2)])).toEqual([1, 2]))).toBe(0);
});

test('a reader with more statements than a turn has time for stops nobody', async () => {
  await using store = await openStore('sqlite::memory:');
  const sweep = { buckets: [bucketOf(1)], slot: slotOf(0), dueFromMs: 0, dueToMs: 1, limit: 1 };
  const endMs = performance.now() + 100;
  const long = async (): Promise<void> => {
    while (performance.now() < endMs) await store.jobKeySweep(sweep);
  };
  expect(await turnsDuring(long)).toBeGreaterThanOrEqual(3);
});
