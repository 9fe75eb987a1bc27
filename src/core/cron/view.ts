// A schedule as people and programs see it.
import type { ScheduleRow } from '../model/schedule.ts';
import { isoTime, isoTimeOrNull } from '../model/time.ts';
import { calendarOf, firesAfter } from './next-fire.ts';
import { localTime } from './zone.ts';

export interface ScheduleView {
  readonly name: string;
  readonly version: number;
  readonly cron: string;
  readonly zone: string;
  readonly gap: ScheduleRow['gap'];
  readonly fold: ScheduleRow['fold'];
  readonly type: string;
  readonly queue: string;
  readonly priority: number;
  /** JSON text. */
  readonly payload: string;
  readonly misfire: ScheduleRow['misfire'];
  readonly catchUpMs: number;
  readonly overlap: ScheduleRow['overlap'];
  readonly paused: { readonly reason: string; readonly at: string } | null;
  /** The next slots that are not skipped by a pause; empty while it is paused. */
  readonly next: readonly { readonly at: string; readonly local: string }[];
  readonly nextAt: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

const NEXT_SHOWN = 3;

export const scheduleView = (row: ScheduleRow, nowMs: number): ScheduleView => {
  const { name, version, cron, zone, gap, fold, job, misfire, catchUpMs, overlap, paused } = row;
  const fires = paused === null ? nextFires(row, nowMs) : [];
  return {
    ...{ name, version, cron, zone, gap, fold, type: job.type, queue: job.queue, priority: job.priority },
    ...{ payload: job.payload, misfire, catchUpMs, overlap },
    paused: paused === null ? null : { reason: paused.reason, at: isoTime(paused.atMs) },
    next: fires.map((atMs) => ({ at: isoTime(atMs), local: localTime(zone, atMs) })),
    nextAt: isoTimeOrNull(fires[0] ?? null),
    ...{ createdAt: isoTime(row.createdMs), updatedAt: isoTime(row.updatedMs) },
  };
};

const nextFires = (row: ScheduleRow, nowMs: number): readonly number[] =>
  [...firesAfter(calendarOf(row), nowMs, NEXT_SHOWN)].map(({ atMs }) => atMs);
