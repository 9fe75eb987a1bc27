// How far one table of one bucket has been read. Caught up: everything due up to `sweptToMs`. Behind (a sweep hit its
// limit, or a takeover starts far back): one cursor per priority, read page by page, urgent priorities first.
import { PRIORITIES, type Slot, slotOf, slotStartMs } from '../model/ids.ts';
import type { Cursor } from '../ports/store.ts';

/** Rows may become visible so long after their due time without a LATE pointer, ms: stamp, skew and acknowledgement. */
const VISIBLE_WITHIN_MS = 5_000;

/** Of the last row that was read. */
export interface Place extends Cursor {
  readonly priority: number;
}

export class Frontier {
  sweptToMs: number;
  /** Rows due before this were visible when they were last looked for. Re-reads that failed leave a gap. */
  lookedToMs: number;
  behind: Cursor[] | null = null;
  /** Pages of every priority are read from this due time on, and none before this moment; null when a sweep began it. */
  #look: { readonly fromMs: number; readonly atMs: number } | null = null;
  /** Sweeps may have taken rows due up to here, beyond `sweptToMs` where one failed and did not come to its end. */
  #takenToMs: number;
  #takenBeforeMs: number;

  constructor(sweptToMs: number) {
    this.sweptToMs = sweptToMs;
    this.lookedToMs = sweptToMs;
    this.#takenToMs = sweptToMs;
    this.#takenBeforeMs = sweptToMs;
  }

  /** A sweep of everything due up to here begins. */
  sweepBegins(toMs: number): void {
    this.#takenBeforeMs = this.#takenToMs;
    this.#takenToMs = Math.max(this.#takenToMs, toMs);
  }

  /** Rows due from the one to the other moment were looked for at the latter. */
  looked(fromMs: number, atMs: number): void {
    if (fromMs <= this.lookedToMs) this.lookedToMs = Math.max(this.lookedToMs, atMs - VISIBLE_WITHIN_MS);
  }

  /** Every row due before this, in every priority, has been read. */
  readToMs(): number {
    if (this.behind === null) return this.sweptToMs;
    return Math.min(...this.behind.map((cursor) => cursor.dueMs));
  }

  /**
   * The sweep of (…, toMs] stopped at its limit: rows up to `last` of that priority were read, later priorities not. Returns up
   * to which due time rows that are read now may have been taken before.
   */
  fallBehind(fromMs: number, toMs: number, last: Place): number {
    this.#look = null;
    this.readUpTo(fromMs, toMs, last);
    return Math.max(this.sweptToMs, this.#takenBeforeMs);
  }

  /** Behind, rows of [fromMs, toMs] were read in the order of priorities: up to `last`, or all of them. */
  readUpTo(fromMs: number, toMs: number, last: Place | null): void {
    this.behind = PRIORITIES.map((priority) => {
      if (last === null || priority < last.priority) return { dueMs: toMs + 1, jobId: null };
      return priority === last.priority ? { dueMs: last.dueMs, jobId: last.jobId } : { dueMs: fromMs, jobId: null };
    });
  }

  /** Behind, and no priority further than another: from this due time on nothing was read; null otherwise. */
  get evenMs(): number | null {
    const [first, ...others] = this.behind ?? [];
    const isEven = ({ dueMs, jobId }: Cursor): boolean => dueMs === first?.dueMs && jobId === null;
    return first?.jobId === null && others.every(isEven) ? first.dueMs : null;
  }

  /** Starts reading by pages, from where rows were last looked for. Returns as `fallBehind` does. */
  startBehind(nowMs: number): number {
    const dueMs = Math.min(this.sweptToMs, this.lookedToMs);
    this.#look = { fromMs: dueMs, atMs: nowMs };
    this.behind = PRIORITIES.map(() => ({ dueMs, jobId: null }));
    return Math.max(this.sweptToMs, this.#takenToMs);
  }

  /** Back to sweeping once every priority was read to the present. */
  catchUp(nowMs: number): void {
    if (this.behind === null || this.readToMs() <= nowMs) return;
    this.sweptToMs = nowMs;
    this.behind = null;
    // The first pages may be as old as the whole reading.
    if (this.#look !== null) this.looked(this.#look.fromMs, this.#look.atMs);
  }
}

/** Slots that (fromMs, toMs] touches. */
export const slotsBetween = (fromMs: number, toMs: number): readonly Slot[] => {
  const slots: Slot[] = [];
  for (let slot = slotOf(fromMs); slot <= slotOf(toMs); slot = (slot + 1) as Slot) slots.push(slot);
  return slots;
};

/** Last ms of a slot. */
export const slotEndMs = (slot: Slot): number => slotStartMs((slot + 1) as Slot) - 1;
