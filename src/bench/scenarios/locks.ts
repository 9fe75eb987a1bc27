// Locks: taken, renewed and given back by one after the other, by many at once, and after a holder died.

import { lockHold } from '../../core/lock/held-lock.ts';
import { leaseRelease, leaseRenew, lockLease } from '../../core/lock/lease.ts';
import { parseHandle } from '../../core/lock/lock-handle.ts';
import { userLockName } from '../../core/lock/name.ts';
import type { LockWaitDeps } from '../../core/lock/wait.ts';
import { machineMs } from '../../platform/machine-time.ts';
import { Latencies } from '../measure/latencies.ts';
import { closedLoop } from '../measure/load.ts';
import type { Place } from '../place.ts';
import { latencyMetric, numberOf, rateMetric, type Scenario } from '../scenario.ts';

const LEASE_MS = 10_000;
const SHORT_LEASE_MS = 2_000;
const WAIT_MS = 60_000;

const depsOf = ({ deps }: Place): LockWaitDeps => ({ ...deps, events: { emit: () => {} } });
const requestOf = (name: string, leaseMs: number, waitMs: number) => ({
  ...{ name: userLockName(name), leaseMs, waitMs, note: '', address: 'bench' },
});

export const lockUncontendedScenario: Scenario = {
  name: 'lock-uncontended',
  summary: 'a lock nobody else wants: acquired, renewed, released',
  isQuick: true,
  points: ({ name }) => (name === 'smoke' ? [1] : [1, 16]).map((callers) => ({ callers, loop: 'closed' })),
  measure: async (place, params, { seconds, warmupSeconds }) => {
    const deps = depsOf(place);
    const steps = { acquire: new Latencies(), renew: new Latencies(), release: new Latencies() };
    const tokens = new Map<string, number>();
    let wrong: string | null = null;
    const callers = numberOf(params, 'callers');
    const timed = async <Result>(into: Latencies, work: Promise<Result>): Promise<Result> => {
      const sentMs = machineMs();
      const result = await work;
      into.record(machineMs() - sentMs);
      return result;
    };
    const call = async (n: number): Promise<void> => {
      const request = requestOf(`bench-${n % callers}-${Math.floor(n / callers) % 8}`, LEASE_MS, WAIT_MS);
      const lock = await timed(steps.acquire, lockLease(deps, request));
      if (lock.token <= (tokens.get(request.name) ?? 0))
        wrong = `token ${lock.token} of ${lock.name} was not higher than the last`;
      tokens.set(request.name, lock.token);
      const handle = parseHandle(lock.handle);
      await timed(steps.renew, leaseRenew(deps, request.name, handle));
      await timed(steps.release, leaseRelease(deps, request.name, handle));
    };
    const { signal } = place;
    await closedLoop({ callers, until: { durationMs: warmupSeconds * 1_000 }, signal, call });
    Object.assign(steps, { acquire: new Latencies(), renew: new Latencies(), release: new Latencies() });
    const { calls, errors, durationMs } = await closedLoop({
      callers,
      until: { durationMs: seconds * 1_000 },
      signal,
      call,
    });
    return {
      metrics: [
        { ...rateMetric('throughput', 'rounds/s', calls, durationMs), errors },
        ...Object.entries(steps).map(([name, latencies]) => latencyMetric(name, latencies)),
      ],
      wrong: errors > 0 ? `${errors} rounds failed` : wrong,
    };
  },
};

export const lockContendedScenario: Scenario = {
  name: 'lock-contended',
  summary: 'one lock that many want: how often it passes on, and how evenly',
  points: () => [2, 8, 32].map((contenders) => ({ contenders })),
  measure: async (place, params, { seconds }) => {
    const deps = depsOf(place);
    const contenders = numberOf(params, 'contenders');
    const taken = new Array<number>(contenders).fill(0);
    const wait = new Latencies();
    let [holders, most, last, wrong] = [0, 0, 0, null as string | null];
    const startMs = machineMs();
    const contend = async (index: number): Promise<void> => {
      while (machineMs() - startMs < seconds * 1_000 && !place.signal.aborted) {
        const askedMs = machineMs();
        const held = await lockHold(deps, requestOf('contended', LEASE_MS, WAIT_MS));
        wait.record(machineMs() - askedMs);
        holders += 1;
        most = Math.max(most, holders);
        if (held.token <= last) wrong = `token ${held.token} came after ${last}`;
        last = held.token;
        taken[index] = (taken[index] ?? 0) + 1;
        holders -= 1;
        await held[Symbol.asyncDispose]();
      }
    };
    await Promise.all(taken.map((_, index) => contend(index)));
    const tookMs = machineMs() - startMs;
    const total = taken.reduce((sum, count) => sum + count, 0);
    return {
      metrics: [
        rateMetric('throughput', 'acquisitions/s', total, tookMs),
        latencyMetric('wait', wait),
        { metric: 'fairness', unit: 'least/mean', better: 'higher', value: (Math.min(...taken) * contenders) / total },
      ],
      wrong: most > 1 ? `${most} held it at once` : wrong,
    };
  },
};

export const lockTakeoverScenario: Scenario = {
  name: 'lock-takeover',
  summary: 'from the death of a holder to the next one, without the lease',
  points: () => [{ lease: SHORT_LEASE_MS / 1_000 }],
  measure: async (place) => {
    const deps = depsOf(place);
    const name = `takeover-${place.deps.random.uint32()}`;
    const dead = await lockLease(deps, requestOf(name, SHORT_LEASE_MS, WAIT_MS)); // nobody renews it
    const diedMs = machineMs();
    await using next = await lockHold(deps, requestOf(name, SHORT_LEASE_MS, WAIT_MS));
    const tookMs = machineMs() - diedMs;
    return {
      metrics: [{ metric: 'takeover', unit: 'ms', better: 'lower', value: tookMs - SHORT_LEASE_MS }],
      wrong: next.token > dead.token && tookMs >= SHORT_LEASE_MS ? null : 'the next holder came too early',
    };
  },
};
