// Rows of jobs that finished long ago, written straight through the store's port as workers would have left them: the job and
// its succeeded attempt, in slots behind the low-water mark, closed and audited. A million runs would take an hour.

import type { FencingToken } from '../core/model/ids.ts';
import {
  allBuckets,
  type Bucket,
  type JobId,
  makeFence,
  makeJobId,
  SLOT_MS,
  type Slot,
  slotOf,
  slotStartMs,
} from '../core/model/ids.ts';
import { JOB_DEFAULTS } from '../core/model/job.ts';
import { MUTATION_ROWS_MAX } from '../core/model/limits.ts';
import { NO_COUNTERS } from '../core/model/lock.ts';
import type { Store } from '../core/ports/store.ts';
import { systemRandom } from '../platform/random.ts';

/** A job and its attempt are two rows of one mutation, which fills one slot of one bucket. */
const JOBS_PER_SLOT = MUTATION_ROWS_MAX / 2;
/** Mutations in flight. */
const WRITERS = 8;
const TRIES_MAX = 5;
/** One in so many is read back. */
const SAMPLE_EVERY = 1_000;
/** Slots this close to the present are left to real runs: workers audit them ten minutes after their end. */
const SLOTS_APART = 15;
const FIRST_TOKEN = 1 as FencingToken;
const FIRST_FENCE = makeFence(FIRST_TOKEN, 1);

/** How far back so many jobs reach, ms: the store must be at least as old. */
export const ageOf = (jobs: number, buckets: number): number => (SLOTS_APART + slotsFor(jobs, buckets) + 1) * SLOT_MS;

const slotsFor = (jobs: number, buckets: number): number => Math.ceil(jobs / (JOBS_PER_SLOT * buckets));

export interface Fill {
  readonly jobs: number;
  readonly nowMs: number;
  readonly signal: AbortSignal;
  /** Checkpoints say so, as workers leave them. Without, the next owner looks through all of it. Default: yes. */
  readonly isSettled?: boolean;
  /** Jobs written so far. */
  readonly progress: (jobs: number) => void;
}

/** Throws when a sample of what was written is not there. */
export const writeFinished = async (
  store: Store,
  { jobs, nowMs, signal, isSettled = true, progress }: Fill,
): Promise<void> => {
  const last = slotOf(nowMs) - SLOTS_APART;
  const places = function* (): Generator<{ readonly bucket: Bucket; readonly slot: Slot; readonly count: number }> {
    let left = jobs;
    for (let slot = last; left > 0; slot -= 1) {
      for (const bucket of allBuckets(store.bucketCount)) {
        const count = Math.min(left, JOBS_PER_SLOT);
        if (count > 0) yield { bucket, slot: slot as Slot, count };
        left -= count;
      }
    }
  };
  const queue = places();
  const sample: JobId[] = [];
  let written = 0;
  const writer = async (): Promise<void> => {
    for (const { bucket, slot, count } of queue) {
      signal.throwIfAborted();
      const ids = Array.from({ length: count }, (_, index) => jobAt(bucket, slot, index));
      await writeSlot(store, { bucket, slot, ids });
      if (Math.floor((written + count) / SAMPLE_EVERY) > Math.floor(written / SAMPLE_EVERY))
        sample.push(...ids.slice(0, 1));
      written += count;
      progress(written);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  if (isSettled) await writeCheckpoints(store, (last + 1) as Slot);
  const truths = await store.truthGet(sample);
  const missing = sample.filter((id) => truths.get(id)?.state !== 'succeeded');
  if (missing.length > 0) throw new Error(`${missing.length} of ${sample.length} jobs that were written are not there`);
};

const writeCheckpoints = async (store: Store, slot: Slot): Promise<void> => {
  const lowWaterMs = slotStartMs(slot);
  for (const bucket of allBuckets(store.bucketCount)) {
    await store.checkpointWrite({
      ...{ bucket, token: FIRST_TOKEN, atMs: lowWaterMs, lowWaterMs, exceptions: [], inFlight: [] },
      ...{ closedSlot: slot, auditedSlot: slot, purgedSlot: 0, heldSlots: [], counters: NO_COUNTERS },
    });
  }
};

const jobAt = (bucket: Bucket, slot: Slot, index: number): JobId => {
  const dueMs = slotStartMs(slot) + Math.floor((index * SLOT_MS) / JOBS_PER_SLOT);
  return makeJobId({ bucket, priority: JOB_DEFAULTS.priority, dueMs }, systemRandom);
};

const writeSlot = async (
  store: Store,
  { bucket, slot, ids }: { readonly bucket: Bucket; readonly slot: Slot; readonly ids: readonly JobId[] },
): Promise<void> => {
  const createdMs = slotStartMs(slot);
  const jobs = ids.map((jobId) => ({
    jobId,
    queue: JOB_DEFAULTS.queue,
    type: 'noop',
    payload: '{}',
    spec: {},
    createdMs,
  }));
  const attempts = ids.map((jobId) => ({
    ...{ jobId, fence: FIRST_FENCE, attempt: 1, state: 'succeeded' as const, worker: 'cost-1' },
    ...{ startedMs: createdMs, endedMs: createdMs, nextDueMs: null, error: null, result: null },
  }));
  for (let tried = 1; ; tried += 1) {
    try {
      return await store.append({ bucket, slot, jobs, attempts });
    } catch (error) {
      if (tried >= TRIES_MAX) throw error; // nodes that flush may be late; the rows are the same again
    }
  }
};
