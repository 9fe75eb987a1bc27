// What jobctl costs when there is nothing to do, how fast it is there, and how fast it goes on after a crash.
import type { JobId } from '../../core/model/ids.ts';
import { machineMs } from '../../platform/machine-time.ts';
import { closedLoop } from '../measure/load.ts';
import { numberOf, type Scenario } from '../scenario.ts';

export const idleScenario: Scenario = {
  name: 'idle',
  summary: 'a worker with nothing to do: its share of a core, and its memory',
  points: () => [{ workers: 1 }],
  prepare: (place) => place.startWorkers(1),
  measure: async (place, _params, { seconds }) => {
    await place.deps.clock.sleep(2_000, place.signal); // what came before is over
    const [before, startMs] = [await place.usage(), machineMs()];
    await place.deps.clock.sleep(Math.max(5, 2 * seconds) * 1_000, place.signal);
    const after = await place.usage();
    const share = (100 * (after.cpuMs - before.cpuMs)) / (machineMs() - startMs);
    return {
      metrics: [
        { metric: 'cpu', unit: '% of a core', better: 'lower', value: share },
        { metric: 'memory', unit: 'MB', better: 'lower', value: after.rssMb },
      ],
      wrong: after.rssMb > 0 ? null : 'the worker ended',
    };
  },
};

export const startupScenario: Scenario = {
  name: 'startup',
  summary: 'from the start of a worker until it has run a job that was there',
  isQuick: true,
  points: () => [{ workers: 1 }],
  measure: async (place) => {
    await place.trace.clear();
    await place.submit({ n: 0 });
    const startMs = machineMs();
    place.start('worker', 'w1');
    await place.started(1);
    const tookMs = (place.trace.starts[0]?.atMs ?? Number.NaN) - startMs;
    await place.end('w1', 'SIGTERM');
    return { metrics: [{ metric: 'first-start', unit: 'ms', better: 'lower', value: tookMs }], wrong: null };
  },
};

const LEASE_S = 10;
const RUNNING = 50;

export const recoveryScenario: Scenario = {
  name: 'recovery',
  summary: 'a worker is killed while jobs run, another stands by: until all of them run again, without the lease',
  points: () => [{ lease: LEASE_S, jobs: RUNNING }],
  measure: async (place, params) => {
    const lease = numberOf(params, 'lease');
    await place.trace.clear();
    place.start('worker', 'victim', ['--lease', `${lease}s`]);
    await place.logged('victim', 'bucket.owned');
    const ids: JobId[] = [];
    const call = async (n: number): Promise<void> => {
      ids.push((await place.submit({ n, sleepMs: 3_000 })).id);
    };
    await closedLoop({ callers: 16, until: { count: RUNNING }, signal: place.signal, call });
    await place.started(RUNNING);
    place.start('worker', 'heir', ['--lease', `${lease}s`]);
    await place.logged('heir', '"event":"'); // it is there; the buckets are still the other one's
    const killedMs = machineMs();
    await place.end('victim', 'SIGKILL');
    await place.ended(ids);
    await place.trace.settled(2 * RUNNING);
    const again = place.trace.starts.filter(({ attempt }) => attempt > 1);
    const last = again.reduce((most, { atMs }) => Math.max(most, atMs), killedMs);
    await place.end('heir', 'SIGTERM');
    return {
      metrics: [{ metric: 'recovery', unit: 's', better: 'lower', value: (last - killedMs) / 1_000 - lease }],
      wrong: again.length > 0 ? null : 'no job had to run again: the worker was not killed in time',
    };
  },
};
