// Schedules by compare-and-set on their version; runs and progress are plain rows, of which the highest token is the truth.
import type { FencingToken } from '../../core/model/ids.ts';
import {
  RUNS_KEPT_MS,
  SCHEDULE_VERSIONS_KEPT_MS,
  SCHEDULE_VERSIONS_MAX,
  SCHEDULES_PER_SHARD_MAX,
} from '../../core/model/limits.ts';
import {
  type ProgressRow,
  type RunRow,
  type RunState,
  runDay,
  type ScheduleMemory,
  scheduleOf,
  scheduleShard,
  scheduleText,
} from '../../core/model/schedule.ts';
import type { ScheduleStore } from '../../core/ports/store.ts';
import type { Cql, Row } from './client.ts';
import { jobOfUuid, numberOf, orUnset, uuidOfJob } from './values.ts';

const RUNS_KEPT_SECONDS = RUNS_KEPT_MS / 1_000;
const VERSIONS_KEPT_SECONDS = SCHEDULE_VERSIONS_KEPT_MS / 1_000;

export const createScheduleStore = (cql: Cql, bucketCount: number): ScheduleStore => {
  const shardOf = (name: string): number => scheduleShard(name, bucketCount);
  return {
    scheduleGet: async (name) => {
      const row = await cql.serialRead('SELECT doc FROM schedules WHERE shard = ? AND name = ?', [shardOf(name), name]);
      return row === null || row.doc === null ? null : scheduleOf(row.doc);
    },
    scheduleList: async (shard) => {
      const query = `SELECT doc FROM schedules WHERE shard = ? LIMIT ${SCHEDULES_PER_SHARD_MAX}`;
      return (await cql.read(query, [shard])).map(({ doc }) => scheduleOf(doc));
    },
    scheduleWrite: (row, expectedVersion) => {
      const [place, doc] = [[shardOf(row.name), row.name], scheduleText(row)];
      return expectedVersion === null
        ? cql.compareAndSet('INSERT INTO schedules (shard, name, version, doc) VALUES (?, ?, ?, ?) IF NOT EXISTS', [
            ...place,
            ...[row.version, doc],
          ])
        : cql.compareAndSet('UPDATE schedules SET version = ?, doc = ? WHERE shard = ? AND name = ? IF version = ?', [
            ...[row.version, doc, ...place, expectedVersion],
          ]);
    },
    scheduleDelete: (name, expectedVersion) =>
      cql.compareAndSet('DELETE FROM schedules WHERE shard = ? AND name = ? IF version = ?', [
        ...[shardOf(name), name, expectedVersion],
      ]),
    scheduleVersionWrite: (row) =>
      cql.write([
        {
          query: `INSERT INTO schedule_versions (name, created_ms, version, doc) VALUES (?, ?, ?, ?)
            USING TTL ${VERSIONS_KEPT_SECONDS}`,
          params: [row.name, row.createdMs, row.version, scheduleText(row)],
        },
      ]),
    scheduleVersionList: async (name) => {
      const query = `SELECT doc FROM schedule_versions WHERE name = ? LIMIT ${SCHEDULE_VERSIONS_MAX}`;
      return (await cql.read(query, [name])).map(({ doc }) => scheduleOf(doc));
    },
    runWrite: ({ schedule, slotMs, token, state, jobId, reason, isLate, isBackfill, decidedMs }) =>
      cql.write([
        {
          query: `INSERT INTO cron_runs (schedule, day, slot_ms, fencing_token, state, job_id, reason, late, backfill, decided_ms)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TTL ${RUNS_KEPT_SECONDS}`,
          params: [
            ...[schedule, runDay(slotMs), slotMs, token, state, orUnset(jobId === null ? null : uuidOfJob(jobId))],
            ...[orUnset(reason), isLate, isBackfill, decidedMs],
          ],
        },
      ]),
    runList: async ({ schedule, fromMs, toMs, limit }) => {
      const runs: RunRow[] = [];
      for (let day = runDay(fromMs); day <= runDay(toMs) && runs.length < limit; day += 1) {
        const where = 'schedule = ? AND day = ? AND slot_ms >= ? AND slot_ms <= ?';
        for (const row of await cql.read(`SELECT * FROM cron_runs WHERE ${where}`, [schedule, day, fromMs, toMs])) {
          // The tokens of one slot come highest first.
          if (numberOf(row.slot_ms) !== runs.at(-1)?.slotMs) runs.push(runOf(row));
        }
      }
      return runs.slice(0, limit);
    },
    progressWrite: ({ schedule, token, doneToMs, memory }) =>
      cql.write([
        {
          query:
            'INSERT INTO cron_progress (shard, schedule, fencing_token, done_to_ms, memory) VALUES (?, ?, ?, ?, ?)',
          params: [shardOf(schedule), schedule, token, doneToMs, JSON.stringify(memory)],
        },
        {
          query: 'DELETE FROM cron_progress WHERE shard = ? AND schedule = ? AND fencing_token < ?',
          params: [shardOf(schedule), schedule, token],
        },
      ]),
    progressList: async (shard) => {
      const progress: ProgressRow[] = [];
      for (const row of await cql.read('SELECT * FROM cron_progress WHERE shard = ?', [shard])) {
        if (row.schedule !== progress.at(-1)?.schedule) progress.push(progressOf(row));
      }
      return progress;
    },
  };
};

const runOf = (row: Row): RunRow => ({
  schedule: row.schedule,
  slotMs: numberOf(row.slot_ms),
  token: numberOf(row.fencing_token) as FencingToken,
  state: row.state as RunState,
  jobId: row.job_id === null ? null : jobOfUuid(row.job_id),
  reason: row.reason,
  isLate: row.late,
  isBackfill: row.backfill === true, // an earlier version did not write it
  decidedMs: numberOf(row.decided_ms),
});

const progressOf = (row: Row): ProgressRow => ({
  schedule: row.schedule,
  token: numberOf(row.fencing_token) as FencingToken,
  doneToMs: numberOf(row.done_to_ms),
  memory: row.memory === null ? null : (JSON.parse(row.memory) as ScheduleMemory),
});
