// What has expired is deleted, in bounded pieces; what has not stays.
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { dayOf } from '../../../src/core/model/dead-letter.ts';
import { createHousekeeping } from '../../../src/store/sqlite/housekeeping.ts';
import { MIGRATIONS } from '../../../src/store/sqlite/schema.ts';
import { noLog } from '../../../src/store/sqlite/write-ahead-log.ts';
import { Writer } from '../../../src/store/sqlite/writer.ts';

const DAY_MS = 86_400_000;

test('expired keys, sessions and dead letters go, once an hour', async () => {
  let nowMs = Date.UTC(2027, 0, 1);
  const db = new DatabaseSync(':memory:');
  for (const statements of MIGRATIONS) db.exec(statements);
  const count = (table: string): unknown => db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n;
  const fill = (): void => {
    for (let index = 0; index < 1_200; index += 1) {
      const expiresMs = index < 1_100 ? nowMs : nowMs + 1;
      db.prepare("INSERT OR REPLACE INTO job_keys VALUES ('n', ?, 'id', 0, ?)").run(`k${index}`, expiresMs);
    }
    for (const [days, live] of [
      [0, 0],
      [2, 0],
      [9, 1],
    ] as const) {
      db.prepare("INSERT OR REPLACE INTO sessions VALUES (?, ?, 0, 'o', 1000, ?, '', '')").run(
        `s${days}`,
        live,
        nowMs - days * DAY_MS,
      );
    }
    for (const days of [89, 91]) {
      const failedMs = nowMs - days * DAY_MS;
      db.prepare("INSERT OR REPLACE INTO jobs_dlq VALUES ('q', ?, 0, ?, 'id', 1, 1, '', '', '', '{}', 0)").run(
        dayOf(failedMs),
        failedMs,
      );
    }
  };
  const keepHouse = createHousekeeping(db, new Writer(db, ':memory:', { log: noLog, hint: () => {} }), () => nowMs);
  fill();
  await keepHouse();
  expect([count('job_keys'), count('sessions'), count('jobs_dlq')]).toEqual([100, 2, 1]);
  fill();
  await keepHouse();
  expect(count('sessions')).toBe(3);
  nowMs += 3_600_000;
  await keepHouse();
  expect(count('sessions')).toBe(2);
  db.close();
});
