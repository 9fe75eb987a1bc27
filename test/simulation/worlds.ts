// The worlds: what kind of life a seed leads. Each puts the weight on another part of the protocol.
import type { PlacementRow } from '../../src/core/model/placement.ts';
import { bucketOf } from '../support/rows.ts';
import { chanceOf, seededRandom } from '../support/seeded-random.ts';
import type { FaultKind, Plan, Script, Step, SubmitStep } from './plan.ts';

type Span = readonly [from: number, to: number];

interface World {
  readonly minutes: number;
  readonly workers: Span;
  readonly buckets: Span;
  readonly submitters: number;
  readonly holders: Span;
  readonly areHoldersPrograms: boolean;
  readonly jobs: Span;
  /** Share of jobs that share an idempotency key with others. */
  readonly keyed: number;
  readonly orders: Span;
  readonly drains: Span;
  readonly placements: Span;
  readonly faults: Span;
  /** Which faults, the more often named the likelier. */
  readonly kinds: readonly FaultKind[];
  /** Handlers run up to this long, ms. */
  readonly runMs: number;
  readonly late: number;
  readonly retentionMs: number;
  /** Share of jobs that fail once and then wait for longer than a finished slot is kept. */
  readonly patient: number;
}

const BASE: World = {
  minutes: 10,
  workers: [2, 3],
  buckets: [2, 4],
  submitters: 2,
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
  late: 0.002,
  retentionMs: 86_400_000,
  patient: 0,
};

const HOUR_MS = 3_600_000;

export const WORLDS: Readonly<Record<string, World>> = {
  /** Contended locks; nothing else. */
  locks: {
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
  },
  /** Programs that wait for locks, hold them, and lease them. No clock is set: a lease ends by the holder's wall clock. */
  programs: {
    ...BASE,
    workers: [0, 0],
    submitters: 0,
    holders: [3, 6],
    areHoldersPrograms: true,
    jobs: [0, 0],
    orders: [0, 0],
    drains: [0, 0],
    faults: [10, 30],
    kinds: ['crash', 'pause', 'pause', 'isolate', 'isolate', 'node-cut', 'node-down', 'loss', 'slow'],
    late: 0.01,
  },
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
  drain: { ...BASE, drains: [6, 14], faults: [2, 6], kinds: ['pause', 'isolate', 'loss', 'slow'], runMs: 25_000 },
};

const MINUTE_MS = 60_000;
/** Longer than it takes until a slot is audited and may be deleted, ms. */
const PATIENT_MS = 12.5 * MINUTE_MS;

/** The same seed gives the same plan. */
export const makePlan = (seed: number, name: string = worldOf(seed)): Plan => {
  const dice = new Dice(seed);
  const world = WORLDS[name];
  if (world === undefined) throw new Error(`there is no world "${name}": ${Object.keys(WORLDS).join(', ')}`);
  const faultMs = world.minutes * MINUTE_MS;
  const nodes = dice.chance() < 0.1 ? 5 : 3;
  const workers = dice.whole(world.workers);
  const holders = dice.whole(world.holders);
  const processes = [...names('w', workers), ...names('s', world.submitters), ...names('h', holders)];
  const place = { world, faultMs, processes, nodes, workers };
  const fate = [...submitSteps(dice, place), ...drainSteps(dice, place), ...faultSteps(dice, place)];
  const buckets = dice.whole(world.buckets);
  const steps = [...fate, ...placeSteps(dice, place, buckets)];
  return {
    seed,
    world: name,
    faultMs,
    nodes,
    buckets,
    workers,
    submitters: world.submitters,
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

interface Place {
  readonly world: World;
  readonly faultMs: number;
  readonly processes: readonly string[];
  readonly nodes: number;
  readonly workers: number;
}

/** Orders go with their jobs. */
const submitSteps = (dice: Dice, { world, faultMs }: Place): readonly Step[] => {
  const steps: Step[] = [];
  const count = dice.whole(world.jobs);
  const orders = dice.whole(world.orders);
  let atMs = 500;
  for (let index = 0; index < count; index += 1) {
    // Bursts and pauses.
    if (dice.chance() < 0.4) atMs = 500 + dice.chance() * (faultMs - 30_000);
    const delayMs = dice.chance() < 0.3 ? Math.floor(dice.chance() * Math.min(90_000, faultMs - atMs)) : 0;
    const tag = `t${index}`;
    steps.push(submitStep(dice, world, { tag, atMs, delayMs }));
    if (index < orders) {
      const afterMs = dice.chance() * (delayMs + 10_000);
      steps.push({ do: dice.chance() < 0.5 ? 'cancel' : 'retry', atMs: atMs + afterMs, tag });
    }
  }
  return steps;
};

const submitStep = (
  dice: Dice,
  world: World,
  { tag, atMs, delayMs }: { readonly tag: string; readonly atMs: number; readonly delayMs: number },
): SubmitStep => {
  const isPatient = dice.chance() < world.patient;
  const key = dice.chance() < world.keyed ? `k${dice.whole([0, 15])}` : null;
  return {
    do: 'submit',
    atMs,
    by: `s${Math.floor(dice.chance() * world.submitters)}`,
    script: { ...makeScript(dice, world, tag), ...(isPatient ? { fail: 1 } : {}) },
    delayMs,
    priority: dice.whole([4, 6]),
    // Requests of one key are one request: they ask for the same.
    maxAttempts: key === null ? dice.whole([1, 4]) : 3,
    backoffMs: isPatient ? PATIENT_MS : dice.whole([100, 3_000]),
    onCrash: dice.chance() < 0.1 ? 'fail' : 'retry',
    key,
  };
};

const makeScript = (dice: Dice, world: World, tag: string): Script => ({
  tag,
  ms: dice.chance() < 0.3 ? 0 : Math.floor(dice.chance() ** 2 * world.runMs),
  fail: dice.chance() < 0.3 ? dice.whole([1, 5]) : 0,
  fatal: dice.chance() < 0.03,
  deaf: dice.chance() < 0.2,
  snoozeMs: dice.chance() < 0.05 ? Math.floor(dice.chance() * 20_000) : 0,
});

const drainSteps = (dice: Dice, { world, faultMs, workers }: Place): readonly Step[] =>
  Array.from({ length: workers === 0 ? 0 : dice.whole(world.drains) }, () => ({
    do: 'drain' as const,
    atMs: dice.chance() * faultMs,
    who: `w${dice.whole([0, workers - 1])}`,
    forMs: dice.chance() * 40_000,
  }));

const placeSteps = (dice: Dice, { world, faultMs, workers }: Place, buckets: number): readonly Step[] => {
  const count = world.placements[1] === 0 ? 0 : dice.whole(world.placements);
  return Array.from({ length: count }, () => {
    const order = { worker: `w${dice.whole([0, workers - 1])}`, reason: '', by: 's0', atMs: 0 };
    const bucket = bucketOf(dice.whole([0, buckets - 1]));
    const row: PlacementRow = dice.chance() < 0.6 ? { kind: 'pin', bucket, ...order } : { kind: 'drain', ...order };
    return { do: 'place' as const, atMs: dice.chance() * faultMs, row, undo: dice.chance() < 0.4 };
  });
};

const faultSteps = (dice: Dice, { world, faultMs, processes, nodes }: Place): readonly Step[] =>
  Array.from({ length: dice.whole(world.faults) }, () => {
    const kind = dice.pick(world.kinds);
    return { do: kind, atMs: dice.chance() * faultMs, ...faultDetails(dice, kind, processes, nodes) };
  });

const faultDetails = (dice: Dice, kind: FaultKind, processes: readonly string[], nodes: number) => {
  const node = `n${dice.whole([1, nodes])}`;
  const who = dice.pick(processes);
  switch (kind) {
    case 'crash':
      return { who, how: [], forMs: dice.chance() * 30_000 };
    case 'pause':
      // Half of them are short, as a collection of garbage; the others outlast the lease.
      return { who, how: [], forMs: dice.chance() < 0.5 ? dice.chance() * 3_000 : 3_000 + dice.chance() * 37_000 };
    case 'isolate': {
      const reach = Array.from({ length: nodes }, (_, index) => index + 1).filter(() => dice.chance() < 0.7);
      return { who, how: reach, forMs: 500 + dice.chance() * 30_000 };
    }
    case 'node-down':
    case 'node-cut':
      return { who: node, how: [], forMs: 500 + dice.chance() * 40_000 };
    case 'loss':
      return { who: 'everybody', how: [dice.chance() * 0.3], forMs: 1_000 + dice.chance() * 30_000 };
    case 'slow':
      return { who: 'everybody', how: [10 + dice.chance() * 600], forMs: 1_000 + dice.chance() * 20_000 };
    case 'clock-step': {
      // Most are what a time daemon does; the others what a person does who sets the wrong hour.
      const by = dice.chance() - 0.5;
      return { who, how: [by * (Math.abs(by) < 0.35 ? 3_000 : 4 * HOUR_MS)], forMs: 0 };
    }
    default:
      return kind satisfies never;
  }
};

const names = (prefix: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

class Dice {
  readonly #random;

  constructor(seed: number) {
    this.#random = seededRandom(seed * 2 + 1);
  }

  chance(): number {
    return chanceOf(this.#random);
  }

  /** Both ends included. */
  whole([from, to]: Span): number {
    return from + Math.floor(this.chance() * (to - from + 1));
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.chance() * items.length)] as Item;
  }
}
