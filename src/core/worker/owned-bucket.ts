// What an owner keeps in memory of one bucket: how far it has read, the jobs it holds, and its progress for the checkpoint.
import type { Bucket, Fence, FencingToken, JobId } from '../model/ids.ts';
import { fenceSequence, NO_FENCE, slotOf } from '../model/ids.ts';
import { attemptsUsed, type JobRow, type PointerRow } from '../model/job.ts';
import { EXCEPTIONS_MAX } from '../model/limits.ts';
import { type BucketCounters, type CheckpointRow, type InFlight, NO_COUNTERS } from '../model/lock.ts';
import type { Truth } from '../ports/store.ts';
import { Frontier } from './frontier.ts';

/** Rows may become visible this long after their due time without a LATE pointer; the low-water mark stays behind it, ms. */
export const LATE_WINDOW_MS = 15_000;
/** An attempt running longer than this is named in the checkpoint so that the low-water mark can pass it, ms. */
const LONG_RUNNING_MS = 60_000;
/** Ids remembered to recognise rows read twice: two generations of this length, ms. Longer than the re-read window. */
const RECENT_GENERATION_MS = 20_000;

/** A job in the owner's hands: from the moment it was read until its outcome is durable. */
export interface WorkItem {
  readonly job: JobRow;
  readonly owner: OwnedBucket;
  /** Due time of the row that led here: the low-water mark stays behind it. */
  readonly foundMs: number;
  stage: 'ready' | 'claiming' | 'running' | 'recording' | 'settled';
  /** Attempts used before this one. */
  readonly attemptsUsed: number;
  /** Newest fence known; the attempt's own once claimed. */
  fence: Fence;
  startedMs: number;
  /** How to stop the handler; null while none runs. */
  abort: ((reason: StopReason) => void) | null;
  stopped: StopReason | null;
  /** Pointers that came while it was in hand; judged once it is settled. */
  readonly deferred: PointerRow[];
}

export type StopReason = 'cancelled' | 'timed-out' | 'released' | 'lost';

export const makeItem = (owner: OwnedBucket, job: JobRow, truth: Truth | undefined, foundMs: number): WorkItem => ({
  job,
  owner,
  foundMs,
  stage: 'ready',
  attemptsUsed: attemptsUsed(truth),
  fence: truth?.fence ?? NO_FENCE,
  startedMs: 0,
  abort: null,
  stopped: null,
  deferred: [],
});

/** The attempt's number in its own words. */
export const attemptNumber = (item: WorkItem): number => item.attemptsUsed + 1;
export const nextSequence = (fence: Fence): number => fenceSequence(fence) + 1;

export class OwnedBucket {
  readonly bucket: Bucket;
  readonly token: FencingToken;
  readonly items = new Map<JobId, WorkItem>();
  /** Decided before they were due (cancelled, moved): their rows are passed over. */
  readonly decided = new Set<JobId>();
  /** Attempts of the previous owner that may still finish. */
  readonly foreign = new Map<JobId, InFlight>();
  /** Slots the purge had to leave because a job in them was unfinished. */
  heldSlots: readonly number[];
  jobs: Frontier;
  pointers: Frontier;
  /** Rows due up to here may have been handled by an earlier owner: look at their truth first. */
  verifyToMs: number;
  closedSlot: number;
  auditedSlot: number;
  purgedSlot: number;
  /** No more claims; it is being handed over. */
  leaving = false;
  readonly counters: { -readonly [Name in keyof BucketCounters]: number };
  #recent = new Set<string>();
  #recentBefore = new Set<string>();
  #rotatedMs = 0;

  constructor(bucket: Bucket, token: FencingToken, checkpoint: CheckpointRow | null, nowMs: number) {
    const lowWaterMs = Math.min(checkpoint?.lowWaterMs ?? 0, nowMs);
    this.bucket = bucket;
    this.token = token;
    this.jobs = new Frontier(lowWaterMs);
    this.pointers = new Frontier(lowWaterMs);
    this.verifyToMs = nowMs;
    this.closedSlot = checkpoint?.closedSlot ?? 0;
    this.auditedSlot = checkpoint?.auditedSlot ?? 0;
    this.purgedSlot = checkpoint?.purgedSlot ?? 0;
    this.heldSlots = checkpoint?.heldSlots ?? [];
    this.counters = { ...(checkpoint?.counters ?? NO_COUNTERS) };
  }

  /** True the first time; forgets after two generations. */
  isNew(key: string, nowMs: number): boolean {
    if (nowMs - this.#rotatedMs > RECENT_GENERATION_MS) {
      this.#recentBefore = this.#recent;
      this.#recent = new Set();
      this.#rotatedMs = nowMs;
    }
    if (this.#recent.has(key) || this.#recentBefore.has(key)) return false;
    this.#recent.add(key);
    return true;
  }

  /** Whether it was read lately. */
  isKnown(key: string): boolean {
    return this.#recent.has(key) || this.#recentBefore.has(key) || this.items.has(key as JobId);
  }

  /** Everything due before this is read. */
  readToMs(): number {
    return Math.min(this.jobs.readToMs(), this.pointers.readToMs());
  }

  /** I6: never past a job that is neither settled, nor behind a pointer, nor named in the exceptions. */
  checkpoint(nowMs: number): CheckpointRow {
    const exceptions: JobId[] = [];
    const inFlight: InFlight[] = [...this.foreign.values()];
    let lowWaterMs = Math.min(this.readToMs(), nowMs - LATE_WINDOW_MS);
    for (const item of this.items.values()) {
      const isLong = item.stage === 'running' && nowMs - item.startedMs > LONG_RUNNING_MS;
      if (isLong && exceptions.length < EXCEPTIONS_MAX) exceptions.push(item.job.jobId);
      else lowWaterMs = Math.min(lowWaterMs, item.foundMs);
    }
    return {
      bucket: this.bucket,
      token: this.token,
      atMs: nowMs,
      lowWaterMs,
      exceptions,
      inFlight,
      closedSlot: this.closedSlot,
      auditedSlot: this.auditedSlot,
      purgedSlot: Math.min(this.purgedSlot, slotOf(lowWaterMs)),
      heldSlots: this.heldSlots,
      counters: { ...this.counters },
    };
  }
}
