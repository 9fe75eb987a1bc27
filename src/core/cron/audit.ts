// Proves, or not, that every slot of a schedule is accounted for (I9): the calendar says which there were, the runs what became
// of each. Reads only.
import { RUNS_PAGE_MAX } from '../model/limits.ts';
import type { RunRow, ScheduleRow } from '../model/schedule.ts';
import type { Store } from '../ports/store.ts';
import { calendarOf, firesAfter } from './next-fire.ts';

/** Slots that are due for longer should be decided, ms: a scheduler that died is noticed within its lease. */
const DECIDED_WITHIN_MS = 30_000;

export interface SlotAudit {
  readonly fromMs: number;
  readonly toMs: number;
  /** There are more slots than one audit looks at: it ends at `toMs`. */
  readonly isCut: boolean;
  readonly slots: number;
  readonly fired: number;
  readonly skipped: number;
  readonly missed: number;
  /** They wait for jobs of earlier slots. */
  readonly buffered: number;
  /** Due lately, and not decided yet. */
  readonly open: number;
  /** Due for longer, and nobody says what became of them. */
  readonly gaps: readonly number[];
  /** Decided, though the calendar has no such slot. */
  readonly strays: readonly number[];
  /** Meant to be submitted long ago, and not confirmed. */
  readonly unconfirmed: readonly number[];
}

export const auditSchedule = async (
  store: Store,
  row: ScheduleRow,
  range: { readonly fromMs: number; readonly toMs: number },
): Promise<SlotAudit> => {
  const nowMs = await store.wallMs();
  const fromMs = Math.max(range.fromMs, row.fromMs);
  const { slots, isCut } = slotsBetween(row, fromMs, Math.min(range.toMs, nowMs));
  const toMs = isCut ? (slots.at(-1) ?? fromMs) : Math.min(range.toMs, nowMs);
  const limit = RUNS_PAGE_MAX + 1;
  const runs = toMs <= fromMs ? [] : await store.runList({ schedule: row.name, fromMs: fromMs + 1, toMs, limit });
  const bySlot = new Map(runs.map((run) => [run.slotMs, run]));
  const known = new Set(slots);
  const isOld = (slotMs: number): boolean => nowMs - slotMs > DECIDED_WITHIN_MS;
  const undecided = slots.filter((slotMs) => !bySlot.has(slotMs));
  const count = (state: RunRow['state']): number => runs.filter((run) => run.state === state).length;
  return {
    ...{ fromMs, toMs, isCut, slots: slots.length },
    ...{ fired: count('fired'), skipped: count('skipped'), missed: count('missed') },
    buffered: count('buffered'),
    open: undecided.filter((slotMs) => !isOld(slotMs)).length,
    gaps: undecided.filter(isOld),
    strays: runs.map(({ slotMs }) => slotMs).filter((slotMs) => !known.has(slotMs)),
    unconfirmed: runs
      .filter(({ state, decidedMs }) => state === 'firing' && isOld(decidedMs))
      .map(({ slotMs }) => slotMs),
  };
};

export const isComplete = ({ gaps, strays, unconfirmed }: SlotAudit): boolean =>
  gaps.length + strays.length + unconfirmed.length === 0;

const slotsBetween = (row: ScheduleRow, fromMs: number, toMs: number) => {
  const slots: number[] = [];
  for (const { atMs } of firesAfter(calendarOf(row), fromMs)) {
    if (atMs > toMs) break;
    if (slots.length === RUNS_PAGE_MAX) return { slots, isCut: true };
    slots.push(atMs);
  }
  return { slots, isCut: false };
};
