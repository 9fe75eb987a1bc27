// A schedule says which job is submitted when; a run says what became of one slot of it. Every slot between the moment at which
// a schedule was made and its progress is accounted for by exactly one run (I9).
import { hashText } from './hash.ts';
import type { Bucket, FencingToken, JobId } from './ids.ts';
import type { JobSpec } from './job.ts';

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
/** While a job of an earlier slot is not over: the slot is left out, or a job is submitted anyway. */
export const OVERLAP_POLICIES = ['skip', 'allow'] as const;
export type OverlapPolicy = (typeof OVERLAP_POLICIES)[number];

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
  /** Null while it runs. Slots of a pause are skipped, and say so. */
  readonly paused: { readonly reason: string; readonly atMs: number } | null;
  /** Slots after this moment are of this calendar: when it was made, or its calendar changed. ms, by the store's clock. */
  readonly fromMs: number;
  readonly createdMs: number;
  readonly updatedMs: number;
}

/**
 * `firing`: decided, and its job may not be durable yet; whoever owns the shard next makes it so. `skipped`: somebody was there
 * and left it out. `missed`: nobody was there in time.
 */
export type RunState = 'firing' | 'fired' | 'skipped' | 'missed';

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
  readonly decidedMs: number;
}

/** Every slot up to here is accounted for, and its job is durable. The highest token is the truth. */
export interface ProgressRow {
  readonly schedule: string;
  readonly token: FencingToken;
  readonly doneToMs: number;
  /** The last one that was submitted, by which overlap is judged. */
  readonly lastJobId: JobId | null;
}

/** Which shard a schedule belongs to: as many as there are buckets. */
export const scheduleShard = (name: string, bucketCount: number): Bucket => (hashText(name) % bucketCount) as Bucket;

const DAY_MS = 86_400_000;
/** Runs lie by day. */
export const runDay = (slotMs: number): number => Math.floor(slotMs / DAY_MS);
