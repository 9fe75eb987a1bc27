// What becomes of slots that are due. A pure function of the schedule, the slots, and whether a job of it is not over yet.
import type { RunState, ScheduleRow } from '../model/schedule.ts';

export interface Decision {
  readonly slotMs: number;
  readonly state: Exclude<RunState, 'firing' | 'fired'> | 'fire';
  /** Null for what is fired. */
  readonly reason: string | null;
  readonly isLate: boolean;
}

export interface Due {
  /** Ascending; all of them due by now. */
  readonly slots: readonly number[];
  /** There are more due slots after these. */
  readonly hasMore: boolean;
  readonly nowMs: number;
  /** Slots that are due for longer were missed by everybody, ms. */
  readonly lateAfterMs: number;
}

/** Without regard to overlap, which depends on what the fires before did. */
export const decideSlots = (
  schedule: ScheduleRow,
  { slots, hasMore, nowMs, lateAfterMs }: Due,
): readonly Decision[] => {
  const isLate = (slotMs: number): boolean => nowMs - slotMs > lateAfterMs;
  const last = hasMore ? undefined : slots.at(-1);
  return slots.map((slotMs): Decision => {
    const late = isLate(slotMs);
    const { paused, misfire, catchUpMs } = schedule;
    if (paused !== null && slotMs > paused.atMs) return leftOut(slotMs, late, 'skipped', `paused: ${paused.reason}`);
    if (!late) return { slotMs, state: 'fire', reason: null, isLate: false };
    if (misfire === 'skip') return leftOut(slotMs, late, 'missed', 'nobody was there in time');
    if (nowMs - slotMs > catchUpMs) return leftOut(slotMs, late, 'missed', 'longer ago than is caught up with');
    if (misfire === 'one' && slotMs !== last) return leftOut(slotMs, late, 'missed', 'only the last is caught up with');
    return { slotMs, state: 'fire', reason: null, isLate: true };
  });
};

const leftOut = (slotMs: number, isLate: boolean, state: 'skipped' | 'missed', reason: string): Decision => ({
  ...{ slotMs, state, reason, isLate },
});
