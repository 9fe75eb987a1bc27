// Walks the slots of a bucket that may hold rows, and the pointers of a slot, page by page.
import { PRIORITIES, type Slot } from '../model/ids.ts';
import type { Partition, PointerRow } from '../model/job.ts';
import { PAGE_ROWS } from '../model/limits.ts';
import type { Cursor, JobStore, SlotRange } from '../ports/store.ts';

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

/** Pages of the pointers of a slot that are due at `fromMs` or later. */
export async function* scanPointers(
  store: JobStore,
  partition: Partition,
  fromMs: number,
): AsyncGenerator<readonly PointerRow[]> {
  for (const priority of PRIORITIES) {
    let after: Cursor = { dueMs: fromMs, jobId: null };
    for (;;) {
      const limits = { dueToMs: Number.MAX_SAFE_INTEGER, limit: PAGE_ROWS };
      const page: readonly PointerRow[] = await store.pointerPage({ ...partition, priority, after, ...limits });
      if (page.length > 0) yield page;
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE_ROWS) break;
      after = { dueMs: last.dueMs, jobId: last.jobId };
    }
  }
}
