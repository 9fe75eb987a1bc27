// Walks the slots of a bucket that may hold rows, page by page.
import type { Bucket, Slot } from '../model/ids.ts';
import type { JobStore } from '../ports/store.ts';

/** Slots asked for at once. */
const SLOTS_PAGE = 100;

/** Ascending, both ends included. */
export async function* scanSlots(
  store: JobStore,
  range: { readonly bucket: Bucket; readonly from: Slot; readonly to: Slot },
): AsyncGenerator<Slot> {
  for (let { from } = range; ; ) {
    const slots = await store.slotScan({ ...range, from, limit: SLOTS_PAGE });
    yield* slots;
    const last = slots.at(-1);
    if (last === undefined || slots.length < SLOTS_PAGE) return;
    from = (last + 1) as Slot;
  }
}
