// Latency counts from the moment at which a request was meant to be sent: one that stalls is charged for all that wait behind it.
import { describe, expect, test } from 'vitest';
import { Latencies } from '../../src/bench/measure/latencies.ts';
import { closedLoop, openLoop, saturation } from '../../src/bench/measure/load.ts';

const never = new AbortController().signal;

const latenciesOf = (...values: readonly number[]): Latencies => {
  const latencies = new Latencies();
  for (const ms of values) latencies.record(ms);
  return latencies;
};

describe('an open loop', () => {
  test('sends at its times, answered or not, and charges the wait', async () => {
    const RATE = 500;
    const gate = Promise.withResolvers<void>();
    const intended: number[] = [];
    const result = await openLoop({
      ...{ rate: RATE, durationMs: 100, signal: never },
      send: (n, intendedMs) => {
        intended.push(intendedMs);
        if (n === 49) gate.resolve(); // nobody is answered before the last was sent
        return gate.promise;
      },
    });
    expect(result).toMatchObject({ sent: 50, errors: 0, dropped: 0 });
    expect((intended[49] ?? 0) - (intended[0] ?? 0)).toBeCloseTo(98, 3);
    // The first was meant to be sent 98 ms before the last; a closed loop would have called all of them fast.
    expect(result.response.summary().max).toBeGreaterThanOrEqual(98);
  });

  test('counts what fails, by second', async () => {
    const send = async (n: number): Promise<void> => {
      if (n % 2 === 1) throw new Error('no');
    };
    const result = await openLoop({ rate: 1_000, durationMs: 20, signal: never, send });
    expect(result).toMatchObject({ sent: 20, errors: 10 });
    expect(result.seconds).toHaveLength(1);
    expect(result.seconds[0]).toMatchObject({ ok: 10, errors: 10 });
  });
});

test('a generator that is late, or drops, says nothing about the system', () => {
  const lag = { sent: 1_000, dropped: 0 };
  expect(saturation({ ...lag, sendLag: latenciesOf(0.5) }, latenciesOf(2))).toBeNull();
  expect(saturation({ ...lag, sendLag: latenciesOf(3) }, latenciesOf(2))).toMatch(/generator saturated/);
  expect(saturation({ ...lag, sendLag: latenciesOf(3) }, latenciesOf(50))).toBeNull();
  expect(saturation({ ...lag, dropped: 2, sendLag: latenciesOf(0.5) }, latenciesOf(2))).toMatch(
    /2 requests were dropped/,
  );
});

test('a closed loop: as many callers as were asked for, each waits for its answer', async () => {
  let [now, most] = [0, 0];
  const call = async (): Promise<void> => {
    now += 1;
    most = Math.max(most, now);
    await null;
    now -= 1;
  };
  const result = await closedLoop({ callers: 4, until: { count: 100 }, signal: never, call });
  expect(result).toMatchObject({ calls: 100, errors: 0 });
  expect(most).toBe(4);
});

test('a percentile that too few values lie beyond is not told', () => {
  const many = latenciesOf(...Array.from({ length: 1_000 }, (_, ms) => ms + 1)).summary();
  expect(many.p99).toBeCloseTo(990, -1);
  expect(many.p999).toBeNull();
  expect(latenciesOf(1, 2, 3).summary()).toMatchObject({
    n: 3,
    p50: expect.any(Number),
    p90: null,
    max: expect.closeTo(3, 1),
  });
  expect(new Latencies().summary()).toMatchObject({ n: 0, p50: null });
});
