// A job, its attempts and the pointers to it: the rows of the protocol and the states they can be in.
import { usageError } from './errors.ts';
import type { Bucket, Fence, JobId, Slot } from './ids.ts';

/** How the wait before a retry grows. Durations in ms. */
export interface Backoff {
  readonly kind: 'fixed' | 'linear' | 'exponential';
  readonly baseMs: number;
  readonly maxMs: number;
  /** Share of the wait that is random, 0 to 1. */
  readonly jitter: number;
}

/** What the submitter asked for beyond type and payload. Absent fields take `JOB_DEFAULTS`. */
export interface JobSpec {
  readonly maxAttempts?: number;
  readonly backoff?: Backoff;
  /** Longest run of one attempt, ms. */
  readonly runTimeoutMs?: number;
  /** `fail`: an attempt lost to a crash is not repeated (at-most-once start). Default `retry`. */
  readonly onCrash?: 'retry' | 'fail';
  /** Idempotency key under which it was submitted. */
  readonly key?: string;
  /** Jobs of one key share a bucket. */
  readonly partitionKey?: string;
  /** The dead letter this job was replayed from, when its own rows were gone. */
  readonly replayOf?: JobId;
  /** The schedule that submitted it. */
  readonly schedule?: JobOrigin;
}

/** Which slot of which schedule a job is for. */
export interface JobOrigin {
  readonly name: string;
  /** When the slot was due, ms: the nominal time, however late the job is. */
  readonly slotMs: number;
  /** It was caught up with: nobody was there in time. */
  readonly isLate: boolean;
  /** A backfill submitted it. Absent: no. */
  readonly isBackfill?: boolean;
}

export const JOB_DEFAULTS = {
  queue: 'default',
  priority: 5,
  maxAttempts: 5,
  backoff: { kind: 'exponential', baseMs: 1_000, maxMs: 600_000, jitter: 0.2 },
  runTimeoutMs: 300_000,
  onCrash: 'retry',
} as const satisfies Record<string, unknown>;

/** Fills up what was not said. Fixed waits are exact unless a jitter is asked for. Throws BACKOFF_INVALID. */
export const completeBackoff = (given: { readonly [Field in keyof Backoff]?: Backoff[Field] | undefined }): Backoff => {
  const defaults = JOB_DEFAULTS.backoff;
  const kind = given.kind ?? defaults.kind;
  const baseMs = given.baseMs ?? defaults.baseMs;
  const maxMs = given.maxMs ?? Math.max(defaults.maxMs, baseMs);
  if (maxMs < baseMs) {
    throw usageError(
      'BACKOFF_INVALID',
      `the longest wait of ${maxMs} ms is shorter than the first one of ${baseMs} ms`,
      {
        hint: 'raise --backoff-max (maxMs in the API) or lower --backoff-base (baseMs)',
      },
    );
  }
  return { kind, baseMs, maxMs, jitter: given.jitter ?? (kind === 'fixed' ? 0 : defaults.jitter) };
};

/** Immutable; written once by the submitter. Bucket, slot, priority and due time are in the id. */
export interface JobRow {
  readonly jobId: JobId;
  readonly queue: string;
  readonly type: string;
  /** JSON text, at most PAYLOAD_BYTES_MAX. */
  readonly payload: string;
  readonly spec: JobSpec;
  /** When it was stamped, ms since the epoch by the store's clock. */
  readonly createdMs: number;
}

/**
 * What the newest attempt row of a job says.
 *
 *   (no row) -> running -> succeeded | failed | cancelled | dead      terminal
 *                       -> retrying | lost | snoozed | released       a pointer at nextDueMs leads back to running
 */
export const ATTEMPT_STATES = [
  'running',
  'succeeded',
  'failed',
  'cancelled',
  'dead',
  'retrying',
  'lost',
  'snoozed',
  'released',
  'rescheduled',
] as const;
export type AttemptState = (typeof ATTEMPT_STATES)[number];

/** One row per attempt, keyed by (job, fence). Written as `running`, overwritten by its own outcome. */
export interface AttemptRow {
  readonly jobId: JobId;
  readonly fence: Fence;
  /** Attempts counted so far, this one included. A snooze or a release gives its attempt back. */
  readonly attempt: number;
  readonly state: AttemptState;
  readonly worker: string;
  readonly startedMs: number;
  readonly endedMs: number | null;
  /** When the pointer that goes with a waiting state is due. */
  readonly nextDueMs: number | null;
  readonly error: string | null;
  /** JSON text, at most RESULT_BYTES_MAX. */
  readonly result: string | null;
}

/** `retry` continues a waiting job, `late` names a row that may have been overlooked, the others are orders by a person. */
export const POINTER_OPS = ['retry', 'late', 'cancel', 'replay', 'reschedule', 'marker'] as const;
export type PointerOp = (typeof POINTER_OPS)[number];

/** "Look at this job when dueMs has come." Lives in the slot of its own dueMs, in the job's bucket. */
export interface PointerRow {
  readonly dueMs: number;
  readonly jobId: JobId;
  /** The truth it was written against; obeyed only while that is still the truth (I5). */
  readonly fence: Fence;
  readonly op: PointerOp;
  /** For `reschedule`: the new due time, ms. */
  readonly targetMs: number | null;
}

export interface Partition {
  readonly bucket: Bucket;
  readonly slot: Slot;
}

/** What a job is doing, as a person sees it. */
export const JOB_STATES = ['pending', 'running', 'retrying', 'succeeded', 'failed', 'cancelled', 'dlq'] as const;
export type JobState = (typeof JOB_STATES)[number];

export const jobState = (truth: Pick<AttemptRow, 'state'> | undefined): JobState => {
  if (truth === undefined) return 'pending';
  switch (truth.state) {
    case 'snoozed':
    case 'released':
    case 'rescheduled':
      return 'pending';
    case 'lost':
      return 'retrying';
    case 'dead':
      return 'dlq';
    default:
      return truth.state;
  }
};

export const isTerminal = (state: AttemptState): boolean =>
  state === 'succeeded' || state === 'failed' || state === 'cancelled' || state === 'dead';

export const isTerminalJob = (state: JobState): boolean =>
  state === 'succeeded' || state === 'failed' || state === 'cancelled' || state === 'dlq';

/** A dead letter holds the job whole, so that replay outlives retention. */
export interface DeadLetterRow {
  readonly job: JobRow;
  readonly fence: Fence;
  readonly failedMs: number;
  readonly attempts: number;
  readonly reason: string;
}

/** Attempts used up so far: a snooze or a release gives its own back. */
export const attemptsUsed = (truth: Pick<AttemptRow, 'state' | 'attempt'> | undefined): number => {
  if (truth === undefined) return 0;
  return truth.state === 'snoozed' || truth.state === 'released' ? truth.attempt - 1 : truth.attempt;
};

/** The job waits for the pointer at nextDueMs. */
export const isWaiting = (state: AttemptState): boolean => state !== 'running' && !isTerminal(state);
