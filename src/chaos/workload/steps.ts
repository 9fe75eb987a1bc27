// The steps of a workload, made by dice.
import type { Bucket } from '../../core/model/ids.ts';
import type { PlacementRow } from '../../core/model/placement.ts';
import type { ScheduleRules } from '../history/history.ts';
import { chanceOf, seededRandom } from '../seeded-random.ts';
import type { ClientStep, SubmitStep } from './plan.ts';
import type { Script } from './script.ts';

/** Runs of schedules that may overlap, ms: what they ask for together must be less than one worker can do. */
const RUN_BESIDE_MS = 250;
const MINUTE_MS = 60_000;
/** Longer than it takes until a slot is audited and may be deleted, ms. */
const PATIENT_MS = 12.5 * MINUTE_MS;

/** A larger step of a clock is noticed at once: 500 ms, and 6 % of the minute since the offset was measured (src/core/store-time.ts), ms. */
export const CLOCK_STEP_UNSEEN_MAX_MS = 500 + 0.06 * MINUTE_MS + 600;

export type Span = readonly [from: number, to: number];

/** How clients behave. */
export interface Habits {
  readonly submitters: number;
  readonly schedules: Span;
  /** From slot to slot of a schedule, s. */
  readonly everySeconds: Span;
  readonly jobs: Span;
  /** Share of jobs that share an idempotency key with others. */
  readonly keyed: number;
  readonly orders: Span;
  readonly placements: Span;
  /** Handlers run up to this long, ms. */
  readonly runMs: number;
  /** Share of handlers that go on after their signal aborted. */
  readonly deaf: number;
  /** Share of jobs that fail once and then wait for longer than a finished slot is kept. */
  readonly patient: number;
}

interface Place {
  readonly world: Habits;
  /** The steps are spread over so long. */
  readonly faultMs: number;
  readonly workers: number;
}

/** Orders go with their jobs. */
export const submitSteps = (dice: Dice, { world, faultMs }: Place): readonly ClientStep[] => {
  const steps: ClientStep[] = [];
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
  world: Habits,
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

const makeScript = (dice: Dice, world: Habits, tag: string): Script => ({
  tag,
  ms: dice.chance() < 0.3 ? 0 : Math.floor(dice.chance() ** 2 * world.runMs),
  fail: dice.chance() < 0.3 ? dice.whole([1, 5]) : 0,
  fatal: dice.chance() < 0.03,
  deaf: dice.chance() < world.deaf,
  snoozeMs: dice.chance() < 0.05 ? Math.floor(dice.chance() * 20_000) : 0,
});

export const placeSteps = (dice: Dice, { world, faultMs, workers }: Place, buckets: number): readonly ClientStep[] => {
  const count = world.placements[1] === 0 ? 0 : dice.whole(world.placements);
  return Array.from({ length: count }, () => {
    const order = { worker: `w${dice.whole([0, workers - 1])}`, reason: '', by: 's0', atMs: 0 };
    const bucket = dice.whole([0, buckets - 1]) as Bucket;
    const row: PlacementRow = dice.chance() < 0.6 ? { kind: 'pin', bucket, ...order } : { kind: 'drain', ...order };
    return { do: 'place' as const, atMs: dice.chance() * faultMs, row, undo: dice.chance() < 0.4 };
  });
};

export const scheduleSteps = (dice: Dice, { world, faultMs }: Place): readonly ClientStep[] => {
  const count = world.schedules[1] === 0 ? 0 : dice.whole(world.schedules);
  return names('cron', count).flatMap((name): readonly ClientStep[] => {
    const cron = `every ${dice.whole(world.everySeconds)}s`;
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
