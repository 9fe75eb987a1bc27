// Sessions, locks and checkpoints. Compare-and-set is an UPDATE whose WHERE names what is expected; in the one transaction
// at a time that SQLite allows, its outcome is never unknown.
import type { DatabaseSync, SQLOutputValue, StatementResultingChanges } from 'node:sqlite';
import type { CasOutcome, CheckpointRow, LockRow, SessionRow } from '../../core/model/lock.ts';
import type { CheckpointStore, LockStore } from '../../core/ports/store.ts';
import type { Writer } from './writer.ts';

/** Locks listed at once. */
const LOCKS_MAX = 10_000;
/** Checkpoints kept of one bucket: the newest and the one before. */
const CHECKPOINTS_KEPT = 2;

type Row = Readonly<Record<string, SQLOutputValue>>;

export const createLockStore = (db: DatabaseSync, writer: Writer): LockStore => {
  const insertSession = db.prepare('INSERT OR IGNORE INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const getSession = db.prepare('SELECT * FROM sessions WHERE id = ?');
  const renew = db.prepare(
    'UPDATE sessions SET beat = beat + 1, op_id = ?, until_ms = ? WHERE id = ? AND live = 1 AND beat = ?',
  );
  const end = db.prepare('UPDATE sessions SET live = 0, op_id = ? WHERE id = ? AND live = 1 AND beat = ?');
  const getLock = db.prepare('SELECT * FROM locks WHERE name = ?');
  const insertLock = db.prepare('INSERT OR IGNORE INTO locks VALUES (?, ?, 1, ?, ?)');
  const takeLock = db.prepare(
    `UPDATE locks SET session = ?, fencing_token = fencing_token + 1, op_id = ?, note = ?
     WHERE name = ? AND fencing_token = ? AND session IS ?`,
  );
  const release = db.prepare(
    'UPDATE locks SET session = NULL, op_id = ? WHERE name = ? AND session = ? AND fencing_token = ?',
  );
  const listLocks = db.prepare(
    `SELECT * FROM locks WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name LIMIT ${LOCKS_MAX}`,
  );
  const compareAndSet = (run: () => StatementResultingChanges): Promise<CasOutcome> =>
    writer.write(1, () => (Number(run().changes) === 1 ? 'applied' : 'refused'));

  return {
    sessionInsert: ({ id, live, beat, operationId, leaseMs, untilMs, role, address }) =>
      compareAndSet(() => insertSession.run(id, live ? 1 : 0, beat, operationId, leaseMs, untilMs, role, address)),
    sessionGet: async (id) => {
      const row = getSession.get(id);
      return row === undefined ? null : sessionOf(row);
    },
    sessionRenew: ({ id, beat, operationId, untilMs }) =>
      compareAndSet(() => renew.run(operationId, untilMs, id, beat)),
    sessionEnd: ({ id, beat, operationId }) => compareAndSet(() => end.run(operationId, id, beat)),
    lockGet: async (name) => {
      const row = getLock.get(name);
      return row === undefined ? null : lockOf(row);
    },
    lockTake: ({ name, expected, session, operationId, note }) =>
      compareAndSet(() =>
        expected === null
          ? insertLock.run(name, session, operationId, note)
          : takeLock.run(session, operationId, note, name, expected.token, expected.session),
      ),
    lockRelease: ({ name, session, token, operationId }) =>
      compareAndSet(() => release.run(operationId, name, session, token)),
    lockList: async (prefix) => listLocks.all(prefix).map(lockOf),
  };
};

export const createCheckpointStore = (db: DatabaseSync, writer: Writer): CheckpointStore => {
  const insert = db.prepare('INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?)');
  const forget = db.prepare('DELETE FROM checkpoints WHERE bucket = ? AND fencing_token <= ?');
  const newest = db.prepare('SELECT row FROM checkpoints WHERE bucket = ? ORDER BY fencing_token DESC LIMIT 1');
  return {
    checkpointWrite: (row) =>
      writer.write(1, () => {
        insert.run(row.bucket, row.token, JSON.stringify(row));
        forget.run(row.bucket, row.token - CHECKPOINTS_KEPT);
      }),
    checkpointGet: async (bucket) => {
      const found = newest.get(bucket);
      return found === undefined ? null : (JSON.parse(found.row as string) as CheckpointRow);
    },
  };
};

const sessionOf = (row: Row): SessionRow => ({
  id: row.id as SessionRow['id'],
  live: row.live === 1,
  beat: row.beat as number,
  operationId: row.op_id as SessionRow['operationId'],
  leaseMs: row.lease_ms as number,
  untilMs: row.until_ms as number,
  role: row.role as string,
  address: row.address as string,
});

const lockOf = (row: Row): LockRow => ({
  name: row.name as string,
  session: row.session as LockRow['session'],
  token: row.fencing_token as LockRow['token'],
  operationId: row.op_id as LockRow['operationId'],
  note: row.note as string,
});
