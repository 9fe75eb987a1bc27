// The jobs of one slot with their truths: two scans in the same order, merged page by page.
import type { JobId } from '../model/ids.ts';
import { jobDueMs, jobPriority } from '../model/ids.ts';
import type { Partition } from '../model/job.ts';
import { PAGE_ROWS } from '../model/limits.ts';
import type { JobStore, Truth } from '../ports/store.ts';

export interface SlotEntry {
  readonly jobId: JobId;
  readonly truth: Truth | undefined;
}

/**
 * Every job row of the slot after `start`, by (priority, due, id). A page of jobs is read before the truths that go with it: a job that
 * is started meanwhile has a truth here, one without was not attempted when its row was read.
 */
export async function* mergeSlot(
  store: JobStore,
  partition: Partition,
  start: JobId | null = null,
): AsyncGenerator<SlotEntry> {
  let after = start;
  for (;;) {
    const jobs: readonly JobId[] = await store.jobScan({ ...partition, after, limit: PAGE_ROWS });
    const last = jobs.at(-1);
    if (last === undefined) return;
    const truths = await truthsUpTo(store, partition, after, last);
    for (const jobId of jobs) yield { jobId, truth: truths.get(jobId) };
    if (jobs.length < PAGE_ROWS) return;
    after = last;
  }
}

const truthsUpTo = async (
  store: JobStore,
  partition: Partition,
  from: JobId | null,
  last: JobId,
): Promise<ReadonlyMap<JobId, Truth>> => {
  const truths = new Map<JobId, Truth>();
  let after = from;
  for (;;) {
    const page: readonly Truth[] = await store.truthScan({ ...partition, after, limit: PAGE_ROWS });
    for (const truth of page) truths.set(truth.jobId, truth);
    const end = page.at(-1);
    if (end === undefined || page.length < PAGE_ROWS || isPast(end.jobId, last)) return truths;
    after = end.jobId;
  }
};

/** Ids of equal due time come in the store's own order: only a later time is certainly past. */
const isPast = (id: JobId, other: JobId): boolean =>
  jobPriority(id) > jobPriority(other) || (jobPriority(id) === jobPriority(other) && jobDueMs(id) > jobDueMs(other));
