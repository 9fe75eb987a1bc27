// Walks the slots of a bucket that may hold rows, and the pointers of a slot, page by page.
import { jobPriority, PRIORITIES, type Slot } from '../model/ids.ts';
import type { Partition, PointerRow } from '../model/job.ts';
import { PAGE_ROWS } from '../model/limits.ts';
import type { JobStore, Page, SlotRange } from '../ports/store.ts';

/** Slots asked for at once. */
const SLOTS_PAGE = 100;

/** Ascending, both ends included. */
export async function* scanSlots(store: JobStore, range: Omit<SlotRange, 'limit'>): AsyncGenerator<Slot> {
  for (let { from } = range; ; ) {
    const slots = await store.slotScan({ ...range, from, limit: SLOTS_PAGE });
    yield* slots;
    const last = slots.at(-1);
    if (last === undefined || slots.length < SLOTS_PAGE) return;
    from = (last + 1) as Slot;
  }
}

/** Pages of the pointers of a slot that are due at `fromMs` or later: of all priorities first, which is mostly all there are. */
export async function* scanPointers(
  store: JobStore,
  partition: Partition,
  fromMs: number,
): AsyncGenerator<readonly PointerRow[]> {
  const { bucket, slot } = partition;
  const all = { buckets: [bucket], slot, dueFromMs: fromMs, dueToMs: Number.MAX_SAFE_INTEGER, limit: PAGE_ROWS };
  const first = await store.pointerSweep(all);
  if (first.length > 0) yield first;
  const last = first.at(-1);
  if (last === undefined || first.length < PAGE_ROWS) return;
  const { dueMs, jobId } = last;
  const [reached, ...others] = PRIORITIES.slice(jobPriority(jobId));
  if (reached !== undefined) yield* pointersAfter(store, { ...partition, priority: reached, after: { dueMs, jobId } });
  for (const priority of others)
    yield* pointersAfter(store, { ...partition, priority, after: { dueMs: fromMs, jobId: null } });
}

async function* pointersAfter(
  store: JobStore,
  { after, ...place }: Omit<Page, 'dueToMs' | 'limit'>,
): AsyncGenerator<readonly PointerRow[]> {
  for (let cursor = after; ; ) {
    const limits = { dueToMs: Number.MAX_SAFE_INTEGER, limit: PAGE_ROWS };
    const page = await store.pointerPage({ ...place, after: cursor, ...limits });
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_ROWS) return;
    cursor = { dueMs: last.dueMs, jobId: last.jobId };
  }
}
