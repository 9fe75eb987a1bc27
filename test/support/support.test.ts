// The tools of the other tests: virtual time, recorded events, repeatable randomness.
import { expect, test } from 'vitest';
import { seededRandom } from '../../src/chaos/seeded-random.ts';
import { RecordedEvents } from './recorded-events.ts';
import { VirtualClock } from './virtual-clock.ts';

const START_MS = 1_000_000;
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('virtual time: timers fire in due order, those of one moment as they were set, each at its own time', async () => {
  const clock = new VirtualClock(START_MS);
  const fired: (readonly [string, number, number])[] = [];
  const note = (name: string) => () => fired.push([name, clock.wallMs() - START_MS, clock.monotonicMs()]);
  clock.after(30, note('c'));
  clock.after(10, note('a'));
  clock.after(10, note('b'));
  clock.after(100, note('never'));
  clock.after(20, note('cancelled'))();
  await clock.advance(50);
  expect(fired).toEqual([
    ['a', 10, 10],
    ['b', 10, 10],
    ['c', 30, 30],
  ]);
  expect(clock.wallMs()).toBe(START_MS + 50);
});

test('virtual time: between timers, work that takes turns of the event loop settles and may set new timers', async () => {
  const clock = new VirtualClock(START_MS);
  const seen: number[] = [];
  const work = async () => {
    for (let round = 0; round < 3; round += 1) {
      await clock.sleep(10);
      await turn();
      await turn();
      seen.push(clock.monotonicMs());
    }
  };
  const done = work();
  await clock.advance(30);
  expect(seen).toEqual([10, 20, 30]);
  await done;
});

test('virtual time: an abort ends a sleep without moving time', async () => {
  const clock = new VirtualClock(START_MS);
  const controller = new AbortController();
  const slept = clock.sleep(1_000, controller.signal);
  controller.abort();
  await slept;
  await clock.sleep(1_000, controller.signal);
  expect(clock.wallMs()).toBe(START_MS);
});

test('virtual time: a condition is waited for, within a limit', async () => {
  const clock = new VirtualClock(START_MS);
  await clock.advanceUntil(() => clock.monotonicMs() >= 200);
  await expect(clock.advanceUntil(() => false, 1_000)).rejects.toThrow('within 1000 ms');
});

test('recorded events: what was said already and what is said later is found', async () => {
  const events = new RecordedEvents();
  const later = events.waitFor(({ type }) => type === 'session.ended');
  events.emit({ type: 'session.opened', session: 's' });
  events.emit({ type: 'session.ended', session: 's', reason: 'drained' });
  expect(await later).toMatchObject({ reason: 'drained' });
  expect(await events.waitFor(({ type }) => type === 'session.opened')).toBe(events.all[0]);
});

test('seeded randomness: one seed one sequence, spread over 32 bits', () => {
  const take = (seed: number) => {
    const random = seededRandom(seed);
    return Array.from({ length: 1_000 }, () => random.uint32());
  };
  expect(take(7)).toEqual(take(7));
  expect(take(7)).not.toEqual(take(8));
  const words = take(7);
  expect(words.every((word) => Number.isInteger(word) && word >= 0 && word < 2 ** 32)).toBe(true);
  const mean = words.reduce((sum, word) => sum + word / 2 ** 32, 0) / words.length;
  expect(mean).toBeGreaterThan(0.45);
  expect(mean).toBeLessThan(0.55);
});
