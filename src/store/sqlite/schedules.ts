// Schedules, what became of their slots, and how far each is accounted for.
import type { DatabaseSync } from 'node:sqlite';
import { RUNS_KEPT_MS, SCHEDULES_PER_SHARD_MAX } from '../../core/model/limits.ts';
import { type ProgressRow, type RunRow, type ScheduleRow, scheduleShard } from '../../core/model/schedule.ts';
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
    scheduleGet: async (name) => rowOf<ScheduleRow>(get.get(name)),
    scheduleList: async (shard) => list.all(shard).map((found) => JSON.parse(found.row as string) as ScheduleRow),
    scheduleWrite: (row, expectedVersion) =>
      writer.write(1, () => {
        const { name, version } = row;
        const { changes } =
          expectedVersion === null
            ? insert.run(shardOf(name), name, version, JSON.stringify(row))
            : update.run(version, JSON.stringify(row), name, expectedVersion);
        return Number(changes) === 1 ? 'applied' : 'refused';
      }),
    scheduleDelete: (name, expectedVersion) =>
      writer.write(1, () => (Number(remove.run(name, expectedVersion).changes) === 1 ? 'applied' : 'refused')),
    runWrite: (row) =>
      writer.write(1, () => {
        writeRun.run(row.schedule, row.slotMs, row.token, JSON.stringify(row));
        forgetRuns.run(row.schedule, wallMs() - RUNS_KEPT_MS);
      }),
    runList: async ({ schedule, fromMs, toMs, limit }) =>
      listRuns.all(schedule, fromMs, toMs, limit).map((found) => JSON.parse(found.row as string) as RunRow),
    progressWrite: (row) =>
      writer.write(1, () => {
        writeProgress.run(shardOf(row.schedule), row.schedule, row.token, JSON.stringify(row));
      }),
    progressList: async (shard) =>
      listProgress.all(shard).map((found) => JSON.parse(found.row as string) as ProgressRow),
  };
};

const rowOf = <Row>(found: { readonly row?: unknown } | undefined): Row | null =>
  found === undefined ? null : (JSON.parse(found.row as string) as Row);
