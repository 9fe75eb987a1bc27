// The worlds: what kind of life a seed leads. Each puts the weight on another part of the protocol.

import { Dice, names, placeSteps, scheduleSteps, submitSteps } from '../chaos/workload/steps.ts';
import type { Plan } from './plan.ts';
import { drainSteps, faultSteps, type World } from './steps.ts';

const BASE: World = {
  minutes: 10,
  workers: [2, 3],
  buckets: [2, 4],
  submitters: 2,
  schedulers: [0, 0],
  schedules: [0, 0],
  everySeconds: [3, 30],
  holders: [0, 0],
  areHoldersPrograms: false,
  jobs: [40, 90],
  keyed: 0,
  orders: [0, 6],
  drains: [0, 1],
  placements: [0, 0],
  faults: [6, 16],
  kinds: ['crash', 'pause', 'isolate', 'node-down', 'node-cut', 'loss', 'slow', 'clock-step'],
  runMs: 6_000,
  deaf: 0.2,
  late: 0.002,
  retentionMs: 86_400_000,
  patient: 0,
};

/** Contended locks; nothing else. */
const LOCKS: World = {
  ...BASE,
  workers: [0, 0],
  submitters: 0,
  holders: [3, 6],
  jobs: [0, 0],
  orders: [0, 0],
  drains: [0, 0],
  faults: [10, 30],
  kinds: ['crash', 'pause', 'pause', 'isolate', 'isolate', 'node-cut', 'node-down', 'loss', 'slow'],
  late: 0.01,
};

export const WORLDS: Readonly<Record<string, World>> = {
  locks: LOCKS,
  /** Programs that wait for locks, hold them, and lease them. No clock is set: a lease ends by the holder's wall clock. */
  programs: { ...LOCKS, areHoldersPrograms: true },
  /** Submit, run, record: retries and dead letters. */
  jobs: { ...BASE, jobs: [80, 140] },
  /** Owners that crash, with handlers running. */
  takeover: { ...BASE, kinds: ['crash', 'crash', 'crash', 'isolate', 'node-down', 'loss'], runMs: 15_000 },
  /** Owners that sleep longer than their lease and wake. */
  zombies: { ...BASE, kinds: ['pause', 'pause', 'pause', 'slow', 'isolate'], faults: [10, 24], runMs: 20_000 },
  /** Workers come and go, and operators place buckets, while jobs are submitted. */
  rebalance: { ...BASE, workers: [3, 4], drains: [4, 10], placements: [4, 16], faults: [3, 10], runMs: 12_000 },
  /** Rows that become visible long after they were stamped. */
  late: { ...BASE, kinds: ['loss', 'slow', 'node-cut', 'node-down', 'isolate', 'clock-step'], late: 0.03 },
  keys: { ...BASE, keyed: 0.7, submitters: 3, jobs: [60, 120], runMs: 2_000 },
  /** Slots are deleted when all is over. */
  retention: {
    ...BASE,
    minutes: 16,
    workers: [2, 2],
    buckets: [1, 2],
    retentionMs: 60_000,
    jobs: [40, 70],
    patient: 0.1,
  },
  /** Schedulers die, sleep and are cut off; schedules are paused and go on. */
  cron: {
    ...BASE,
    workers: [1, 2],
    submitters: 1,
    schedulers: [2, 3],
    schedules: [2, 5],
    jobs: [0, 5],
    faults: [8, 20],
  },
  drain: { ...BASE, drains: [6, 14], faults: [2, 6], kinds: ['pause', 'isolate', 'loss', 'slow'], runMs: 25_000 },
};

const MINUTE_MS = 60_000;

/** The same seed gives the same plan. */
export const makePlan = (seed: number, name: string = worldOf(seed)): Plan => {
  const dice = new Dice(seed);
  const world = WORLDS[name];
  if (world === undefined) throw new Error(`there is no world "${name}": ${Object.keys(WORLDS).join(', ')}`);
  const faultMs = world.minutes * MINUTE_MS;
  const nodes = dice.chance() < 0.1 ? 5 : 3;
  const workers = dice.whole(world.workers);
  const holders = dice.whole(world.holders);
  const schedulers = world.schedulers[1] === 0 ? 0 : dice.whole(world.schedulers);
  const processes = [
    ...names('c', schedulers),
    ...names('w', workers),
    ...names('s', world.submitters),
    ...names('h', holders),
  ];
  const place = { world, faultMs, processes, nodes, workers };
  const fate = [...submitSteps(dice, place), ...drainSteps(dice, place), ...faultSteps(dice, place)];
  const buckets = dice.whole(world.buckets);
  const steps = [...fate, ...placeSteps(dice, place, buckets), ...scheduleSteps(dice, place)];
  return {
    seed,
    world: name,
    faultMs,
    nodes,
    buckets,
    workers,
    submitters: world.submitters,
    schedulers,
    holders,
    areHoldersPrograms: world.areHoldersPrograms,
    lockNames: names('user/', dice.whole([1, 2])),
    leaseMs: 10_000,
    retentionMs: world.retentionMs,
    concurrency: dice.whole([1, 6]),
    weather: {
      lost: dice.chance() < 0.5 ? dice.chance() * 0.02 : 0,
      late: dice.chance() < 0.6 ? dice.chance() * world.late : 0,
      duplicated: dice.chance() < 0.5 ? 0.05 : 0,
      contended: dice.chance() * 0.3,
    },
    drift: 0.05,
    skewMs: 300,
    steps: steps.toSorted((left, right) => left.atMs - right.atMs),
  };
};

const worldOf = (seed: number): string => {
  const all = Object.keys(WORLDS);
  return all[seed % all.length] as string;
};
