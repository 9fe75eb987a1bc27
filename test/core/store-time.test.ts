// The offset to the store's clock: measured with a round trip short enough to mean something.
import { expect, test } from 'vitest';
import type { Store } from '../../src/core/ports/store.ts';
import { StoreTime } from '../../src/core/store-time.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const OFFSET_MS = 700;

/** Each read of the store's clock is answered after the next of these delays; the clock is read at once. */
const timeWith = (delaysMs: number[]) => {
  const clock = new VirtualClock();
  const store = {
    wallMs: async () => {
      const storeMs = clock.wallMs() + OFFSET_MS;
      await clock.sleep(delaysMs.shift() ?? 0);
      return storeMs;
    },
  } as unknown as Store;
  const time = new StoreTime({ store, clock, events: { emit: () => {} } });
  const refresh = async (): Promise<void> => {
    const done = time.refresh();
    await clock.advance(60_000);
    await done;
  };
  return { offsetMs: () => time.nowMs() - clock.wallMs(), refresh };
};

test('a first measurement that took long is repeated', async () => {
  const { offsetMs, refresh } = timeWith([20_000, 0]);
  await refresh();
  expect(offsetMs()).toBe(OFFSET_MS);
});

test('a later one that took long changes nothing', async () => {
  const { offsetMs, refresh } = timeWith([0, 20_000]);
  await refresh();
  await refresh();
  expect(offsetMs()).toBe(OFFSET_MS);
});
