// Reads what is due: one sweep over the buckets that are caught up, pages for those that are behind, and the re-reads that find
// rows stamped earlier but visible later. It hands every new row to the intake and never reads a finished one.
import type { Bucket, JobId, Slot } from '../model/ids.ts';
import { jobBucket, jobDueMs, slotStartMs } from '../model/ids.ts';
import type { JobRow, PointerRow } from '../model/job.ts';
import { PAGE_ROWS } from '../model/limits.ts';
import type { Store, Sweep } from '../ports/store.ts';
import { catchUp, type Span } from './catch-up.ts';
import { type Frontier, type Place, slotEndMs, slotsBetween } from './frontier.ts';
import { LATE_WINDOW_MS, type OwnedBucket } from './owned-bucket.ts';
import { type Intake, jobTable, type Keyed, placeOf, pointerTable, type Table } from './tables.ts';

/** A sweep re-reads this much of the last one, ms: a quorum read may show part of a batch. */
const OVERLAP_MS = 100;
/**
 * A bucket further behind than this is read by pages, ms. The sweep of all buckets begins where the last of them stands, so
 * this must stay below the time for which ids are remembered: rows of the others would be taken for new.
 */
const SWEEP_SPAN_MS = 10_000;
interface Reread {
  readonly windowMs: number;
  readonly everyMs: number;
}
/**
 * Keys of the last 2 s are re-read once a second, those of the last 15 s every 8 s: the windows overlap by more than the 5 s for
 * which rows may be on their way, so that one continues where the one before can be trusted.
 */
const RECENT: Reread = { windowMs: 2_000, everyMs: 1_000 };
const REREADS: readonly Reread[] = [RECENT, { windowMs: LATE_WINDOW_MS, everyMs: 8_000 }];
/** Pointers that were not looked for again for so long are read by pages, ms: no window reaches back that far. */
const GAP_MS = 20_000;
/** Rows a re-read looks at per bucket; what lies beyond is found when the slot closes. */
const REREAD_LIMIT = 5_000;
/** Rows one sweep takes from each bucket before it is paged. */
const SWEEP_LIMIT = 100;
/** Rows looked at in each bucket to find the next due time, and when to look again if there were more, ms. */
const PEEK_LIMIT = 8;
const PEEK_AGAIN_MS = 100;

export interface Reading {
  readonly nowMs: number;
  /** How far beyond nowMs the sweeps look, ms; 0 = not at all. For quiet times: rows are read more than once. */
  readonly aheadMs: number;
  /** Jobs that may still be taken in hand. */
  readonly room: () => number;
}

/** By bucket: the earliest due time that is known beyond what was read. */
export type NextDues = Map<Bucket, number>;

export const comesNext = (next: NextDues, bucket: Bucket, dueMs: number): void => {
  if (dueMs < (next.get(bucket) ?? Number.POSITIVE_INFINITY)) next.set(bucket, dueMs);
};

/** What of one table is to be read. */
interface SweepSpan extends Span {
  /** Sweeps begin here at the latest. */
  readonly fromMs: number;
  readonly aheadMs: number;
  /** Told what comes next. */
  readonly next: NextDues;
}

/** What one statement of a sweep read. */
interface Statement {
  readonly slot: Slot;
  readonly dueFromMs: number;
  readonly toMs: number;
}

export class Reader {
  readonly #store: Store;
  readonly #jobs: Table<JobRow>;
  readonly #pointers: Table<PointerRow>;
  readonly #rereadMs = new Map<number, number>();

  constructor(store: Store, intake: Intake) {
    this.#store = store;
    this.#jobs = jobTable(store, intake);
    this.#pointers = pointerTable(store, intake);
  }

  /**
   * Reads what became due up to nowMs. Pointers go first: a job is admitted only after every pointer due by then was
   * read, so a job that was decided before it was due is passed over. Stops paging when `room` says so. With `aheadMs` the
   * sweeps reach further on either side: they are the first re-read, too, and due times in (nowMs, nowMs + aheadMs] are
   * returned.
   */
  async read(owners: readonly OwnedBucket[], { nowMs, aheadMs, room }: Reading): Promise<NextDues> {
    const next: NextDues = new Map();
    const fromMs = aheadMs > 0 ? nowMs - RECENT.windowMs : nowMs;
    const pointers = { fromMs, aheadMs, next, toMsOf: () => nowMs, room: () => PAGE_ROWS };
    const jobs = { ...pointers, toMsOf: (owner: OwnedBucket) => Math.min(nowMs, owner.pointers.readToMs()), room };
    const sentAhead = this.#sentAhead(owners, { ...pointers, room });
    const sweptPointers = await this.#readTable(this.#pointers, owners, pointers);
    const sweptJobs = await this.#readTable(sentAhead, owners, jobs);
    if (aheadMs > 0) {
      const swept = sweptPointers.filter((owner) => sweptJobs.includes(owner));
      if (swept.length > 0) this.#lookedAgain(RECENT, swept, nowMs);
    }
    return next;
  }

  /** Due times in (nowMs, untilMs]. */
  async nextDues(owners: readonly OwnedBucket[], nowMs: number, untilMs: number): Promise<NextDues> {
    const next: NextDues = new Map();
    if (owners.length === 0) return next;
    const buckets = owners.map((owner) => owner.bucket);
    for (const slot of slotsBetween(nowMs + 1, untilMs)) {
      const sweep = { buckets, slot, dueFromMs: nowMs + 1, dueToMs: untilMs, limit: PEEK_LIMIT };
      const [keys, pointers] = await Promise.all([this.#store.jobKeySweep(sweep), this.#store.pointerSweep(sweep)]);
      const places = [...keys.map((jobId) => ({ jobId, dueMs: jobDueMs(jobId) })), ...pointers];
      for (const [bucket, found] of Map.groupBy(places, ({ jobId }) => jobBucket(jobId))) {
        for (const { dueMs } of found) comesNext(next, bucket, dueMs);
        // There may be more, and urgent ones come first: look again soon.
        if (found.length >= PEEK_LIMIT) comesNext(next, bucket, nowMs + PEEK_AGAIN_MS);
      }
    }
    return next;
  }

  /**
   * The jobs, with their first sweep on its way: only to admit them waits for the pointers. Where pointers turn out to be
   * behind, another sweep is wanted, and sent.
   */
  #sentAhead(owners: readonly OwnedBucket[], span: SweepSpan): Table<JobRow> {
    const table = this.#jobs;
    const isCurrent = (owner: OwnedBucket): boolean =>
      isSwept(table, owner, span) && isSwept(this.#pointers, owner, span);
    if (owners.length === 0 || span.room() <= 0 || !owners.every(isCurrent)) return table;
    const { sweepIn, slots } = sweepOf(table, owners, span);
    const first = sweepIn(slots[0] as Slot, owners);
    const rows = table.sweep(first);
    rows.catch(() => {}); // whoever takes it is told
    return { ...table, sweep: (wanted) => (isSame(wanted, first) ? rows : table.sweep(wanted)) };
  }

  /** Returns those whose rows were all read by a sweep. */
  async #readTable<Row extends Keyed>(
    table: Table<Row>,
    owners: readonly OwnedBucket[],
    span: SweepSpan,
  ): Promise<readonly OwnedBucket[]> {
    const current: OwnedBucket[] = [];
    for (const owner of owners) {
      const frontier = table.frontier(owner);
      if (isSwept(table, owner, span)) current.push(owner);
      else if (frontier.behind === null) {
        const takenToMs = frontier.startBehind(span.toMsOf(owner));
        if (!table.isJudged) owner.verifyTo(takenToMs);
      }
    }
    const swept = span.room() > 0 ? await this.#sweep(table, current, span) : [];
    const behind = owners.filter((owner) => table.frontier(owner).behind !== null);
    if (behind.length > 0) await catchUp(this.#store, table, behind, span);
    return swept;
  }

  async #sweep<Row extends Keyed>(
    table: Table<Row>,
    owners: readonly OwnedBucket[],
    span: SweepSpan,
  ): Promise<readonly OwnedBucket[]> {
    if (owners.length === 0) return [];
    const { toMs, dueFromMs, slots, sweepIn } = sweepOf(table, owners, span);
    let swept = owners;
    for (const owner of owners) table.frontier(owner).sweepBegins(toMs);
    for (const slot of slots) {
      if (swept.length === 0) break;
      const rows = await table.sweep(sweepIn(slot, swept));
      const byBucket = Map.groupBy(rows, ({ jobId }) => jobBucket(jobId));
      for (const owner of swept) {
        const own = byBucket.get(owner.bucket);
        if (own === undefined) continue;
        const nextMs = await this.#admitSwept(table, owner, own, { slot, dueFromMs, toMs });
        comesNext(span.next, owner.bucket, nextMs);
      }
      swept = swept.filter((owner) => table.frontier(owner).behind === null);
    }
    for (const owner of swept) table.frontier(owner).sweptToMs = Math.max(toMs, table.frontier(owner).sweptToMs);
    return swept;
  }

  /** Takes in hand what is due, of one bucket and slot; returns the earliest due time beyond, or Infinity. */
  async #admitSwept<Row extends Keyed>(
    table: Table<Row>,
    owner: OwnedBucket,
    rows: readonly Row[],
    statement: Statement,
  ): Promise<number> {
    const { slot, toMs } = statement;
    const due = rows.filter((row) => table.dueMs(row) <= toMs);
    if (due.length > 0) await table.admit(owner, due);
    const last = rows.at(-1);
    if (last !== undefined && rows.length >= SWEEP_LIMIT) {
      // The rest of this slot, and every later one, is read by pages: when its time comes, or at once.
      if (slotStartMs(slot) > toMs) return slotStartMs(slot);
      const takenToMs = fallBehind(table.frontier(owner), placeOf(table, last), statement);
      if (!table.isJudged) owner.verifyTo(takenToMs);
    }
    return Math.min(...rows.map(table.dueMs).filter((dueMs) => dueMs > toMs));
  }

  /** Key columns only; what is not known by then is read in full. Buckets that are behind have not read that far. */
  async reread(owners: readonly OwnedBucket[], nowMs: number): Promise<void> {
    const current = owners.filter((owner) => owner.jobs.behind === null && owner.pointers.behind === null);
    if (current.length === 0) return;
    for (const reread of REREADS) {
      if (nowMs - (this.#rereadMs.get(reread.windowMs) ?? 0) < reread.everyMs) continue;
      await this.#rereadWindow(current, nowMs - reread.windowMs, nowMs);
      this.#lookedAgain(reread, current, nowMs); // one that failed is tried again at once
    }
  }

  #lookedAgain({ windowMs }: Reread, owners: readonly OwnedBucket[], nowMs: number): void {
    this.#rereadMs.set(windowMs, nowMs);
    for (const { jobs, pointers } of owners) for (const each of [jobs, pointers]) each.looked(nowMs - windowMs, nowMs);
  }

  async #rereadWindow(owners: readonly OwnedBucket[], fromMs: number, nowMs: number): Promise<void> {
    const byBucket = new Map(owners.map((owner) => [owner.bucket, owner]));
    const buckets = owners.map((owner) => owner.bucket);
    const dueToMs = Math.min(nowMs, ...owners.map((owner) => owner.readToMs()));
    for (const slot of slotsBetween(fromMs, nowMs)) {
      const sweep = { buckets, slot, dueFromMs: fromMs, dueToMs, limit: REREAD_LIMIT };
      const pointers = Map.groupBy(await this.#pointers.sweep(sweep), ({ jobId }) => jobBucket(jobId));
      for (const [bucket, rows] of pointers) {
        const owner = byBucket.get(bucket);
        if (owner !== undefined) await this.#pointers.admit(owner, rows);
      }
      const keys = await this.#store.jobKeySweep(sweep);
      const missed = keys.filter((id) => byBucket.get(jobBucket(id))?.isKnown(id) === false);
      for (const job of (await this.#store.jobGet(missed)).values()) {
        const owner = byBucket.get(jobBucket(job.jobId));
        if (owner !== undefined) await this.#jobs.admit(owner, [job]);
      }
    }
  }
}

/** How a sweep of these is made, a slot at a time. */
const sweepOf = <Row extends Keyed>(table: Table<Row>, owners: readonly OwnedBucket[], span: SweepSpan) => {
  const toMs = Math.min(...owners.map(span.toMsOf));
  const sweptToMs = Math.min(...owners.map((owner) => table.frontier(owner).sweptToMs));
  const dueFromMs = Math.min(span.fromMs, sweptToMs - OVERLAP_MS);
  const dueToMs = toMs + span.aheadMs;
  const byNumber = new Map(owners.map((owner) => [owner.bucket, owner]));
  const isKnown = (id: JobId): boolean => !table.isJudged && byNumber.get(jobBucket(id))?.isKnown(id) === true;
  const sweepIn = (slot: Slot, of: readonly OwnedBucket[]): Sweep => ({
    ...{ buckets: of.map(({ bucket }) => bucket), slot, dueFromMs, dueToMs, limit: SWEEP_LIMIT, isKnown },
  });
  return { toMs, dueFromMs, slots: slotsBetween(dueFromMs, dueToMs), sweepIn };
};

const isSame = (left: Sweep, right: Sweep): boolean =>
  left.slot === right.slot &&
  left.dueFromMs === right.dueFromMs &&
  left.dueToMs === right.dueToMs &&
  left.buckets.length === right.buckets.length;

/** Neither behind nor about to be. */
const isSwept = <Row extends Keyed>(table: Table<Row>, owner: OwnedBucket, { toMsOf }: SweepSpan): boolean => {
  const frontier = table.frontier(owner);
  return frontier.behind === null && !mustPage(table, frontier, toMsOf(owner));
};

/** After a pause, or where re-reads failed for long. Gaps in the jobs are closed with their slot (auditor.ts), at no further cost. */
const mustPage = <Row extends Keyed>(table: Table<Row>, frontier: Frontier, toMs: number): boolean =>
  toMs - frontier.sweptToMs > SWEEP_SPAN_MS || (table.isJudged && toMs - frontier.lookedToMs > GAP_MS);

/** A sweep stopped at `last`. What lies beyond toMs was seen, but not taken in hand. Returns as Frontier.fallBehind does. */
const fallBehind = (frontier: Frontier, last: Place, { slot, dueFromMs, toMs }: Statement): number => {
  const place = last.dueMs > toMs ? { ...last, dueMs: toMs + 1, jobId: null } : last;
  const fromMs = Math.max(dueFromMs, slotStartMs(slot));
  return frontier.fallBehind(fromMs, Math.min(toMs, slotEndMs(slot)), place);
};
