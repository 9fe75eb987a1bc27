// The offset to the store's clock: measured with a round trip short enough to mean something.
import { expect, test } from 'vitest';
import type { MonotonicMs } from '../../src/core/ports/clock.ts';
import type { Store } from '../../src/core/ports/store.ts';
import { StoreTime } from '../../src/core/store-time.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const OFFSET_MS = 700;
const HOUR_MS = 3_600_000;

/** Each read of the store's clock is answered after the next of these delays; the clock is read at once. */
const timeWith = (delaysMs: number[], { rate = 1, aheadMs = OFFSET_MS } = {}) => {
  const clock = new VirtualClock();
  let stepMs = 0;
  /** This machine's: its wall clock can be set, and its monotonic one ticks at the rate. */
  const own = {
    wallMs: () => clock.wallMs() + stepMs,
    monotonicMs: () => (clock.monotonicMs() * rate) as MonotonicMs,
    sleep: (ms: number) => clock.sleep(ms),
    after: (ms: number, callback: () => void) => clock.after(ms, callback),
  };
  const store = {
    wallMs: async () => {
      const storeMs = clock.wallMs() + aheadMs;
      await clock.sleep(delaysMs.shift() ?? 0);
      return storeMs;
    },
  } as unknown as Store;
  const time = new StoreTime({ store, clock: own, events: { emit: () => {} } });
  const refresh = async (): Promise<void> => {
    const done = time.refresh();
    await clock.advance(60_000);
    await done;
  };
  const step = (ms: number): void => {
    stepMs += ms;
  };
  return { offsetMs: () => time.nowMs() - clock.wallMs(), refresh, step, time, clock };
};

test('a first measurement that took long is repeated', async () => {
  const { offsetMs, refresh } = timeWith([20_000, 0]);
  await refresh();
  expect(offsetMs()).toBe(OFFSET_MS);
});

test.each([
  [1, 0, 0],
  [-1, 0, 0],
  [3, 10, 0],
  [20, 10, 15],
])('a store that is ahead by %i ms and answers after %i ms is taken to be ahead by %i', async (aheadMs, tripMs, taken) => {
  const { offsetMs, refresh } = timeWith([tripMs], { aheadMs });
  await refresh();
  expect(offsetMs()).toBe(taken);
});

test('how wrong a measurement may have been is half of its round trip', async () => {
  const { refresh, time } = timeWith([3_000, 2_000, 2_500]);
  await refresh();
  expect(time.measuredWithinMs).toBe(1_000);
});

test('a later one that took long changes nothing', async () => {
  const { offsetMs, refresh } = timeWith([0, 20_000, 20_000, 20_000]);
  await refresh();
  await refresh();
  expect(offsetMs()).toBe(OFFSET_MS);
});

test.each([
  HOUR_MS,
  -HOUR_MS,
])('a clock that is set by %i ms changes nothing, before it is measured again or after', async (by) => {
  const { offsetMs, refresh, step, time, clock } = timeWith([0]);
  await refresh();
  await clock.advance(1_000);
  step(by);
  expect(offsetMs()).toBe(OFFSET_MS);
  await refresh(); // measures at once, though the last one is not a minute old
  expect(offsetMs()).toBe(OFFSET_MS);
  expect(() => time.assertUsable()).toThrow(/clock is -?\d+ ms off/);
});

test('a slow measurement is better than an hour by a slow clock alone, after the other was set', async () => {
  const { offsetMs, refresh, step, clock } = timeWith([0, 2_000, 2_000, 2_000], { rate: 0.95 });
  await refresh();
  step(HOUR_MS);
  await clock.advance(HOUR_MS);
  expect(Math.abs(offsetMs() - OFFSET_MS)).toBeGreaterThan(100_000);
  await refresh();
  expect(Math.abs(offsetMs() - OFFSET_MS)).toBeLessThan(5_000);
});

test('what a time daemon does is followed', async () => {
  const { offsetMs, refresh, step } = timeWith([0]);
  await refresh();
  step(200);
  expect(offsetMs()).toBe(OFFSET_MS + 200);
});
