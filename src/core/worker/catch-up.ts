// Buckets that are behind are read page by page, several at a time, urgent priorities first. Where that is a slot or two, as
// after most takeovers, a slot is looked at as a whole before: ten priorities are seldom more than one page.
import { PRIORITIES, slotOf, slotStartMs } from '../model/ids.ts';
import { PAGE_ROWS } from '../model/limits.ts';
import type { Cursor, Page, Store } from '../ports/store.ts';
import { slotEndMs } from './frontier.ts';
import type { OwnedBucket } from './owned-bucket.ts';
import { type Keyed, placeOf, type Table } from './tables.ts';

/** Buckets read at the same time: each page waits for an answer. */
const AT_ONCE = 8;
/** Looked at as a whole are at most so many slots, and so many rows of each: an urgent job of a later one waits for these. */
const WHOLE_SLOTS_MAX = 3;
const WHOLE_ROWS_MAX = 100;

export interface Span {
  readonly toMsOf: (owner: OwnedBucket) => number;
  /** Rows that may still be read. */
  readonly room: () => number;
}

/** Ends at the present, or when there is no room any more: the next call goes on from there. */
export const catchUp = async <Row extends Keyed>(
  store: Store,
  table: Table<Row>,
  owners: readonly OwnedBucket[],
  { toMsOf, room }: Span,
): Promise<void> => {
  const next = owners.values();
  // What is left is shared by those that read at the same time.
  const share = (): number => Math.ceil(room() / AT_ONCE);
  const lane = async (): Promise<void> => {
    for (const owner of next) await readBehind({ store, table, owner, toMs: toMsOf(owner), room: share });
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
};

interface Reading<Row extends Keyed> {
  readonly store: Store;
  readonly table: Table<Row>;
  readonly owner: OwnedBucket;
  readonly toMs: number;
  readonly room: () => number;
}

const readBehind = async <Row extends Keyed>(reading: Reading<Row>): Promise<void> => {
  const { table, owner, toMs, room } = reading;
  const frontier = table.frontier(owner);
  await readWhole(reading);
  const cursors = frontier.behind;
  if (cursors === null) return;
  for (const priority of PRIORITIES) {
    for (let cursor = cursors[priority]; cursor !== undefined && cursor.dueMs <= toMs; cursor = cursors[priority]) {
      const left = room();
      if (left <= 0) return;
      cursors[priority] = await readPage(reading, { priority, after: cursor, limit: Math.min(PAGE_ROWS, left) });
    }
  }
  frontier.catchUp(toMs);
};

/** As long as no priority is ahead of another, and few slots may hold rows. One that holds many is left to be paged. */
const readWhole = async <Row extends Keyed>({ store, table, owner, toMs, room }: Reading<Row>): Promise<void> => {
  const frontier = table.frontier(owner);
  const { bucket } = owner;
  let fromMs = frontier.evenMs;
  if (fromMs === null || fromMs > toMs || room() <= 0) return;
  const [from, to] = [slotOf(fromMs), slotOf(toMs)];
  const slots = await store.slotScan({ bucket, from, to, limit: WHOLE_SLOTS_MAX + 1 });
  if (slots.length > WHOLE_SLOTS_MAX) return;
  for (const slot of slots) {
    const limit = Math.min(WHOLE_ROWS_MAX, room());
    if (limit <= 0) return;
    const [dueFromMs, dueToMs] = [Math.max(fromMs, slotStartMs(slot)), Math.min(toMs, slotEndMs(slot))];
    const rows = await table.sweep({ buckets: [bucket], slot, dueFromMs, dueToMs, limit });
    if (rows.length > 0) await table.admit(owner, rows);
    const last = rows.at(-1);
    frontier.readUpTo(dueFromMs, dueToMs, last === undefined || rows.length < limit ? null : placeOf(table, last));
    fromMs = frontier.evenMs;
    if (fromMs === null) return;
  }
  frontier.readUpTo(fromMs, toMs, null);
};

/** The next page of one priority from the next slot that may hold rows; returns where to go on. */
const readPage = async <Row extends Keyed>(
  { store, table, owner, toMs }: Reading<Row>,
  from: Pick<Page, 'priority' | 'after' | 'limit'>,
): Promise<Cursor> => {
  const { bucket } = owner;
  const { limit } = from;
  const first = slotOf(from.after.dueMs);
  const [slot] = await store.slotScan({ bucket, from: first, to: slotOf(toMs), limit: 1 });
  if (slot === undefined) return { dueMs: toMs + 1, jobId: null };
  const after = slot === first ? from.after : { dueMs: slotStartMs(slot), jobId: null };
  const dueToMs = Math.min(toMs, slotEndMs(slot));
  const rows = await table.page({ ...from, bucket, slot, after, dueToMs });
  if (rows.length > 0) await table.admit(owner, rows);
  const last = rows.at(-1);
  return last !== undefined && rows.length >= limit
    ? { dueMs: table.dueMs(last), jobId: last.jobId }
    : { dueMs: dueToMs + 1, jobId: null };
};
