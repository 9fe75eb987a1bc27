// Sessions, locks, members and checkpoints: the rows by which processes agree on who owns what.
import type { Bucket, Fence, FencingToken, JobId, OperationId, SessionId } from './ids.ts';

/** The life of one process in the store. `live` = false is final. */
export interface SessionRow {
  readonly id: SessionId;
  readonly live: boolean;
  /** +1 per renewal. Watchers look at whether it moves, never at a clock. */
  readonly beat: number;
  readonly operationId: OperationId;
  readonly leaseMs: number;
  /** For people only; no decision reads it. */
  readonly untilMs: number;
  readonly role: string;
  readonly address: string;
}

/** A name owned by a session; free when `session` is null. No expiry of its own. */
export interface LockRow {
  readonly name: string;
  readonly session: SessionId | null;
  readonly token: FencingToken;
  readonly operationId: OperationId;
  readonly note: string;
}

/** Outcome of a compare-and-set. `unknown` = no answer: it may have been applied (I8). */
export type CasOutcome = 'applied' | 'refused' | 'unknown';

/** An attempt that was still running when its bucket was handed over. */
export interface InFlight {
  readonly jobId: JobId;
  readonly fence: Fence;
  readonly session: SessionId;
}

export interface BucketCounters {
  readonly started: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly retried: number;
  readonly dead: number;
  readonly cancelled: number;
  readonly lost: number;
  /** Pointers of a stale owner that were dropped (I5). */
  readonly ghosts: number;
  /** Rows that only the audit found; should stay zero. */
  readonly audited: number;
}
export const NO_COUNTERS: BucketCounters = {
  started: 0,
  succeeded: 0,
  failed: 0,
  retried: 0,
  dead: 0,
  cancelled: 0,
  lost: 0,
  ghosts: 0,
  audited: 0,
};

/** The owner's progress: one row per bucket and token, the highest token wins. */
export interface CheckpointRow {
  readonly bucket: Bucket;
  readonly token: FencingToken;
  readonly atMs: number;
  /** Every job and pointer due before this is settled, or named in `exceptions` (I6). */
  readonly lowWaterMs: number;
  readonly exceptions: readonly JobId[];
  readonly inFlight: readonly InFlight[];
  /** Slots before these were closed, audited, purged. */
  readonly closedSlot: number;
  readonly auditedSlot: number;
  readonly purgedSlot: number;
  /** Slots behind `purgedSlot` that still held unfinished jobs. */
  readonly heldSlots: readonly number[];
  readonly counters: BucketCounters;
}

/** A process that announces itself; discovery only, never possession. */
export interface MemberRow {
  readonly role: string;
  readonly memberId: string;
  readonly session: SessionId;
  /** The session's when this was written: as long as it moves, nobody need read the session itself. */
  readonly beat: number;
  readonly address: string;
  /** Buckets it is willing to own, as ranges: `0-15`. */
  readonly buckets: string;
  /** Job types it has handlers for. */
  readonly types: readonly string[];
  readonly capacity: number;
  readonly running: number;
  readonly version: string;
  readonly startedMs: number;
  /** When this was written. For people. */
  readonly beatMs: number;
}

export const bucketLockName = (bucket: Bucket): string => `bucket/${String(bucket).padStart(4, '0')}`;
export const cronLockName = (shard: Bucket): string => `cron/${String(shard).padStart(4, '0')}`;
