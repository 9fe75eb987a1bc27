// What a bucket holds and who owns it, for people. Read off the lock, the checkpoint and the rows from its low-water mark
// on; the count stops at a limit and says so.
import { type LockLook, looksOf } from '../lock/lock-view.ts';
import { allBuckets, type Bucket, jobSlot, type SessionId, type Slot, slotOf } from '../model/ids.ts';
import { isTerminal, isWaiting, jobState } from '../model/job.ts';
import { DELAY_MAX_MS, PAGE_ROWS } from '../model/limits.ts';
import { type BucketCounters, bucketLockName, NO_COUNTERS, type SessionRow } from '../model/lock.ts';
import { isoTime, isoTimeOrNull } from '../model/time.ts';
import type { Store, Truth } from '../ports/store.ts';
import { mergeSlot } from './merge.ts';
import { scanSlots } from './slots.ts';
import { nextDueMs } from './view.ts';

/** Jobs and pointers looked at to count one bucket. */
const COUNTED_MAX = 10_000;

export interface BucketView {
  readonly bucket: Bucket;
  /** Name of the worker that holds the lock, null when nobody does. */
  readonly owner: string | null;
  readonly session: SessionId | null;
  /** Fencing token of the last acquisition. */
  readonly token: number | null;
  /** Jobs without an outcome: waiting, due or running. */
  readonly depth: number;
  /** False: there are more than were counted. */
  readonly depthExact: boolean;
  readonly running: number;
  /** Waiting after an attempt that failed or was lost. */
  readonly retrying: number;
  /** Due time of the job that has waited longest. */
  readonly oldestDueAt: string | null;
  /** Everything due before is settled; null until the owner has read anything. */
  readonly lowWaterAt: string | null;
  readonly counters: BucketCounters;
}

export const bucketList = async (
  store: Store,
  nowMs: number,
  buckets?: readonly Bucket[],
): Promise<readonly BucketView[]> => {
  const all = buckets ?? allBuckets(store.bucketCount);
  const owners = await bucketOwners(store, all);
  return Promise.all(all.map((bucket) => bucketView(store, nowMs, { bucket, owner: owners.get(bucket) })));
};

/** Who holds the lock of a bucket under a session that has not ended. Without those that nobody ever owned. */
export const bucketOwners = async (
  store: Store,
  buckets: readonly Bucket[],
): Promise<ReadonlyMap<Bucket, LockLook>> => {
  const locks = await Promise.all(buckets.map((bucket) => store.lockGet(bucketLockName(bucket))));
  const owned = buckets.flatMap((bucket, index) => {
    const lock = locks[index];
    return lock ? [{ bucket, lock }] : [];
  });
  const looks = await looksOf(
    store,
    owned.map(({ lock }) => lock),
  );
  return new Map(owned.flatMap(({ bucket }, index) => (looks[index] ? [[bucket, looks[index]]] : [])));
};

/** The session that owns a bucket; null when none does. */
export const bucketSession = async (store: Store, bucket: Bucket): Promise<SessionRow | null> =>
  (await bucketOwners(store, [bucket])).get(bucket)?.session ?? null;

const bucketView = async (
  store: Store,
  nowMs: number,
  { bucket, owner }: { readonly bucket: Bucket; readonly owner: LockLook | undefined },
): Promise<BucketView> => {
  const { lock = null, session = null } = owner ?? {};
  const checkpoint = await store.checkpointGet(bucket);
  const count = await countUnfinished(store, nowMs, { bucket, fromMs: checkpoint?.lowWaterMs ?? 0 });
  return {
    bucket,
    owner: session === null ? null : (lock?.note ?? null),
    session: session?.id ?? null,
    token: lock?.token ?? null,
    ...count,
    lowWaterAt: isoTimeOrNull(checkpoint?.lowWaterMs || null),
    counters: checkpoint?.counters ?? NO_COUNTERS,
  };
};

type Count = Pick<BucketView, 'depth' | 'depthExact' | 'running' | 'retrying' | 'oldestDueAt'>;

const countUnfinished = async (
  store: Store,
  nowMs: number,
  { bucket, fromMs }: { readonly bucket: Bucket; readonly fromMs: number },
): Promise<Count> => {
  let [depth, running, retrying, looked, oldestMs] = [0, 0, 0, 0, Number.POSITIVE_INFINITY];
  const add = (truth: Truth | undefined, dueMs: number | null): void => {
    depth += 1;
    const state = jobState(truth);
    if (state === 'running') running += 1;
    if (state === 'retrying') retrying += 1;
    if (dueMs !== null) oldestMs = Math.min(oldestMs, dueMs);
  };
  const first = slotOf(fromMs);
  const range = { bucket, from: first, to: slotOf(nowMs + DELAY_MAX_MS), isForPeople: true } as const;
  for await (const slot of scanSlots(store, range)) {
    for await (const { jobId, truth } of mergeSlot(store, { bucket, slot })) {
      looked += 1;
      if (truth === undefined || !isTerminal(truth.state)) add(truth, nextDueMs(jobId, truth));
      if (looked >= COUNTED_MAX) break;
    }
    for (const truth of await waitingElsewhere(store, { bucket, slot, first })) add(truth, truth.nextDueMs);
    if (looked >= COUNTED_MAX) break;
  }
  const oldestDueAt = oldestMs <= nowMs ? isoTime(oldestMs) : null;
  return { depth, depthExact: looked < COUNTED_MAX, running, retrying, oldestDueAt };
};

/** Jobs of slots before the low-water mark that a pointer of this slot leads to. */
const waitingElsewhere = async (
  store: Store,
  { bucket, slot, first }: { readonly bucket: Bucket; readonly slot: Slot; readonly first: Slot },
): Promise<readonly Truth[]> => {
  const sweep = { buckets: [bucket], slot, dueFromMs: 0, dueToMs: Number.MAX_SAFE_INTEGER, limit: PAGE_ROWS };
  const pointers = (await store.pointerSweep(sweep)).filter(
    ({ jobId, op }) => op === 'retry' && jobSlot(jobId) < first,
  );
  const truths = await store.truthGet([...new Set(pointers.map(({ jobId }) => jobId))]);
  return pointers.flatMap(({ jobId, fence }) => {
    const truth = truths.get(jobId);
    return truth !== undefined && truth.fence === fence && isWaiting(truth.state) ? [truth] : [];
  });
};
