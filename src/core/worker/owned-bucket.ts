// What an owner keeps in memory of one bucket: how far it has read, the jobs it holds, and its progress for the checkpoint.

import type { DeadLetterKey } from '../model/dead-letter.ts';
import type { Bucket, Fence, FencingToken, JobId, SessionId, Slot } from '../model/ids.ts';
import { fenceSequence, jobSlot, NO_FENCE, slotOf, slotStartMs } from '../model/ids.ts';
import { type AttemptState, attemptsUsed, type JobRow, type PointerRow } from '../model/job.ts';
import { EXCEPTIONS_MAX } from '../model/limits.ts';
import { type BucketCounters, type CheckpointRow, type InFlight, NO_COUNTERS } from '../model/lock.ts';
import type { Truth } from '../ports/store.ts';
import { Frontier } from './frontier.ts';

/** The low-water mark stays so far behind the present, ms: re-reads, and reading after a pause, look back as far. */
export const LATE_WINDOW_MS = 15_000;
/** An attempt running longer than this is named in the checkpoint so that the low-water mark can pass it, ms. */
const LONG_RUNNING_MS = 60_000;
/** An earlier owner whose clock ran ahead may have run jobs due this much later than the present, ms. */
const VERIFY_AHEAD_MS = 5_000;
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
  /** Pointers that came while its outcome was being written; judged once it is settled. */
  readonly deferred: PointerRow[];
  /** The dead letter it is replayed from: deleted once it is claimed. */
  readonly deadLetter: DeadLetterKey | null;
}

export type StopReason = 'cancelled' | 'timed-out' | 'released' | 'lost';

export interface Found {
  readonly owner: OwnedBucket;
  readonly job: JobRow;
  readonly truth: Truth | undefined;
  readonly foundMs: number;
  /** Set by a replay: attempts are counted from the start again. */
  readonly deadLetter?: DeadLetterKey | null;
}

export const makeItem = ({ owner, job, truth, foundMs, deadLetter }: Found): WorkItem => ({
  job,
  owner,
  foundMs,
  stage: 'ready',
  attemptsUsed: deadLetter === undefined ? attemptsUsed(truth) : 0,
  fence: truth?.fence ?? NO_FENCE,
  startedMs: 0,
  abort: null,
  stopped: null,
  deferred: [],
  deadLetter: deadLetter ?? null,
});

/** The attempt's number in its own words. */
export const attemptNumber = (item: WorkItem): number => item.attemptsUsed + 1;
export const nextSequence = (fence: Fence): number => fenceSequence(fence) + 1;

/** The counter that each state of an attempt row moves. */
const COUNTER_OF: Readonly<Record<AttemptState, keyof BucketCounters | null>> = {
  running: 'started',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'cancelled',
  dead: 'dead',
  retrying: 'retried',
  lost: 'lost',
  snoozed: null,
  released: null,
  rescheduled: null,
};

export class OwnedBucket {
  readonly bucket: Bucket;
  readonly token: FencingToken;
  readonly items = new Map<JobId, WorkItem>();
  /** In hand or decided by a pointer (run late, cancelled, moved) before their own rows were read: those are passed over. */
  readonly decided = new Set<JobId>();
  /** Attempts of the previous owner that may still finish. */
  readonly foreign = new Map<JobId, InFlight>();
  /** Pointers that came while their job was in hand and are still to be judged: the low-water mark stays behind them. */
  readonly unjudged = new Set<PointerRow>();
  /** Slots the purge had to leave because a job in them was unfinished. */
  heldSlots: readonly number[];
  jobs: Frontier;
  pointers: Frontier;
  /** Rows due up to here may have been handled before, and be forgotten: their truth is looked at first. */
  verifyToMs: number;
  closedSlot: number;
  auditedSlot: number;
  purgedSlot: number;
  /** Jobs may be taken in hand: from the end of the takeover to the beginning of the hand-over. */
  isOpen = false;
  readonly counters: { -readonly [Name in keyof BucketCounters]: number };
  /** Up to where rows had been read when the hand-over began. */
  #closedAtMs = Number.POSITIVE_INFINITY;
  #recent = new Set<string>();
  #recentBefore = new Set<string>();
  #rotatedMs = 0;
  #admission: Promise<unknown> = Promise.resolve();
  #writes = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(bucket: Bucket, token: FencingToken, checkpoint: CheckpointRow | null, nowMs: number) {
    const lowWaterMs = Math.min(checkpoint?.lowWaterMs ?? 0, nowMs);
    this.bucket = bucket;
    this.token = token;
    this.jobs = new Frontier(lowWaterMs);
    this.pointers = new Frontier(lowWaterMs);
    this.verifyToMs = nowMs + VERIFY_AHEAD_MS;
    this.closedSlot = checkpoint?.closedSlot ?? 0;
    this.auditedSlot = checkpoint?.auditedSlot ?? 0;
    this.purgedSlot = checkpoint?.purgedSlot ?? 0;
    this.heldSlots = checkpoint?.heldSlots ?? [];
    this.counters = { ...(checkpoint?.counters ?? NO_COUNTERS) };
  }

  /** Notes a row that was read; forgotten after two generations. */
  remember(key: string, nowMs: number): void {
    if (nowMs - this.#rotatedMs > RECENT_GENERATION_MS) {
      this.#recentBefore = this.#recent;
      this.#recent = new Set();
      this.#rotatedMs = nowMs;
    }
    this.#recent.add(key);
  }

  /** Whether it was read lately. */
  isKnown(key: string): boolean {
    return this.#recent.has(key) || this.#recentBefore.has(key) || this.items.has(key as JobId);
  }

  /** Pages are read that may go on for longer than ids are remembered. */
  verifyTo(dueMs: number): void {
    this.verifyToMs = Math.max(this.verifyToMs, dueMs);
  }

  /** One at a time: whoever takes jobs in hand must not be overtaken between reading a truth and acting on it. */
  exclusive<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#admission.then(work);
    this.#admission = result.catch(() => {});
    return result;
  }

  /** A claim or an outcome of this bucket is being written. */
  writeBegins(): void {
    this.#writes += 1;
  }

  writeEnds(): void {
    this.#writes -= 1;
    if (this.#writes > 0) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Resolves when nothing is being written. */
  async writesDone(): Promise<void> {
    if (this.#writes > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  count(state: AttemptState): void {
    const name = COUNTER_OF[state];
    if (name !== null) this.counters[name] += 1;
  }

  /** Every job row of the slots before was compared with its truth: a gap in them is closed, but not one in the pointers. */
  closedTo(slot: number): void {
    this.closedSlot = slot;
    // One slot longer than it is open: its last rows are still re-read, and their ids may be forgotten by then.
    for (const id of this.decided) if (jobSlot(id) < slot - 1) this.decided.delete(id);
    this.jobs.lookedToMs = Math.max(this.jobs.lookedToMs, slotStartMs(slot as Slot));
  }

  /** The hand-over begins. A round of reading that is under way goes on, but what it finds is not taken in hand any more. */
  close(): void {
    this.isOpen = false;
    this.#closedAtMs = this.#lookedToMs();
  }

  /** Everything due before this is read. */
  readToMs(): number {
    return Math.min(this.jobs.readToMs(), this.pointers.readToMs());
  }

  /** Everything due before this is read, and what became visible late was looked for. */
  #lookedToMs(): number {
    return Math.min(this.readToMs(), this.jobs.lookedToMs, this.pointers.lookedToMs);
  }

  /**
   * I6: never past a job that is neither settled, nor behind a pointer, nor named. At a hand-over, `leaving` is the
   * session under which running attempts go on.
   */
  checkpoint(nowMs: number, leaving: SessionId | null = null): CheckpointRow {
    const exceptions: JobId[] = [];
    const inFlight: InFlight[] = [...this.foreign.values()];
    let lowWaterMs = Math.min(this.#lookedToMs(), this.#closedAtMs, nowMs - LATE_WINDOW_MS);
    for (const { dueMs } of this.unjudged) lowWaterMs = Math.min(lowWaterMs, dueMs);
    for (const item of this.items.values()) {
      if (leaving !== null && item.stage === 'running') {
        inFlight.push({ jobId: item.job.jobId, fence: item.fence, session: leaving });
        continue;
      }
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
