// Looks through everything that is kept for unfinished jobs that nothing leads to any more (I6), and mends them. The auditor
// does so for slots that have just ended; this is for an operator who wants to know, or who restored a backup.
//
// A job whose own row lies behind its bucket's low-water mark is not read again. So it has ended, or the checkpoint names it, or
// a pointer from the mark on leads to it; otherwise it is stranded. Whatever happens to a job while this looks is written
// after a pointer that comes later than the mark, so the order of reading is all: checkpoint, jobs, pointers, and once more
// the jobs that are left.
import { type Bucket, type JobId, jobDueMs, jobSlot, NO_FENCE, type Slot, slotOf } from '../model/ids.ts';
import { isTerminal, isWaiting, type JobState, jobState, type PointerRow } from '../model/job.ts';
import { DELAY_MAX_MS, PAGE_ROWS } from '../model/limits.ts';
import type { CheckpointRow } from '../model/lock.ts';
import { isoTime } from '../model/time.ts';
import type { Store, Truth } from '../ports/store.ts';
import { packRows } from '../worker/mutations.ts';
import { mergeSlot } from './merge.ts';
import { scanPointers, scanSlots } from './slots.ts';

/** Unfinished jobs that are compared with the pointers at once: what is kept in memory. */
const SUSPECTS_MAX = 10_000;
/** Stranded jobs that are named, each bucket; more are counted. */
const NAMED_MAX = 1_000;

export interface Stranded {
  readonly id: JobId;
  readonly state: JobState;
  readonly dueAt: string;
}

export interface FsckView {
  readonly bucket: Bucket;
  /** Jobs behind the low-water mark. */
  readonly jobs: number;
  /** Of them without an outcome. */
  readonly unfinished: number;
  /** Of them that nothing leads to: they would wait for ever. */
  readonly strandedCount: number;
  readonly stranded: readonly Stranded[];
  /** Stranded ones that got a pointer; a worker that owns the bucket runs them. */
  readonly repaired: number;
}

export interface FsckOptions {
  readonly repair: boolean;
  readonly nowMs: number;
}

type Suspects = Map<JobId, Truth | undefined>;

export const fsckBucket = async (store: Store, bucket: Bucket, options: FsckOptions): Promise<FsckView> => {
  const checkpoint = await store.checkpointGet(bucket);
  const counts = { jobs: 0, unfinished: 0, strandedCount: 0, repaired: 0 };
  const stranded: Stranded[] = [];
  if (checkpoint === null) return { bucket, ...counts, stranded }; // nobody ever read it: everything is still ahead
  const settle = async (suspects: Suspects): Promise<void> => {
    await knockOutNamed(store, checkpoint, suspects);
    await knockOutChanged(store, suspects);
    counts.strandedCount += suspects.size;
    for (const [id, truth] of suspects) if (stranded.length < NAMED_MAX) stranded.push(strandedView(id, truth));
    if (options.repair) counts.repaired += await repair(store, suspects, options.nowMs);
    suspects.clear();
  };

  const suspects: Suspects = new Map();
  const range = { bucket, from: 0 as Slot, to: slotOf(checkpoint.lowWaterMs) };
  for await (const slot of scanSlots(store, range)) {
    for await (const { jobId, truth } of mergeSlot(store, { bucket, slot })) {
      if (jobDueMs(jobId) >= checkpoint.lowWaterMs) continue;
      counts.jobs += 1;
      if (truth !== undefined && isTerminal(truth.state)) continue;
      counts.unfinished += 1;
      if (isSuspect(checkpoint, jobId, truth)) suspects.set(jobId, truth);
      if (suspects.size >= SUSPECTS_MAX) await settle(suspects);
    }
  }
  if (suspects.size > 0) await settle(suspects);
  return { bucket, ...counts, stranded };
};

const isSuspect = ({ exceptions, inFlight, auditedSlot }: CheckpointRow, id: JobId, truth: Truth | undefined) =>
  // Rows that came late are found when their slot is audited, ten minutes after its end.
  !(truth === undefined && jobSlot(id) >= auditedSlot) &&
  !exceptions.includes(id) &&
  !inFlight.some(({ jobId }) => jobId === id);

/** Pointers from the low-water mark on, however far ahead. */
const knockOutNamed = async (
  store: Store,
  { bucket, lowWaterMs }: CheckpointRow,
  suspects: Suspects,
): Promise<void> => {
  const range = { bucket, from: slotOf(lowWaterMs), to: slotOf(lowWaterMs + DELAY_MAX_MS) };
  for await (const slot of scanSlots(store, range)) {
    for await (const pointers of scanPointers(store, { bucket, slot }, lowWaterMs)) {
      const leading = pointers.filter((each) => suspects.has(each.jobId) && leadsTo(each, suspects.get(each.jobId)));
      for (const { jobId } of leading) suspects.delete(jobId);
    }
  }
};

/** A running attempt was led to by a pointer to the one before; a waiting job is run by one that names its truth. */
const leadsTo = ({ fence }: PointerRow, truth: Truth | undefined): boolean =>
  truth === undefined || !isWaiting(truth.state) || truth.fence === fence;

const knockOutChanged = async (store: Store, suspects: Suspects): Promise<void> => {
  const ids = [...suspects.keys()];
  for (let from = 0; from < ids.length; from += PAGE_ROWS) {
    const page = ids.slice(from, from + PAGE_ROWS);
    const truths = await store.truthGet(page);
    for (const id of page) if (truths.get(id)?.fence !== suspects.get(id)?.fence) suspects.delete(id);
  }
};

const strandedView = (id: JobId, truth: Truth | undefined): Stranded => ({
  ...{ id, state: jobState(truth), dueAt: isoTime(truth?.nextDueMs ?? jobDueMs(id)) },
});

/** The pointer that should have been there. For an attempt whose worker is gone it leads to its being declared lost. */
const repair = async (store: Store, suspects: Suspects, nowMs: number): Promise<number> => {
  const pointers = [...suspects].map(([jobId, truth]): PointerRow => {
    const [fence, op] = truth === undefined ? ([NO_FENCE, 'late'] as const) : ([truth.fence, 'retry'] as const);
    return { dueMs: nowMs, jobId, fence, op, targetMs: null };
  });
  for (const mutation of packRows([], pointers)) await store.append({ ...mutation, hint: true });
  return pointers.length;
};
