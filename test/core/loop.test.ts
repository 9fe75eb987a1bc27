// The loop: its pace, waking, errors, and stopping only when quiet.
import { expect, test } from 'vitest';
import { Loop } from '../../src/core/loop.ts';
import type { Event } from '../../src/core/ports/events.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const setUp = (step: (round: number) => Promise<number>) => {
  const clock = new VirtualClock();
  const events: Event[] = [];
  const rounds: number[] = [];
  const loop = new Loop({
    name: 'test',
    clock,
    events: { emit: (event) => events.push(event) },
    step: () => {
      rounds.push(clock.monotonicMs());
      return step(rounds.length);
    },
  });
  return { clock, events, rounds, loop };
};

test('it waits as long as the step says, and can be woken', async () => {
  const { clock, rounds, loop } = setUp(async () => 1_000);
  loop.start();
  loop.start();
  await clock.advance(2_500);
  expect(rounds).toEqual([0, 1_000, 2_000]);
  loop.wake();
  await clock.advance(1);
  expect(rounds).toEqual([0, 1_000, 2_000, 2_500]);
  await loop.stop();
  await clock.advance(5_000);
  expect(rounds).toHaveLength(4);
});

test('waking during a step repeats it at once, and never overlaps', async () => {
  let running = 0;
  const { clock, rounds, loop } = setUp(async () => {
    running += 1;
    expect(running).toBe(1);
    await clock.sleep(100);
    running -= 1;
    return 10_000;
  });
  loop.start();
  await clock.advance(50);
  loop.wake();
  loop.wake();
  await clock.advance(200);
  expect(rounds).toEqual([0, 100]);
  const stopped = loop.stop();
  await clock.advance(200);
  await stopped;
});

test('errors are reported and backed off from, up to a limit', async () => {
  const { clock, rounds, loop, events } = setUp(async (round) => {
    if (round <= 7) throw new Error(`round ${round}`);
    return 60_000;
  });
  loop.start();
  await clock.advance(20_000);
  expect(rounds).toEqual([0, 100, 300, 700, 1_500, 3_100, 5_100, 7_100]);
  expect(events).toHaveLength(7);
  await loop.stop();
});

test('stopping waits for the step under way, and may come first', async () => {
  const { clock, loop, rounds } = setUp(async () => {
    await clock.sleep(500);
    return 0;
  });
  loop.start();
  await clock.advance(10);
  let isStopped = false;
  const stopped = loop.stop().then(() => {
    isStopped = true;
  });
  await clock.advance(100);
  expect(isStopped).toBe(false);
  await clock.advance(500);
  await stopped;
  expect(rounds).toHaveLength(1);
  const never = setUp(async () => 0);
  await never.loop.stop();
  never.loop.start();
  await never.clock.advance(10);
  expect(never.rounds).toEqual([]);
});
