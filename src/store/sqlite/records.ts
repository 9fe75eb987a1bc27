// The small tables: idempotency keys, dead letters and members. What has expired counts as absent.
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { deadLetterKey } from '../../core/model/dead-letter.ts';
import type { JobId } from '../../core/model/ids.ts';
import type { DeadLetterRow } from '../../core/model/job.ts';
import type { MemberRow } from '../../core/model/lock.ts';
import type { DeadLetterStore, KeyStore, MemberStore } from '../../core/ports/store.ts';
import type { Writer } from './writer.ts';

export const createKeyStore = (db: DatabaseSync, writer: Writer, wallMs: () => number): KeyStore => {
  const get = db.prepare('SELECT job_id FROM job_keys WHERE ns = ? AND key = ? AND expires_ms > ?');
  const insert = db.prepare(
    `INSERT INTO job_keys VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (ns, key) DO UPDATE
     SET job_id = ?3, created_ms = ?4, expires_ms = ?5 WHERE expires_ms <= ?6`,
  );
  return {
    keyGet: async (namespace, key) => (get.get(namespace, key, wallMs())?.job_id as JobId | undefined) ?? null,
    keyInsert: ({ namespace, key, jobId, createdMs, ttlMs }) =>
      writer.write(1, () => {
        const nowMs = wallMs();
        const { changes } = insert.run(namespace, key, jobId, createdMs, nowMs + ttlMs, nowMs);
        return Number(changes) === 1 ? 'applied' : 'refused';
      }),
  };
};

export const createDeadLetterStore = (db: DatabaseSync, writer: Writer): DeadLetterStore => {
  const insert = db.prepare('INSERT OR REPLACE INTO jobs_dlq VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const select = (place: string) =>
    db.prepare(`SELECT * FROM jobs_dlq WHERE queue = ? AND day = ? AND shard = ? ${place}
      ORDER BY failed_ms DESC, job_id, fence DESC LIMIT ?`);
  const first = select('');
  const next = select(
    'AND (failed_ms < ?4 OR failed_ms = ?4 AND (job_id > ?5 OR job_id = ?5 AND fence < ?6))'.replace(/\?\d/g, '?'),
  );
  const remove = db.prepare(
    'DELETE FROM jobs_dlq WHERE queue = ? AND day = ? AND shard = ? AND failed_ms = ? AND job_id = ? AND fence = ?',
  );
  return {
    deadLetterAppend: (rows) =>
      writer.write(rows.length, () => {
        for (const { job, fence, failedMs, attempts, reason } of rows) {
          const { day, shard } = deadLetterKey({ queue: job.queue, jobId: job.jobId, fence, failedMs });
          const { queue, jobId, type, payload, spec, createdMs } = job;
          insert.run(
            ...[queue, day, shard, failedMs, jobId, fence, attempts, reason, type, payload],
            JSON.stringify(spec),
            createdMs,
          );
        }
      }),
    deadLetterPage: async ({ queue, day, shard, after, limit }) => {
      if (after === null) return first.all(queue, day, shard, limit).map(letterOf);
      const { failedMs, jobId, fence } = after;
      return next.all(queue, day, shard, failedMs, failedMs, jobId, jobId, fence, limit).map(letterOf);
    },
    deadLetterDelete: (keys) =>
      writer.write(keys.length, () => {
        for (const { queue, day, shard, failedMs, jobId, fence } of keys)
          remove.run(queue, day, shard, failedMs, jobId, fence);
      }),
  };
};

export const createMemberStore = (db: DatabaseSync, writer: Writer, wallMs: () => number): MemberStore => {
  const insert = db.prepare('INSERT OR REPLACE INTO members VALUES (?, ?, ?, ?)');
  const forget = db.prepare('DELETE FROM members WHERE expires_ms <= ?');
  const remove = db.prepare('DELETE FROM members WHERE role = ? AND member_id = ?');
  const list = db.prepare('SELECT row FROM members WHERE role = ? AND expires_ms > ? ORDER BY member_id');
  return {
    memberWrite: (row, ttlMs) =>
      writer.write(1, () => {
        forget.run(wallMs());
        insert.run(row.role, row.memberId, JSON.stringify(row), wallMs() + ttlMs);
      }),
    memberDelete: (role, memberId) =>
      writer.write(1, () => {
        remove.run(role, memberId);
      }),
    memberList: async (role) => list.all(role, wallMs()).map((found) => JSON.parse(found.row as string) as MemberRow),
  };
};

const letterOf = (row: Readonly<Record<string, SQLOutputValue>>): DeadLetterRow => ({
  job: {
    jobId: row.job_id as JobId,
    queue: row.queue as string,
    type: row.type as string,
    payload: row.payload as string,
    spec: JSON.parse(row.spec as string),
    createdMs: row.created_ms as number,
  },
  fence: row.fence as DeadLetterRow['fence'],
  failedMs: row.failed_ms as number,
  attempts: row.attempts as number,
  reason: row.reason as string,
});
