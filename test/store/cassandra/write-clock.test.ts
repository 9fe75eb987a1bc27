// Timestamps of writes: by the store's clock, whatever the machine's says, and never the same twice.
import { expect, test } from 'vitest';
import { WriteClock } from '../../../src/core/model/write-clock.ts';

const STORE_AHEAD_MS = 5_000;
const HOUR_MS = 3_600_000;

const machine = () => {
  const state = { trueMs: 1_800_000_000_000, skewMs: -HOUR_MS };
  const clocks = { wallMs: () => state.trueMs + state.skewMs, monotonicMs: () => state.trueMs - 1_799_999_000_000 };
  /** Reads the store's clock; the answer takes so long, half of it on the way there. */
  const read = (tookMs: number) => async (): Promise<number> => {
    state.trueMs += tookMs / 2;
    const storeMs = state.trueMs + STORE_AHEAD_MS;
    state.trueMs += tookMs / 2;
    return storeMs;
  };
  return { state, read, clock: new WriteClock(clocks) };
};

test('follows the store, not a machine whose clock is wrong and is set', async () => {
  const { state, read, clock } = machine();
  await clock.measure(read(10));
  expect(clock.nextUs()).toBe((state.trueMs + STORE_AHEAD_MS) * 1_000);
  state.skewMs += 2 * HOUR_MS;
  state.trueMs += 60_000;
  expect(clock.nextUs()).toBe((state.trueMs + STORE_AHEAD_MS) * 1_000);
});

test('a measurement that took long does not replace one that is known', async () => {
  const { state, read, clock } = machine();
  await clock.measure(read(10));
  await clock.measure(async () => {
    const storeMs = await read(0)();
    state.trueMs += 40_000; // it slept
    return storeMs;
  });
  expect(clock.nextUs()).toBe((state.trueMs + STORE_AHEAD_MS) * 1_000);
});

test('only grows, also when the store seems to go back', async () => {
  const { read, clock } = machine();
  await clock.measure(read(0));
  const first = clock.nextUs();
  expect(clock.nextUs()).toBe(first + 1);
  await clock.measure(async () => (await read(0)()) - 3_000);
  expect(clock.nextUs()).toBe(first + 2);
});
