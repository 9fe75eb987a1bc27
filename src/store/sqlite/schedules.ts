// Schedules, what became of their slots, and how far each is accounted for.
import type { DatabaseSync } from 'node:sqlite';
import {
  RUNS_KEPT_MS,
  SCHEDULE_VERSIONS_KEPT_MS,
  SCHEDULE_VERSIONS_MAX,
  SCHEDULES_PER_SHARD_MAX,
} from '../../core/model/limits.ts';
import { type ProgressRow, type RunRow, scheduleOf, scheduleShard, scheduleText } from '../../core/model/schedule.ts';
import type { ScheduleStore } from '../../core/ports/store.ts';
import type { Writer } from './writer.ts';

export const createScheduleStore = (
  db: DatabaseSync,
  writer: Writer,
  { bucketCount, wallMs }: { readonly bucketCount: number; readonly wallMs: () => number },
): ScheduleStore => {
  const get = db.prepare('SELECT row FROM schedules WHERE name = ?');
  const list = db.prepare(`SELECT row FROM schedules WHERE shard = ? ORDER BY name LIMIT ${SCHEDULES_PER_SHARD_MAX}`);
  const insert = db.prepare('INSERT OR IGNORE INTO schedules VALUES (?, ?, ?, ?)');
  const update = db.prepare('UPDATE schedules SET version = ?, row = ? WHERE name = ? AND version = ?');
  const remove = db.prepare('DELETE FROM schedules WHERE name = ? AND version = ?');
  const writeVersion = db.prepare('INSERT OR REPLACE INTO schedule_versions VALUES (?, ?, ?, ?, ?)');
  const forgetVersions = db.prepare('DELETE FROM schedule_versions WHERE name = ? AND at_ms < ?');
  const listVersions = db.prepare(
    `SELECT row FROM schedule_versions WHERE name = ? ORDER BY created_ms DESC, version DESC LIMIT ${SCHEDULE_VERSIONS_MAX}`,
  );
  const writeRun = db.prepare('INSERT OR REPLACE INTO cron_runs VALUES (?, ?, ?, ?)');
  const forgetRuns = db.prepare('DELETE FROM cron_runs WHERE schedule = ? AND slot_ms < ?');
  // Rows of one slot by token, the highest first: the first is the truth.
  const listRuns = db.prepare(
    `SELECT row FROM cron_runs AS r WHERE schedule = ? AND slot_ms BETWEEN ? AND ?
     AND token = (SELECT max(token) FROM cron_runs WHERE schedule = r.schedule AND slot_ms = r.slot_ms)
     ORDER BY slot_ms LIMIT ?`,
  );
  const writeProgress = db.prepare(
    `INSERT INTO cron_progress VALUES (?1, ?2, ?3, ?4) ON CONFLICT (schedule) DO UPDATE SET token = ?3, row = ?4
     WHERE token <= ?3`,
  );
  const listProgress = db.prepare('SELECT row FROM cron_progress WHERE shard = ? ORDER BY schedule');
  const shardOf = (name: string): number => scheduleShard(name, bucketCount);

  return {
    scheduleGet: async (name) => {
      const found = get.get(name);
      return found === undefined ? null : scheduleOf(found.row as string);
    },
    scheduleList: async (shard) => list.all(shard).map((found) => scheduleOf(found.row as string)),
    scheduleWrite: (row, expectedVersion) =>
      writer.write(1, () => {
        const { name, version } = row;
        const { changes } =
          expectedVersion === null
            ? insert.run(shardOf(name), name, version, scheduleText(row))
            : update.run(version, scheduleText(row), name, expectedVersion);
        return Number(changes) === 1 ? 'applied' : 'refused';
      }),
    scheduleDelete: (name, expectedVersion) =>
      writer.write(1, () => (Number(remove.run(name, expectedVersion).changes) === 1 ? 'applied' : 'refused')),
    scheduleVersionWrite: (row) =>
      writer.write(1, () => {
        const nowMs = wallMs();
        writeVersion.run(row.name, row.createdMs, row.version, nowMs, scheduleText(row));
        forgetVersions.run(row.name, nowMs - SCHEDULE_VERSIONS_KEPT_MS);
      }),
    scheduleVersionList: async (name) => listVersions.all(name).map((found) => scheduleOf(found.row as string)),
    runWrite: (row) =>
      writer.write(1, () => {
        writeRun.run(row.schedule, row.slotMs, row.token, JSON.stringify(row));
        forgetRuns.run(row.schedule, wallMs() - RUNS_KEPT_MS);
      }),
    runList: async ({ schedule, fromMs, toMs, limit }) =>
      listRuns.all(schedule, fromMs, toMs, limit).map((found) => runOf(found.row as string)),
    progressWrite: (row) =>
      writer.write(1, () => {
        writeProgress.run(shardOf(row.schedule), row.schedule, row.token, JSON.stringify(row));
      }),
    progressList: async (shard) => listProgress.all(shard).map((found) => progressOf(found.row as string)),
  };
};

// What an earlier version of jobctl did not write is filled up.
const RUN_ADDED = { isBackfill: false };
const PROGRESS_ADDED = { memory: null };
const runOf = (text: string): RunRow => ({ ...RUN_ADDED, ...(JSON.parse(text) as RunRow) });
const progressOf = (text: string): ProgressRow => ({ ...PROGRESS_ADDED, ...(JSON.parse(text) as ProgressRow) });
