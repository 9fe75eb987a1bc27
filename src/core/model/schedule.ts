// A schedule says which job is submitted when; a run says what became of one slot of it. Every slot between the moment at which
// a schedule was made and its progress is accounted for by exactly one run (I9).
import { usageError } from './errors.ts';
import { hashText } from './hash.ts';
import type { Bucket, FencingToken, JobId } from './ids.ts';
import type { JobSpec } from './job.ts';
import { OVERLAP_COUNT_MAX } from './limits.ts';

/** A local time that does not exist, since clocks are put forward: left out, or as much later as they are put. */
export const GAP_POLICIES = ['skip', 'shift'] as const;
export type GapPolicy = (typeof GAP_POLICIES)[number];
/** A local time that comes twice, since clocks are put back. */
export const FOLD_POLICIES = ['first', 'last', 'both'] as const;
export type FoldPolicy = (typeof FOLD_POLICIES)[number];

/**
 * Slots that nobody was there for within a minute: left out, only the last one made up for and that only if no later slot is due by
 * then, or all of them, as far as `catchUpMs` reaches back.
 */
export const MISFIRE_POLICIES = ['skip', 'one', 'all'] as const;
export type MisfirePolicy = (typeof MISFIRE_POLICIES)[number];
/**
 * While a job of an earlier slot is not over: the slot is left out; its job is submitted anyway, with n at once at most; it waits,
 * with n that wait at most; or the job before is cancelled, and the slot waits for its end. Text, as parseOverlap reads it.
 */
export const OVERLAP_POLICIES = ['skip', 'allow', 'allow(n)', 'buffer(n)', 'cancel-previous'] as const;
export type OverlapPolicy = 'skip' | 'allow' | `allow(${number})` | `buffer(${number})` | 'cancel-previous';
export interface Overlap {
  /** Jobs of earlier slots that may not be over when another is submitted. */
  readonly atOnce: number;
  /** Slots that wait for their turn; what comes beyond them is left out. */
  readonly waiting: number;
  /** Jobs of earlier slots are cancelled, and of the slots that wait only the last one stays. */
  readonly isCancelling: boolean;
}

/** Null: it is none. */
export const parseOverlap = (text: string): Overlap | null => {
  const [, kind, digits] = /^(skip|allow|cancel-previous|buffer)(?:\(([1-9]\d{0,2})\))?$/.exec(text) ?? [];
  const count = digits === undefined ? null : Number(digits);
  if (count !== null && count > OVERLAP_COUNT_MAX) return null;
  if (kind === 'allow') return { atOnce: count ?? Number.POSITIVE_INFINITY, waiting: 0, isCancelling: false };
  if (kind === 'buffer') return count === null ? null : { atOnce: 1, waiting: count, isCancelling: false };
  if (kind === undefined || count !== null) return null;
  const isCancelling = kind === 'cancel-previous';
  return { atOnce: 1, waiting: isCancelling ? 1 : 0, isCancelling };
};

/** Throws OVERLAP_INVALID. */
export const overlapOf = (text: string): OverlapPolicy => {
  if (parseOverlap(text) !== null) return text as OverlapPolicy;
  throw usageError('OVERLAP_INVALID', `"${text}" is no overlap policy`, {
    hint: `there are ${OVERLAP_POLICIES.join(', ')}, with n from 1 to ${OVERLAP_COUNT_MAX}`,
  });
};

/** What every fire submits. */
export interface JobTemplate {
  readonly queue: string;
  readonly type: string;
  /** JSON text. */
  readonly payload: string;
  readonly priority: number;
  readonly spec: JobSpec;
}

export interface ScheduleRow {
  /** Unique in the store. */
  readonly name: string;
  /** +1 with every change; a change names the version that it is made to. */
  readonly version: number;
  /** As parseSpec reads it. */
  readonly cron: string;
  /** IANA name. */
  readonly zone: string;
  readonly gap: GapPolicy;
  readonly fold: FoldPolicy;
  readonly job: JobTemplate;
  readonly misfire: MisfirePolicy;
  /** How far back slots are caught up with, ms. */
  readonly catchUpMs: number;
  readonly overlap: OverlapPolicy;
  /** Its jobs are due up to so much after their slots, ms, each by what follows from its slot; never as late as the next slot. */
  readonly jitterMs: number;
  /** There are no slots before, ms; null = there may be. */
  readonly startMs: number | null;
  /** There are none after, ms. */
  readonly endMs: number | null;
  /** Slots that are fired in all; those after them are skipped. Null = no limit. */
  readonly maxFires: number | null;
  /** It is paused when so many of its jobs have failed in a row. Null = never. */
  readonly pauseAfterFailures: number | null;
  /** Slots of the past that are being fired; null = none. */
  readonly backfill: Backfill | null;
  /** Null while it runs. Slots of a pause are skipped, and say so. */
  readonly paused: { readonly reason: string; readonly atMs: number } | null;
  /** Slots after this moment are of this calendar: when it was made, or its calendar changed. ms, by the store's clock. */
  readonly fromMs: number;
  readonly createdMs: number;
  readonly updatedMs: number;
}

/** Slots in [fromMs, toMs] that were never fired are fired now, in their order. */
export interface Backfill {
  readonly fromMs: number;
  readonly toMs: number;
  /** From one job to the next, ms, at least. */
  readonly everyMs: number;
  /** Of its jobs, so many are not over at once. */
  readonly concurrency: number;
  /** When it was asked for, ms: by this it is told from others. */
  readonly askedMs: number;
}

/** What rows did not have that were written by an earlier version. */
const ADDED = {
  ...{ jitterMs: 0, startMs: null, endMs: null, maxFires: null, pauseAfterFailures: null, backfill: null },
} as const satisfies Partial<ScheduleRow>;

/** As a store keeps it. */
export const scheduleText = (row: ScheduleRow): string => JSON.stringify(row);
export const scheduleOf = (text: string): ScheduleRow => ({ ...ADDED, ...(JSON.parse(text) as ScheduleRow) });

/**
 * `firing`: decided, and its job may not be durable yet; whoever owns the shard next makes it so. `skipped`: somebody was there
 * and left it out. `missed`: nobody was there in time. `buffered`: it waits for a job of an earlier slot.
 */
export type RunState = 'firing' | 'fired' | 'skipped' | 'missed' | 'buffered';

/** Keyed by (schedule, slot, token): the highest token is the truth. */
export interface RunRow {
  readonly schedule: string;
  /** When the slot was due, ms. */
  readonly slotMs: number;
  readonly token: FencingToken;
  readonly state: RunState;
  /** Of a slot that was fired. */
  readonly jobId: JobId | null;
  /** Why it was not fired; null when it was. */
  readonly reason: string | null;
  /** It was fired later than a tick: nobody was there in time. */
  readonly isLate: boolean;
  /** A backfill fired it. */
  readonly isBackfill: boolean;
  readonly decidedMs: number;
}

/** How far a schedule is decided, and what its owner must remember. The highest token is the truth. */
export interface ProgressRow {
  readonly schedule: string;
  readonly token: FencingToken;
  /** Every slot up to here is accounted for, and its job is durable. */
  readonly doneToMs: number;
  /** Null: an earlier version of jobctl wrote it. */
  readonly memory: ScheduleMemory | null;
}

export interface ScheduleMemory {
  /** Of the schedule that it is about: there may have been another of its name. */
  readonly createdMs: number;
  /** Jobs that were not over when last looked at, the oldest first: by them overlap and failures are judged. */
  readonly openJobs: readonly JobId[];
  /** Slots that wait for them, ascending. */
  readonly buffered: readonly number[];
  readonly fires: number;
  /** Jobs that failed in a row, up to now. */
  readonly failures: number;
  /** Of the backfill that was asked for at `askedMs`: how far it came. */
  readonly backfill: {
    readonly askedMs: number;
    readonly toMs: number;
    readonly doneToMs: number;
    readonly openJobs: readonly JobId[];
  } | null;
}

/** Which shard a schedule belongs to: as many as there are buckets. */
export const scheduleShard = (name: string, bucketCount: number): Bucket => (hashText(name) % bucketCount) as Bucket;

const DAY_MS = 86_400_000;
/** Runs lie by day. */
export const runDay = (slotMs: number): number => Math.floor(slotMs / DAY_MS);
