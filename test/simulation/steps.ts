// The steps of a plan, made by dice.
import type { PlacementRow } from '../../src/core/model/placement.ts';
import { bucketOf } from '../support/rows.ts';
import { chanceOf, seededRandom } from '../support/seeded-random.ts';
import type { FaultKind, ScheduleRules, Script, Step, SubmitStep } from './plan.ts';

/** Runs of schedules that may overlap, ms: what they ask for together must be less than one worker can do. */
const RUN_BESIDE_MS = 250;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Longer than it takes until a slot is audited and may be deleted, ms. */
const PATIENT_MS = 12.5 * MINUTE_MS;

export type Span = readonly [from: number, to: number];

export interface World {
  readonly minutes: number;
  readonly workers: Span;
  readonly buckets: Span;
  readonly submitters: number;
  readonly schedulers: Span;
  readonly schedules: Span;
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

interface Place {
  readonly world: World;
  readonly faultMs: number;
  readonly processes: readonly string[];
  readonly nodes: number;
  readonly workers: number;
}

/** Orders go with their jobs. */
export const submitSteps = (dice: Dice, { world, faultMs }: Place): readonly Step[] => {
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

export const drainSteps = (dice: Dice, { world, faultMs, workers }: Place): readonly Step[] =>
  Array.from({ length: workers === 0 ? 0 : dice.whole(world.drains) }, () => ({
    do: 'drain' as const,
    atMs: dice.chance() * faultMs,
    who: `w${dice.whole([0, workers - 1])}`,
    forMs: dice.chance() * 40_000,
  }));

export const placeSteps = (dice: Dice, { world, faultMs, workers }: Place, buckets: number): readonly Step[] => {
  const count = world.placements[1] === 0 ? 0 : dice.whole(world.placements);
  return Array.from({ length: count }, () => {
    const order = { worker: `w${dice.whole([0, workers - 1])}`, reason: '', by: 's0', atMs: 0 };
    const bucket = bucketOf(dice.whole([0, buckets - 1]));
    const row: PlacementRow = dice.chance() < 0.6 ? { kind: 'pin', bucket, ...order } : { kind: 'drain', ...order };
    return { do: 'place' as const, atMs: dice.chance() * faultMs, row, undo: dice.chance() < 0.4 };
  });
};

export const scheduleSteps = (dice: Dice, { world, faultMs }: Place): readonly Step[] => {
  const count = world.schedules[1] === 0 ? 0 : dice.whole(world.schedules);
  return names('cron', count).flatMap((name): readonly Step[] => {
    const cron = `every ${dice.whole([3, 30])}s`;
    const rules = scheduleRules(dice);
    const runMs = Math.floor(dice.chance() ** 2 * (rules.overlap === 'allow' ? RUN_BESIDE_MS : 10_000));
    const fatal = rules.pauseAfterFailures !== null && dice.chance() < 0.5;
    const common = { do: 'schedule', name, cron, rules, runMs, fatal } as const;
    const pausedMs = dice.chance() * faultMs;
    const pause = { ...common, what: 'pause', atMs: pausedMs } as const;
    const resume = { ...common, what: 'resume', atMs: pausedMs + dice.chance() * 60_000 } as const;
    const backfill = { ...common, what: 'backfill', atMs: resume.atMs + dice.chance() * 60_000 } as const;
    return [
      { ...common, what: 'create', atMs: 1_000 + dice.chance() * 20_000 },
      ...(dice.chance() < 0.5 ? [pause, resume] : []),
      ...(dice.chance() < 0.3 ? [backfill] : []),
    ];
  });
};

const scheduleRules = (dice: Dice): ScheduleRules => ({
  overlap: dice.pick(['skip', 'allow', 'allow(2)', 'buffer(2)', 'cancel-previous'] as const),
  jitterMs: dice.chance() < 0.3 ? dice.whole([1, 5_000]) : 0,
  maxFires: dice.chance() < 0.2 ? dice.whole([1, 20]) : null,
  pauseAfterFailures: dice.chance() < 0.3 ? dice.whole([1, 3]) : null,
});

export const faultSteps = (dice: Dice, { world, faultMs, processes, nodes }: Place): readonly Step[] =>
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

export const names = (prefix: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

export class Dice {
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
