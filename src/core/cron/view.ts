// A schedule as people and programs see it.
import type { Backfill, ScheduleRow } from '../model/schedule.ts';
import { isoTime, isoTimeOrNull } from '../model/time.ts';
import { isComplete, type SlotAudit } from './audit.ts';
import { calendarOf, type Fire, firesAfter } from './next-fire.ts';
import type { Version } from './versions.ts';
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
  readonly payload: unknown;
  readonly misfire: ScheduleRow['misfire'];
  readonly catchUpMs: number;
  readonly overlap: ScheduleRow['overlap'];
  readonly jitterMs: number;
  readonly startAt: string | null;
  readonly endAt: string | null;
  readonly maxFires: number | null;
  readonly pauseAfterFailures: number | null;
  /** The one that is going on. */
  readonly backfill: BackfillView | null;
  readonly paused: { readonly reason: string; readonly at: string } | null;
  /** The next slots that are not skipped by a pause; empty while it is paused. */
  readonly next: readonly { readonly at: string; readonly local: string }[];
  readonly nextAt: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface BackfillView {
  readonly from: string;
  readonly to: string;
  readonly everyMs: number;
  readonly concurrency: number;
}

const NEXT_SHOWN = 3;

export const scheduleView = (row: ScheduleRow, nowMs: number): ScheduleView => {
  const { name, version, zone, paused } = row;
  const fires = paused === null ? nextFires(row, nowMs) : [];
  return {
    ...{ name, version, ...settingsView(row) },
    next: fires.map((atMs) => ({ at: isoTime(atMs), local: localTime(zone, atMs) })),
    nextAt: isoTimeOrNull(fires[0] ?? null),
    ...{ createdAt: isoTime(row.createdMs), updatedAt: isoTime(row.updatedMs) },
  };
};

/** All that a change can change. */
const settingsView = (row: ScheduleRow) => {
  const { cron, zone, gap, fold, job, misfire, catchUpMs, overlap, paused, backfill } = row;
  const { jitterMs, startMs, endMs, maxFires, pauseAfterFailures } = row;
  return {
    ...{ cron, zone, gap, fold, type: job.type, queue: job.queue, priority: job.priority },
    ...{ payload: JSON.parse(job.payload) as unknown, misfire, catchUpMs, overlap, jitterMs },
    ...{ startAt: isoTimeOrNull(startMs), endAt: isoTimeOrNull(endMs), maxFires, pauseAfterFailures },
    backfill: backfill === null ? null : backfillView(backfill),
    paused: paused === null ? null : { reason: paused.reason, at: isoTime(paused.atMs) },
  };
};

const backfillView = ({ fromMs, toMs, everyMs, concurrency }: Backfill): BackfillView => ({
  ...{ from: isoTime(fromMs), to: isoTime(toMs), everyMs, concurrency },
});

export interface VersionView {
  readonly name: string;
  readonly version: number;
  readonly at: string;
  /** Of the schedule: there may have been others of its name before. */
  readonly createdAt: string;
  /** What it changed of the version before; empty for the first. */
  readonly changes: readonly { readonly field: string; readonly from: unknown; readonly to: unknown }[];
}

export const versionView = ({ row, before }: Version): VersionView => ({
  ...{ name: row.name, version: row.version, at: isoTime(row.updatedMs), createdAt: isoTime(row.createdMs) },
  changes: before === null ? [] : changesOf(flatSettings(before), flatSettings(row)),
});

const flatSettings = (row: ScheduleRow): Readonly<Record<string, unknown>> => ({
  ...settingsView(row),
  ...row.job.spec,
});

const changesOf = (from: Readonly<Record<string, unknown>>, to: Readonly<Record<string, unknown>>) =>
  [...new Set([...Object.keys(from), ...Object.keys(to)])]
    .filter((field) => JSON.stringify(from[field]) !== JSON.stringify(to[field]))
    .map((field) => ({ field, from: from[field] ?? null, to: to[field] ?? null }));

const nextFires = (row: ScheduleRow, nowMs: number): readonly number[] =>
  [...firesAfter(calendarOf(row), nowMs, NEXT_SHOWN)].map(({ atMs }) => atMs);

export interface FireView {
  /** UTC. */
  readonly at: string;
  /** In the zone, with its offset. */
  readonly local: string;
  /** What the setting of clocks made of it; null on other days. */
  readonly note: string | null;
}

const NOTES = {
  plain: null,
  shifted: 'shifted: that time does not exist on this day',
  first: 'first of two: the clocks are put back on this day',
  second: 'second of two: the clocks are put back on this day',
} as const;

export const fireView = ({ atMs, kind }: Fire, zone: string): FireView => ({
  ...{ at: isoTime(atMs), local: localTime(zone, atMs), note: NOTES[kind] },
});

export interface AuditView {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly complete: boolean;
  /** There are more slots than one audit looks at: it ends at `to`. */
  readonly isCut: boolean;
  readonly slots: number;
  readonly fired: number;
  readonly skipped: number;
  readonly missed: number;
  readonly buffered: number;
  readonly open: number;
  readonly gaps: readonly string[];
  readonly strays: readonly string[];
  readonly unconfirmed: readonly string[];
}

export const auditView = (name: string, audit: SlotAudit): AuditView => {
  const { fromMs, toMs, slots, fired, skipped, missed, buffered, open } = audit;
  return {
    ...{ name, from: isoTime(fromMs), to: isoTime(toMs), complete: isComplete(audit), isCut: audit.isCut },
    ...{ slots, fired, skipped, missed, buffered, open },
    gaps: audit.gaps.map(isoTime),
    strays: audit.strays.map(isoTime),
    unconfirmed: audit.unconfirmed.map(isoTime),
  };
};
