// The machine's clock and randomness: waits that end on abort and leave nothing behind.
import { expect, test } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { systemRandom } from '../../src/platform/random.ts';

/** Longer than any test may take. */
const LONG_MS = 3_600_000;
const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

test('the two clocks: one for people, one that never goes back', () => {
  expect(Math.abs(systemClock.wallMs() - Date.now())).toBeLessThan(1_000);
  const first = systemClock.monotonicMs();
  expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(first);
});

test('a sleep takes its time', async () => {
  const startMs = systemClock.monotonicMs();
  await systemClock.sleep(20);
  expect(systemClock.monotonicMs() - startMs).toBeGreaterThan(18);
});

test('an abort ends a sleep, before or during it, without an error and without a timer that stays', async () => {
  const before = timers();
  const controller = new AbortController();
  const slept = systemClock.sleep(LONG_MS, controller.signal);
  expect(timers()).toBe(before + 1);
  controller.abort(new Error('no more'));
  await slept;
  await systemClock.sleep(LONG_MS, controller.signal);
  expect(timers()).toBe(before);
});

test('a wait beyond what a timer can hold does not end at once', async () => {
  const controller = new AbortController();
  let hasEnded = false;
  const slept = systemClock.sleep(2 ** 40, controller.signal).then(() => {
    hasEnded = true;
  });
  await systemClock.sleep(5);
  expect(hasEnded).toBe(false);
  controller.abort();
  await slept;
});

test('a callback comes once, unless it is cancelled', async () => {
  const before = timers();
  systemClock.after(LONG_MS, () => expect.unreachable())();
  expect(timers()).toBe(before);
  await new Promise<void>((resolve) => systemClock.after(1, resolve));
});

test('random words: 32 bits, and new ones when the buffer is used up', () => {
  const words = Array.from({ length: 5_000 }, () => systemRandom.uint32());
  expect(words.every((word) => Number.isInteger(word) && word >= 0 && word < 2 ** 32)).toBe(true);
  expect(new Set(words).size).toBeGreaterThan(4_990);
});
