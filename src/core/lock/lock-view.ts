// A lock as people and programs see it: its row and its session, read together. For looking only: by the time it is read
// it may have changed, and `overdue` compares clocks of two machines, which no decision about possession does (I7).
import { notFoundError } from '../model/errors.ts';
import type { SessionId } from '../model/ids.ts';
import type { LockRow, SessionRow } from '../model/lock.ts';
import { isoTime } from '../model/time.ts';
import type { LockStore } from '../ports/store.ts';
import { anyLockName, shownLockName, USER_LOCK_PREFIX } from './name.ts';

/**
 * `held`: by a live session. `overdue`: by one that should have been renewed by now; it passes on once somebody who waits
 * has watched it for its lease. `free`: anybody may take it.
 */
export type LockState = 'held' | 'overdue' | 'free';

export interface LockView {
  readonly name: string;
  readonly state: LockState;
  /** The last one granted; the next owner gets a higher one. */
  readonly token: number;
  /** The process that holds it; null while it is free. */
  readonly owner: string | null;
  readonly note: string | null;
  readonly session: SessionId | null;
  readonly leaseMs: number | null;
  /** Renewals of the session so far. */
  readonly beat: number | null;
  /** When the last renewal runs out, by the holder's clock. For people. */
  readonly until: string | null;
}

/** Sessions read at the same time. */
const READS_MAX = 16;

export interface LockLook {
  readonly lock: LockRow;
  /** Only one that lives. */
  readonly session: SessionRow | null;
}

/** Linearizable. Throws LOCK_NOT_FOUND for a lock that nobody ever took. */
export const lockLook = async (store: LockStore, name: string): Promise<LockLook> => {
  const lock = await store.lockGet(name);
  if (lock === null) throw lockMissing(name);
  return { lock, session: await liveSession(store, lock) };
};

/** The session that holds the lock; null when nobody does, or it has ended. */
const liveSession = async (store: LockStore, { session }: LockRow): Promise<SessionRow | null> =>
  session === null ? null : alive(await store.sessionGet(session));

const alive = (session: SessionRow | null | undefined): SessionRow | null => (session?.live === true ? session : null);

/** Takes the name as typed. Throws LOCK_NAME_INVALID, LOCK_NOT_FOUND. */
export const lockGet = async (store: LockStore, text: string, nowMs: number): Promise<LockView> =>
  lockView(await lockLook(store, anyLockName(text)), nowMs);

/** By name. `all` adds the locks that jobctl keeps for itself. */
export const lockList = async (
  store: LockStore,
  { scope, nowMs }: { readonly scope: 'user' | 'all'; readonly nowMs: number },
): Promise<readonly LockView[]> => {
  const locks = await store.lockList(scope === 'user' ? USER_LOCK_PREFIX : '');
  return (await looksOf(store, locks)).map((look) => lockView(look, nowMs));
};

/**
 * In the order of the locks. A session is read once, however many locks it holds: linearizable reads of one row get in each
 * other's way, and many at a time make each other fail.
 */
export const looksOf = async (store: LockStore, locks: readonly LockRow[]): Promise<readonly LockLook[]> => {
  const ids = [...new Set(locks.flatMap(({ session }) => (session === null ? [] : [session])))];
  const sessions = new Map<SessionId, SessionRow | null>();
  const rest = ids.values();
  const lane = async (): Promise<void> => {
    for (const id of rest) sessions.set(id, await store.sessionGet(id));
  };
  await Promise.all(Array.from({ length: READS_MAX }, lane));
  return locks.map((lock) => ({ lock, session: lock.session === null ? null : alive(sessions.get(lock.session)) }));
};

export const lockView = ({ lock, session }: LockLook, nowMs: number): LockView => {
  const { token } = lock;
  const name = shownLockName(lock.name);
  if (session === null) {
    const nobody = { owner: null, note: null, session: null, leaseMs: null, beat: null, until: null };
    return { name, state: 'free', token, ...nobody };
  }
  const { id, address, role, leaseMs, beat, untilMs } = session;
  return {
    name,
    state: untilMs < nowMs ? 'overdue' : 'held',
    token,
    owner: ownerOf(lock, { address, role }),
    note: lock.note === '' ? null : lock.note,
    session: id,
    leaseMs,
    beat,
    until: isoTime(untilMs),
  };
};

/** A bucket's note is the name of its worker. */
const ownerOf = ({ note }: LockRow, { address, role }: { readonly address: string; readonly role: string }): string => {
  if (role !== LOCK_ROLE && note !== '') return note;
  return address === '' ? role : address;
};

/** Role of sessions that were opened for one lock of a user. */
export const LOCK_ROLE = 'lock';

export const lockMissing = (name: string): Error =>
  notFoundError('LOCK_NOT_FOUND', `there is no lock "${shownLockName(name)}"`, {
    detail: 'nobody has ever taken it in this store',
    hint: 'see the names with `jobctl lock list`, and which store is meant with `jobctl config view --origin`',
  });
