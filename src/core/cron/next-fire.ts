// The next time a schedule is due, in its zone. Where clocks are set, two policies decide, for schedules that do not run in every
// hour: a local time that does not exist is skipped, or shifted by as much as the clocks were; one that comes twice counts
// the first time, the last time, or both times. A schedule that runs in every hour goes on by real hours.
import type { FoldPolicy, GapPolicy, ScheduleRow } from '../model/schedule.ts';
import { type CronSpec, type FieldsSpec, parseSpec } from './spec.ts';
import { offsetMs, type Transition, transitionsIn } from './zone.ts';

export interface Calendar {
  readonly spec: CronSpec;
  /** IANA name. */
  readonly zone: string;
  /** Default `shift`. */
  readonly gap: GapPolicy;
  /** Default `first`. */
  readonly fold: FoldPolicy;
  /** No fire is earlier, ms; null = no bound, as without it. */
  readonly startMs?: number | null;
  /** None is later. */
  readonly endMs?: number | null;
}

export const CALENDAR_DEFAULTS = { zone: 'UTC', gap: 'shift', fold: 'first' } as const;

export interface Fire {
  readonly atMs: number;
  /** `shifted`: its local time did not exist. `first`, `second`: its local time comes twice that day. */
  readonly kind: 'plain' | 'shifted' | 'first' | 'second';
}

/** No zone ever set its clocks by more, ms: a day is skipped where the date line moved. */
const JUMP_MAX_MS = 24 * 3_600_000 + 1;
/** Offsets that one search may pass through: a schedule that is due once in eight years. */
const OFFSETS_MAX = 1_000;

/** What the policies mean for this schedule, for people; null where nothing is to be decided. */
export const clockRule = ({ spec, gap, fold }: Calendar): string | null => {
  if (spec.kind === 'every') return null;
  if (spec.isHourly) return 'when clocks are set, it goes on by real hours';
  const missing = gap === 'shift' ? 'runs as much later as the clocks are put forward' : 'is skipped';
  const twice = { first: 'runs the first time', last: 'runs the second time', both: 'runs both times' }[fold];
  return `a local time that does not exist ${missing}; one that comes twice ${twice}`;
};

/** Of a schedule. Throws what parseSpec throws. */
export const calendarOf = ({ cron, name, zone, gap, fold, startMs, endMs }: ScheduleRow): Calendar => ({
  ...{ spec: parseSpec(cron, name), zone, gap, fold, startMs, endMs },
});

/** Fires after a moment, in order; most schedules have no last one. */
export function* firesAfter(calendar: Calendar, afterMs: number, countMax = Number.POSITIVE_INFINITY): Generator<Fire> {
  let fire = nextFire(calendar, afterMs);
  for (let count = 1; fire !== null && count <= countMax; count += 1) {
    yield fire;
    fire = count < countMax ? nextFire(calendar, fire.atMs) : null;
  }
}

/** The first fire after a moment; null when there is none any more. */
export const nextFire = (calendar: Calendar, afterMs: number): Fire | null => {
  const { startMs, endMs } = calendar;
  const fire = nextUnbounded(calendar, Math.max(afterMs, (startMs ?? Number.NEGATIVE_INFINITY) - 1));
  return fire === null || fire.atMs > (endMs ?? Number.POSITIVE_INFINITY) ? null : fire;
};

const nextUnbounded = (calendar: Calendar, afterMs: number): Fire | null => {
  const { spec } = calendar;
  if (spec.kind === 'every') {
    return { atMs: (Math.floor(afterMs / spec.everyMs) + 1) * spec.everyMs, kind: 'plain' };
  }
  const real = nextReal(spec, calendar, afterMs);
  const shifted =
    calendar.gap === 'shift' && !spec.isHourly ? nextShifted(spec, calendar.zone, afterMs, real?.atMs ?? null) : null;
  if (shifted === null) return real;
  return real === null || shifted.atMs < real.atMs ? shifted : real;
};

/** Local times that exist. Walks from one offset of the zone to the next. */
const nextReal = (spec: FieldsSpec, { zone, fold }: Calendar, afterMs: number): Fire | null => {
  let fromMs = afterMs;
  for (let count = 0; count < OFFSETS_MAX; count += 1) {
    const offset = offsetMs(zone, fromMs + 1);
    const localMs = spec.nextLocalMs(fromMs + offset);
    if (localMs === null) return null;
    const atMs = localMs - offset;
    const [change] = transitionsIn(zone, fromMs + 1, atMs);
    if (change !== undefined) {
      fromMs = change.atMs - 1;
      continue;
    }
    if (spec.isHourly) return { atMs, kind: 'plain' };
    const { kind, resumeMs } = foldAt(zone, atMs, fold);
    if (resumeMs === null) return { atMs, kind };
    fromMs = resumeMs - 1;
  }
  return null;
};

/** Where in a fold a moment is; `resumeMs`: it does not count, the search goes on there. */
const foldAt = (
  zone: string,
  atMs: number,
  fold: FoldPolicy,
): { readonly kind: Fire['kind']; readonly resumeMs: number | null } => {
  for (const change of transitionsIn(zone, atMs - JUMP_MAX_MS, atMs + JUMP_MAX_MS)) {
    const backMs = change.beforeMs - change.afterMs;
    if (backMs <= 0) continue;
    if (atMs >= change.atMs - backMs && atMs < change.atMs) {
      return { kind: 'first', resumeMs: fold === 'last' ? change.atMs : null };
    }
    if (atMs >= change.atMs && atMs < change.atMs + backMs) {
      return { kind: 'second', resumeMs: fold === 'first' ? change.atMs + backMs : null };
    }
  }
  return { kind: 'plain', resumeMs: null };
};

/** Local times that do not exist, after a moment and up to the one that is known already. */
const nextShifted = (spec: FieldsSpec, zone: string, afterMs: number, knownMs: number | null): Fire | null => {
  const toMs = knownMs ?? afterMs + JUMP_MAX_MS;
  for (const change of transitionsIn(zone, afterMs - JUMP_MAX_MS, toMs)) {
    const atMs = firstInGap(spec, change, afterMs);
    if (atMs !== null) return { atMs, kind: 'shifted' };
  }
  return null;
};

/** A time in the gap, told by the offset before: as much later as the clocks were put forward. */
const firstInGap = (spec: FieldsSpec, { atMs, beforeMs, afterMs: offsetAfter }: Transition, afterMs: number) => {
  const gapMs = offsetAfter - beforeMs;
  if (gapMs <= 0) return null;
  const localMs = spec.nextLocalMs(Math.max(atMs - 1, afterMs) + beforeMs);
  return localMs !== null && localMs - beforeMs < atMs + gapMs ? localMs - beforeMs : null;
};
