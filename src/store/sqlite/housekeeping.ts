// Deletes what has expired: idempotency keys, sessions that ended long ago, dead letters beyond their listing. A worker's
// announcement starts it, once an hour, a bounded number of rows at a time.
import type { DatabaseSync } from 'node:sqlite';
import { dayOf } from '../../core/model/dead-letter.ts';
import { DEAD_LETTER_DAYS_MAX } from '../../core/model/limits.ts';
import type { Writer } from './writer.ts';

const EVERY_MS = 3_600_000;
/** Rows deleted in one transaction. */
const CHUNK_ROWS = 500;
/** An ended session is kept so long, ms; a missing row means the same. One that lives is never judged by a clock (I7). */
const SESSION_KEPT_MS = 86_400_000;

/** Call it as often as you like; it resolves when there is nothing more to delete now. */
export const createHousekeeping = (db: DatabaseSync, writer: Writer, wallMs: () => number): (() => Promise<void>) => {
  const keys = db.prepare(
    `DELETE FROM job_keys WHERE (ns, key) IN (SELECT ns, key FROM job_keys WHERE expires_ms <= ? LIMIT ${CHUNK_ROWS})`,
  );
  const sessions = db.prepare(
    `DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE live = 0 AND until_ms <= ? LIMIT ${CHUNK_ROWS})`,
  );
  const letters = db.prepare(
    `DELETE FROM jobs_dlq WHERE (queue, day, shard, failed_ms, job_id, fence) IN
     (SELECT queue, day, shard, failed_ms, job_id, fence FROM jobs_dlq WHERE day < ? LIMIT ${CHUNK_ROWS})`,
  );
  let nextMs = 0;
  return async () => {
    const nowMs = wallMs();
    if (nowMs < nextMs) return;
    nextMs = nowMs + EVERY_MS;
    const chores = [
      [keys, nowMs],
      [sessions, nowMs - SESSION_KEPT_MS],
      [letters, dayOf(nowMs) - DEAD_LETTER_DAYS_MAX],
    ] as const;
    for (const [statement, limit] of chores) {
      while ((await writer.write(CHUNK_ROWS, () => Number(statement.run(limit).changes))) === CHUNK_ROWS);
    }
  };
};
