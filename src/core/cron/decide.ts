// What becomes of a slot that is due. A pure function of the schedule and of what was fired before, without regard to overlap.
import type { RunState, ScheduleRow } from '../model/schedule.ts';

/** A slot that is decided later than this was late, ms: longer than it takes until another scheduler has taken over. */
const LATE_AFTER_MS = 60_000;

export interface Decision {
  readonly slotMs: number;
  readonly state: Extract<RunState, 'skipped' | 'missed'> | 'fire';
  /** Null for what is fired. */
  readonly reason: string | null;
  readonly isLate: boolean;
}

export interface Due {
  readonly slotMs: number;
  /** No later slot is due by now. */
  readonly isLast: boolean;
  readonly nowMs: number;
  /** Slots fired before, and those that wait to be. */
  readonly fires: number;
}

export const decideSlot = (schedule: ScheduleRow, { slotMs, isLast, nowMs, fires }: Due): Decision => {
  const { paused, misfire, catchUpMs, maxFires } = schedule;
  const isLate = nowMs - slotMs > LATE_AFTER_MS;
  const leftOut = (state: 'skipped' | 'missed', reason: string): Decision => ({ slotMs, state, reason, isLate });
  if (paused !== null && slotMs > paused.atMs) return leftOut('skipped', pauseReason(paused));
  if (maxFires !== null && fires >= maxFires) return leftOut('skipped', `fired ${fires} times, its limit`);
  if (!isLate) return { slotMs, state: 'fire', reason: null, isLate };
  if (misfire === 'skip') return leftOut('missed', 'nobody was there in time');
  if (nowMs - slotMs > catchUpMs) return leftOut('missed', 'longer ago than is caught up with');
  if (misfire === 'one' && !isLast) return leftOut('missed', 'only the last is caught up with');
  return { slotMs, state: 'fire', reason: null, isLate };
};

export const pauseReason = ({ reason }: { readonly reason: string }): string => `paused: ${reason}`;
