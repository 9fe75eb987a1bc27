// Reads what is due: one sweep over all caught-up buckets, pages for those that are behind, and the re-reads that find
// rows stamped earlier but visible later. It hands every new row to the intake and never reads a finished one.
import type { Bucket } from '../model/ids.ts';
import { jobBucket, jobDueMs, jobPriority, PRIORITIES, slotOf, slotStartMs } from '../model/ids.ts';
import type { JobRow, PointerRow } from '../model/job.ts';
import { PAGE_ROWS } from '../model/limits.ts';
import type { Cursor, Page, Store, Sweep } from '../ports/store.ts';
import { type Frontier, slotEndMs, slotsBetween } from './frontier.ts';
import { LATE_WINDOW_MS, type OwnedBucket } from './owned-bucket.ts';

/** A sweep re-reads this much of the last one, ms: a quorum read may show part of a batch. */
const OVERLAP_MS = 100;
/**
 * A bucket further behind than this is read by pages, ms. The sweep of all buckets begins where the last of them stands, so
 * this must stay below the time for which ids are remembered: rows of the others would be taken for new.
 */
const SWEEP_SPAN_MS = 10_000;
/** Keys of the last 2 s are re-read once a second, those of the last 15 s every 10 s (protocol.md, late rows). */
const REREADS = [
  { windowMs: 2_000, everyMs: 1_000 },
  { windowMs: LATE_WINDOW_MS, everyMs: 10_000 },
] as const;
/** Rows a re-read looks at per bucket; what lies beyond is found when the slot closes. */
const REREAD_LIMIT = 5_000;
/** Rows one sweep takes from each bucket before it is paged. */
const SWEEP_LIMIT = 100;
/** Rows looked at in each bucket to find the next due time, and when to look again if there were more, ms. */
const PEEK_LIMIT = 8;
const PEEK_AGAIN_MS = 100;

/** Where rows go. Both resolve when the rows are in hand; when one throws, the same rows are read again. */
export interface Intake {
  admitJobs(owner: OwnedBucket, jobs: readonly JobRow[]): Promise<void>;
  admitPointers(owner: OwnedBucket, pointers: readonly PointerRow[]): Promise<void>;
}

interface Table<Row> {
  readonly frontier: (owner: OwnedBucket) => Frontier;
  readonly sweep: (sweep: Sweep) => Promise<readonly Row[]>;
  readonly page: (page: Page) => Promise<readonly Row[]>;
  readonly place: (row: Row) => Cursor & { readonly bucket: Bucket; readonly priority: number };
  readonly admit: (owner: OwnedBucket, rows: readonly Row[]) => Promise<void>;
}

export class Reader {
  readonly #store: Store;
  readonly #jobs: Table<JobRow>;
  readonly #pointers: Table<PointerRow>;
  readonly #rereadMs = new Map<number, number>();

  constructor(store: Store, intake: Intake) {
    this.#store = store;
    this.#jobs = {
      frontier: (owner) => owner.jobs,
      sweep: (sweep) => store.jobSweep(sweep),
      page: (page) => store.jobPage(page),
      place: (row) => ({
        bucket: jobBucket(row.jobId),
        priority: jobPriority(row.jobId),
        dueMs: jobDueMs(row.jobId),
        jobId: row.jobId,
      }),
      admit: (owner, rows) => intake.admitJobs(owner, rows),
    };
    this.#pointers = {
      frontier: (owner) => owner.pointers,
      sweep: (sweep) => store.pointerSweep(sweep),
      page: (page) => store.pointerPage(page),
      place: (row) => ({
        bucket: jobBucket(row.jobId),
        priority: jobPriority(row.jobId),
        dueMs: row.dueMs,
        jobId: row.jobId,
      }),
      admit: (owner, rows) => intake.admitPointers(owner, rows),
    };
  }

  /**
   * Reads what became due up to nowMs. Pointers go first: a job is admitted only after every pointer due by then was
   * read, so a job that was decided before it was due is passed over. Stops paging when `room` says so.
   */
  async read(owners: readonly OwnedBucket[], nowMs: number, room: () => number): Promise<void> {
    await this.#readTable(
      this.#pointers,
      owners,
      () => nowMs,
      () => PAGE_ROWS,
    );
    await this.#readTable(this.#jobs, owners, (owner) => Math.min(nowMs, owner.pointers.readToMs()), room);
    await this.#reread(owners, nowMs);
  }

  /** The earliest due time in (nowMs, untilMs], or untilMs. */
  async nextDueMs(owners: readonly OwnedBucket[], nowMs: number, untilMs: number): Promise<number> {
    if (owners.length === 0) return untilMs;
    let nextMs = untilMs;
    const buckets = owners.map((owner) => owner.bucket);
    for (const slot of slotsBetween(nowMs + 1, untilMs)) {
      const sweep = { buckets, slot, dueFromMs: nowMs + 1, dueToMs: untilMs, limit: PEEK_LIMIT };
      const [keys, pointers] = await Promise.all([this.#store.jobKeySweep(sweep), this.#store.pointerSweep(sweep)]);
      // There may be more, and urgent ones come first: look again soon.
      if (keys.length >= PEEK_LIMIT || pointers.length >= PEEK_LIMIT) nextMs = Math.min(nextMs, nowMs + PEEK_AGAIN_MS);
      for (const id of keys) nextMs = Math.min(nextMs, jobDueMs(id));
      for (const pointer of pointers) nextMs = Math.min(nextMs, pointer.dueMs);
    }
    return nextMs;
  }

  async #readTable<Row>(
    table: Table<Row>,
    owners: readonly OwnedBucket[],
    toMsOf: (owner: OwnedBucket) => number,
    room: () => number,
  ): Promise<void> {
    const current: OwnedBucket[] = [];
    for (const owner of owners) {
      const frontier = table.frontier(owner);
      if (frontier.behind === null && toMsOf(owner) - frontier.sweptToMs > SWEEP_SPAN_MS) {
        owner.verifyToMs = Math.max(owner.verifyToMs, frontier.sweptToMs); // some of it was handled before the pause
        frontier.startBehind(toMsOf(owner), LATE_WINDOW_MS);
      }
      if (frontier.behind === null) current.push(owner);
    }
    if (room() > 0) await this.#sweep(table, current, toMsOf);
    for (const owner of owners) {
      if (table.frontier(owner).behind !== null && room() > 0)
        await this.#readBehind(table, owner, toMsOf(owner), room);
    }
  }

  async #sweep<Row>(
    table: Table<Row>,
    owners: readonly OwnedBucket[],
    toMsOf: (owner: OwnedBucket) => number,
  ): Promise<void> {
    if (owners.length === 0) return;
    const toMs = Math.min(...owners.map(toMsOf));
    const fromMs = Math.min(...owners.map((owner) => table.frontier(owner).sweptToMs)) - OVERLAP_MS;
    let remaining = owners;
    for (const slot of slotsBetween(fromMs, toMs)) {
      if (remaining.length === 0) return;
      const buckets = remaining.map((owner) => owner.bucket);
      const rows = await table.sweep({ buckets, slot, dueFromMs: fromMs, dueToMs: toMs, limit: SWEEP_LIMIT });
      const byBucket = groupBy(rows, (row) => table.place(row).bucket);
      for (const owner of remaining) {
        const own = byBucket.get(owner.bucket) ?? [];
        if (own.length > 0) await table.admit(owner, own);
        const last = own.at(-1);
        if (last === undefined || own.length < SWEEP_LIMIT) continue;
        // The rest of this slot, and every later one, is read by pages.
        table
          .frontier(owner)
          .fallBehind(Math.max(fromMs, slotStartMs(slot)), Math.min(toMs, slotEndMs(slot)), table.place(last));
      }
      remaining = remaining.filter((owner) => table.frontier(owner).behind === null);
    }
    for (const owner of remaining) table.frontier(owner).sweptToMs = Math.max(toMs, table.frontier(owner).sweptToMs);
  }

  async #readBehind<Row>(table: Table<Row>, owner: OwnedBucket, toMs: number, room: () => number): Promise<void> {
    const frontier = table.frontier(owner);
    const cursors = frontier.behind;
    if (cursors === null) return;
    for (const priority of PRIORITIES) {
      for (let cursor = cursors[priority]; cursor !== undefined && cursor.dueMs <= toMs; cursor = cursors[priority]) {
        if (room() <= 0) return;
        cursors[priority] = await this.#readPage(table, owner, { priority, after: cursor, toMs, room: room() });
      }
    }
    frontier.catchUp(toMs);
    // The first pages may be as old as the whole reading.
    if (frontier === owner.jobs && frontier.behind === null && frontier.look !== null) {
      owner.looked(frontier.look.fromMs, frontier.look.atMs);
    }
  }

  /** Reads the next page of one priority from the next slot that may hold rows; returns where to go on. */
  async #readPage<Row>(
    table: Table<Row>,
    owner: OwnedBucket,
    from: { readonly priority: number; readonly after: Cursor; readonly toMs: number; readonly room: number },
  ): Promise<Cursor> {
    const { bucket } = owner;
    const first = slotOf(from.after.dueMs);
    const [slot] = await this.#store.slotScan({ bucket, from: first, to: slotOf(from.toMs), limit: 1 });
    if (slot === undefined) return { dueMs: from.toMs + 1, jobId: null };
    const after = slot === first ? from.after : { dueMs: slotStartMs(slot), jobId: null };
    const limit = Math.min(PAGE_ROWS, from.room);
    const dueToMs = Math.min(from.toMs, slotEndMs(slot));
    const rows = await table.page({ bucket, slot, priority: from.priority, after, dueToMs, limit });
    if (rows.length > 0) await table.admit(owner, rows);
    const last = rows.at(-1);
    return last !== undefined && rows.length >= limit ? table.place(last) : { dueMs: dueToMs + 1, jobId: null };
  }

  /** Key columns only; what is not known by then is read in full. Buckets that are behind have not read that far. */
  async #reread(owners: readonly OwnedBucket[], nowMs: number): Promise<void> {
    const current = owners.filter((owner) => owner.jobs.behind === null && owner.pointers.behind === null);
    if (current.length === 0) return;
    for (const { windowMs, everyMs } of REREADS) {
      if (nowMs - (this.#rereadMs.get(windowMs) ?? 0) < everyMs) continue;
      await this.#rereadWindow(current, nowMs - windowMs, nowMs);
      this.#rereadMs.set(windowMs, nowMs); // one that failed is tried again at once
      for (const owner of current) owner.looked(nowMs - windowMs, nowMs);
    }
  }

  async #rereadWindow(owners: readonly OwnedBucket[], fromMs: number, nowMs: number): Promise<void> {
    const byBucket = new Map(owners.map((owner) => [owner.bucket, owner]));
    const buckets = owners.map((owner) => owner.bucket);
    const dueToMs = Math.min(nowMs, ...owners.map((owner) => owner.readToMs()));
    for (const slot of slotsBetween(fromMs, nowMs)) {
      const sweep = { buckets, slot, dueFromMs: fromMs, dueToMs, limit: REREAD_LIMIT };
      const pointers = groupBy(await this.#pointers.sweep(sweep), (row) => this.#pointers.place(row).bucket);
      for (const [bucket, rows] of pointers) {
        const owner = byBucket.get(bucket);
        if (owner !== undefined) await this.#pointers.admit(owner, rows);
      }
      const keys = await this.#store.jobKeySweep(sweep);
      const missed = keys.filter((id) => byBucket.get(jobBucket(id))?.isKnown(id) === false);
      for (const job of (await this.#store.jobGet(missed)).values()) {
        const owner = byBucket.get(this.#jobs.place(job).bucket);
        if (owner !== undefined) await this.#jobs.admit(owner, [job]);
      }
    }
  }
}

const groupBy = <Row, Key>(rows: readonly Row[], keyOf: (row: Row) => Key): Map<Key, Row[]> => {
  const groups = new Map<Key, Row[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group === undefined) groups.set(keyOf(row), [row]);
    else group.push(row);
  }
  return groups;
};
