// Sessions and locks: changed by compare-and-set alone, read linearizably, never by a plain write and never with a TTL.
import { EXIT, JobctlError } from '../../core/model/errors.ts';
import type { LockRow, SessionRow } from '../../core/model/lock.ts';
import type { LockStore } from '../../core/ports/store.ts';
import type { Cql, Row } from './client.ts';
import { numberOf, uuidOf } from './values.ts';

/** Locks listed at once. */
const LOCKS_MAX = 10_000;

const SESSION = {
  insert: `INSERT INTO sessions (id, live, beat, op_id, lease_ms, until, role, address) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    IF NOT EXISTS`,
  get: 'SELECT * FROM sessions WHERE id = ?',
  renew: 'UPDATE sessions SET beat = ?, op_id = ?, until = ? WHERE id = ? IF live = true AND beat = ?',
  end: 'UPDATE sessions SET live = false, op_id = ? WHERE id = ? IF live = true AND beat = ?',
} as const;

const LOCK = {
  get: 'SELECT * FROM locks WHERE name = ?',
  insert: 'INSERT INTO locks (name, session, fencing_token, op_id, note) VALUES (?, ?, 1, ?, ?) IF NOT EXISTS',
  take: `UPDATE locks SET session = ?, fencing_token = ?, op_id = ?, note = ? WHERE name = ?
    IF fencing_token = ? AND session = ?`,
  /** With its token, though that stays: a change that comes late, after a TRUNCATE, is to be a whole row. */
  release: `UPDATE locks SET session = null, fencing_token = ?, op_id = ? WHERE name = ?
    IF session = ? AND fencing_token = ?`,
  list: `SELECT * FROM locks LIMIT ${LOCKS_MAX}`,
} as const;

export const createLockStore = (cql: Cql): LockStore => ({
  sessionInsert: ({ id, live, beat, operationId, leaseMs, untilMs, role, address }) => {
    const until = new Date(untilMs);
    return cql.compareAndSet(SESSION.insert, [
      uuidOf(id),
      live,
      beat,
      uuidOf(operationId),
      leaseMs,
      until,
      role,
      address,
    ]);
  },
  sessionGet: async (id) => {
    const row = await cql.serialRead(SESSION.get, [uuidOf(id)]);
    return row === null || isLate(row) ? null : sessionOf(row);
  },
  sessionRenew: ({ id, beat, operationId, untilMs }) =>
    cql.compareAndSet(SESSION.renew, [beat + 1, uuidOf(operationId), new Date(untilMs), uuidOf(id), beat]),
  sessionEnd: ({ id, beat, operationId }) => cql.compareAndSet(SESSION.end, [uuidOf(operationId), uuidOf(id), beat]),
  lockGet: async (name) => {
    const row = await cql.serialRead(LOCK.get, [name]);
    return row === null ? null : lockOf(row);
  },
  lockTake: ({ name, expected, session, operationId, note }) => {
    const [owner, operation] = [uuidOf(session), uuidOf(operationId)];
    if (expected === null) return cql.compareAndSet(LOCK.insert, [name, owner, operation, note]);
    const before = expected.session === null ? null : uuidOf(expected.session);
    const next = [owner, expected.token + 1, operation, note];
    return cql.compareAndSet(LOCK.take, [...next, name, expected.token, before]);
  },
  lockRelease: ({ name, session, token, operationId }) =>
    cql.compareAndSet(LOCK.release, [token, uuidOf(operationId), name, uuidOf(session), token]),
  lockList: async (prefix) =>
    (await cql.read(LOCK.list))
      .map(lockOf)
      .filter(({ name }) => name.startsWith(prefix))
      .sort((left, right) => (left.name < right.name ? -1 : 1)),
});

/** A renewal or an end that came after the session was gone, by a TRUNCATE: its `live` is missing or false, and nobody can renew it. */
const isLate = ({ lease_ms: leaseMs }: Row): boolean => leaseMs === null;

const sessionOf = (row: Row): SessionRow => ({
  id: String(row.id) as SessionRow['id'],
  live: row.live,
  beat: numberOf(row.beat),
  operationId: String(row.op_id) as SessionRow['operationId'],
  leaseMs: row.lease_ms,
  untilMs: row.until.getTime(),
  role: row.role,
  address: row.address,
});

/** Throws STORE_CORRUPT. */
const lockOf = (row: Row): LockRow => {
  if (row.fencing_token === null) throw inPart(row.name);
  return {
    name: row.name,
    session: row.session === null ? null : (String(row.session) as LockRow['session']),
    token: numberOf(row.fencing_token) as LockRow['token'],
    operationId: String(row.op_id) as LockRow['operationId'],
    note: row.note,
  };
};

/** What was changed last is there, and what the row was made with is not. Nobody knows any more which token is the next. */
const inPart = (name: string): JobctlError =>
  new JobctlError('STORE_CORRUPT', EXIT.failed, `only a part of the row of lock ${name} is there`, {
    detail: 'its table was truncated while it was used, or right after a node came back: a late change stayed',
    hint: 'end all workers and schedulers, and restore the keyspace, or make it anew: `jobctl db reset`, `jobctl db init`',
  });
