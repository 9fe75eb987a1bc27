// What is measured of jobs: standing workers, jobs one after the other, and jobs at full speed.
import { systemClock } from '../../src/platform/clock.ts';
import { type Cost, type Counted, costOf, difference, per, type RunCost, runCost } from './counters.ts';
import type { Fleet } from './fleet.ts';
import type { Nodes } from './nodes.ts';

/** Re-reads look back 15 s; after this long they find nothing, ms. */
export const QUIET_MS = 20_000;
/** Nine renewals of a session, ms. */
const STANDING_MS = 30_000;
/** Checkpoints of the buckets that moved are written within a third of a lease, ms: they are a cost of the jobs. */
const AFTERWARDS_MS = 5_000;
/** Callers that submit at full speed: what arrives while a batch is in flight is the next one. */
const CALLERS = 64;

export interface Scene {
  readonly nodes: Nodes;
  readonly keyspace: string;
  readonly fleet: Fleet;
  readonly signal: AbortSignal;
}

export interface Standing {
  readonly seconds: number;
  readonly perSecond: Cost;
}

export const measureStanding = async (scene: Scene): Promise<Standing> => {
  await pause(scene.signal, QUIET_MS);
  const counted = await during(scene, () => pause(scene.signal, STANDING_MS));
  return { seconds: counted.seconds, perSecond: per(costOf(counted, scene.nodes.replicas), counted.seconds) };
};

/** Each is submitted when the one before has ended. */
export const measureSingle = (scene: Scene, standing: Standing, jobs: number): Promise<RunCost> =>
  measureRun(scene, standing, { jobs, callers: 1 });

export const measureLoad = (scene: Scene, standing: Standing, jobs: number): Promise<RunCost> =>
  measureRun(scene, standing, { jobs, callers: CALLERS });

const measureRun = async (
  scene: Scene,
  { perSecond }: Standing,
  { jobs, callers }: { readonly jobs: number; readonly callers: number },
): Promise<RunCost> => {
  await pause(scene.signal, QUIET_MS);
  const counted = await during(scene, async () => {
    if (callers === 1) for (let done = 0; done < jobs; done += 1) await scene.fleet.run(1, 1);
    else await scene.fleet.run(jobs, callers);
    await pause(scene.signal, AFTERWARDS_MS);
  });
  return runCost(counted, perSecond, { jobs, replicas: scene.nodes.replicas });
};

const during = async ({ nodes, keyspace }: Scene, work: () => Promise<void>): Promise<Counted> => {
  const before = await nodes.read(keyspace);
  await work();
  return difference(before, await nodes.read(keyspace));
};

export const pause = async (signal: AbortSignal, ms: number): Promise<void> => {
  await systemClock.sleep(ms, signal);
  signal.throwIfAborted();
};
