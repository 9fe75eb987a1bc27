// Lists jobs, newest due minute first. No index: it walks slots backwards from the farthest due one, in windows that
// double, and stops when the page is full.
import { cursorInvalid } from '../model/errors.ts';
import { allBuckets, type Bucket, type JobId, jobDueMs, parseJobId, type Slot, slotOf } from '../model/ids.ts';
import { type JobState, jobState, type Partition } from '../model/job.ts';
import { DELAY_MAX_MS, PAGE_ROWS } from '../model/limits.ts';
import type { Store } from '../ports/store.ts';
import { mergeSlot, type SlotEntry } from './merge.ts';
import { scanSlots } from './slots.ts';
import { type JobListItem, listItem } from './view.ts';

/** Jobs looked at for one page: a filter that matches little returns what it has, and where to go on. */
const SCANNED_MAX = 50_000;
/** First window, slots. */
const WINDOW_SLOTS = 60;

export interface JobFilter {
  readonly limit: number;
  readonly states?: readonly JobState[];
  readonly types?: readonly string[];
  readonly buckets?: readonly Bucket[];
  /** Due times, ms since the epoch. */
  readonly sinceMs?: number;
  readonly untilMs?: number;
  /** Of the page before. */
  readonly next?: string;
}

export interface JobPage {
  readonly items: readonly JobListItem[];
  /** Opaque; null when there is no more. */
  readonly next: string | null;
}

export const jobList = async (store: Store, nowMs: number, filter: JobFilter): Promise<JobPage> => {
  const start = filter.next === undefined ? null : parseCursor(filter.next);
  const items: JobListItem[] = [];
  let scanned = 0;
  for await (const partition of partitionsBackwards(store, nowMs, { ...filter, start })) {
    const after = start !== null && isSame(partition, start) ? start.after : null;
    let batch: SlotEntry[] = [];
    for await (const entry of mergeSlot(store, partition, after)) {
      scanned += 1;
      if (isWanted(entry, filter)) batch.push(entry);
      if (items.length + batch.length < filter.limit && batch.length < PAGE_ROWS && scanned < SCANNED_MAX) continue;
      items.push(...(await readItems(store, batch, filter)));
      batch = [];
      if (items.length >= filter.limit || scanned >= SCANNED_MAX) {
        return { items: newestFirst(items), next: formatCursor({ ...partition, after: entry.jobId }) };
      }
    }
    items.push(...(await readItems(store, batch, filter)));
  }
  return { items: newestFirst(items), next: null };
};

interface Start extends Partition {
  readonly after: JobId;
}

async function* partitionsBackwards(
  store: Store,
  nowMs: number,
  { sinceMs = 0, untilMs = nowMs + DELAY_MAX_MS, buckets, start }: JobFilter & { readonly start: Start | null },
): AsyncGenerator<Partition> {
  const all = buckets ?? allBuckets(store.bucketCount);
  const first = slotOf(sinceMs);
  let to = start === null ? slotOf(untilMs) : start.slot;
  let from = Math.max(first, Math.min(to, slotOf(nowMs)) - WINDOW_SLOTS);
  for (let span = WINDOW_SLOTS; to >= first; span *= 2) {
    const partitions = await partitionsBetween(store, all, { from: from as Slot, to });
    for (const partition of partitions) if (start === null || !isBefore(partition, start)) yield partition;
    to = (from - 1) as Slot;
    from = Math.max(first, to - 2 * span);
  }
}

/** Newest slot first, by bucket within a slot. */
const partitionsBetween = async (
  store: Store,
  buckets: readonly Bucket[],
  range: { readonly from: Slot; readonly to: Slot },
): Promise<readonly Partition[]> => {
  const partitions: Partition[] = [];
  for (const bucket of buckets) {
    for await (const slot of scanSlots(store, { bucket, ...range, isForPeople: true }))
      partitions.push({ bucket, slot });
  }
  return partitions.sort((left, right) => right.slot - left.slot || left.bucket - right.bucket);
};

/** What can be told without reading the job's row. */
const isWanted = ({ jobId, truth }: SlotEntry, { states, sinceMs = 0, untilMs }: JobFilter): boolean => {
  const dueMs = jobDueMs(jobId);
  if (dueMs < sinceMs || (untilMs !== undefined && dueMs > untilMs)) return false;
  return states === undefined || states.includes(jobState(truth));
};

const isBefore = (partition: Partition, start: Partition): boolean =>
  partition.slot > start.slot || (partition.slot === start.slot && partition.bucket < start.bucket);

const isSame = (partition: Partition, start: Partition): boolean =>
  partition.slot === start.slot && partition.bucket === start.bucket;

const readItems = async (
  store: Store,
  entries: readonly SlotEntry[],
  { types }: JobFilter,
): Promise<readonly JobListItem[]> => {
  if (entries.length === 0) return [];
  const jobs = await store.jobGet(entries.map(({ jobId }) => jobId));
  return entries.flatMap(({ jobId, truth }) => {
    const job = jobs.get(jobId);
    return job === undefined || types?.includes(job.type) === false ? [] : [listItem(job, truth)];
  });
};

/** Within a page; pages themselves go by due minute. */
const newestFirst = (items: readonly JobListItem[]): readonly JobListItem[] =>
  items.toSorted(
    (left, right) => right.dueAt.localeCompare(left.dueAt) || right.createdAt.localeCompare(left.createdAt),
  );

const formatCursor = ({ slot, bucket, after }: Start): string => `${slot}.${bucket}.${after}`;

const parseCursor = (text: string): Start => {
  const [, slot, bucket, after = ''] = /^(\d+)\.(\d+)\.(\w+)$/.exec(text) ?? [];
  if (slot === undefined) throw cursorInvalid(text);
  return { slot: Number(slot) as Slot, bucket: Number(bucket) as Bucket, after: parseJobId(after) };
};
