// A lock for one lease: taken by a process that ends, and kept by nobody but those who have its handle. Every step is one
// compare-and-set, as those of a session that renews itself; nothing here lives longer than its call.

import { conflictError, unavailableError } from '../model/errors.ts';
import { type FencingToken, makeOperationId, makeSessionId, type SessionId } from '../model/ids.ts';
import type { LockRow } from '../model/lock.ts';
import { isoTime } from '../model/time.ts';
import { lockAcquire, lockRelease } from './acquire.ts';
import { formatHandle, type LockHandle } from './lock-handle.ts';
import { LOCK_ROLE, lockLook, lockMissing, lockView } from './lock-view.ts';
import { shownLockName } from './name.ts';
import { leaseMarginMs } from './session.ts';
import { type LockRequest, type LockWaitDeps, lockWait } from './wait.ts';

/** Tries of a compare-and-set whose answer is lost, or whose beat somebody else has moved. */
const TRIES_MAX = 10;

export interface LeasedLock {
  readonly name: string;
  readonly token: FencingToken;
  readonly session: SessionId;
  /** For `renew` and `release`. */
  readonly handle: string;
  readonly leaseMs: number;
  /** The holder may act until then, by the clock of this machine: counted from before the request, less a margin. ms. */
  readonly untilMs: number;
}

/** A lock that was taken for a lease, as programs see it. */
export interface LeasedView extends Omit<LeasedLock, 'untilMs'> {
  /** The holder may act until then. */
  readonly until: string;
}

export const leasedView = ({ untilMs, ...lock }: LeasedLock): LeasedView => ({ ...lock, until: isoTime(untilMs) });

/** Takes a lock under a session that nobody renews. Throws LOCK_HELD, INTERRUPTED, or the store's retryable error. */
export const lockLease = async (deps: LockWaitDeps, options: LockRequest): Promise<LeasedLock> => {
  const { clock } = deps;
  const { name, leaseMs, note } = options;
  const { session, token, untilMs } = await lockWait(deps, options, async (watcher) => {
    const opened = await openSession(deps, options);
    const acquisition = await lockAcquire({ ...deps, watcher }, { name, session: opened.session, note });
    const isInTime = clock.monotonicMs() < opened.trustedUntilMs;
    if (acquisition.kind === 'acquired' && isInTime) {
      return { kind: 'acquired', held: { ...opened, token: acquisition.token } };
    }
    await endSession(deps, opened.session); // gives back what may have been taken without an answer
    return acquisition.kind === 'held' ? { kind: 'held' } : { kind: 'unknown' };
  });
  return { name: shownLockName(name), token, session, handle: formatHandle({ session, token }), leaseMs, untilMs };
};

/** Starts the lease anew. Throws LOCK_NOT_FOUND, TOKEN_STALE, or the store's retryable error. */
export const leaseRenew = async (deps: LockWaitDeps, name: string, handle: LockHandle): Promise<LeasedLock> => {
  const { store, clock, random } = deps;
  await assertOwner(deps, name, handle);
  const { session, token } = handle;
  for (let tried = 1; tried <= TRIES_MAX; tried += 1) {
    const row = await store.sessionGet(session);
    if (row === null || !row.live) throw sessionEnded(name, handle);
    const { leaseMs, beat } = row;
    const sentMs = clock.wallMs();
    const operationId = makeOperationId(random);
    const change = { id: session, beat, operationId, untilMs: sentMs + leaseMs };
    let isApplied = (await store.sessionRenew(change)) === 'applied';
    if (!isApplied) isApplied = (await store.sessionGet(session))?.operationId === operationId;
    if (!isApplied) continue;
    const untilMs = sentMs + leaseMs - leaseMarginMs(leaseMs);
    return { name: shownLockName(name), token, session, handle: formatHandle(handle), leaseMs, untilMs };
  }
  throw noAnswer(name, 'renewed');
};

/** Gives it back and ends its session; the same again does nothing. Throws LOCK_NOT_FOUND, TOKEN_STALE, or a retryable error. */
export const leaseRelease = async (deps: LockWaitDeps, name: string, handle: LockHandle): Promise<void> => {
  const row = await deps.store.lockGet(name);
  if (row === null) throw lockMissing(name);
  const isFree = row.token === handle.token && row.session === null;
  if (!isFree && !isOwner(row, handle)) throw tokenStale(name, handle.token, row.token);
  if (!isFree && !(await lockRelease(deps, { name, ...handle }))) throw noAnswer(name, 'released');
  await endSession(deps, handle.session);
};

export interface Takeover {
  readonly lock: LeasedLock;
  /** Who was put out; null when the lock turned out to be free. Until he notices he may still act, for so long at most. */
  readonly previous: { readonly session: SessionId; readonly token: number; readonly mayActForMs: number } | null;
}

/**
 * Ends the session of the owner with this token, whether he is alive or not, and takes the lock. Throws LOCK_NOT_FOUND,
 * TOKEN_STALE when the lock has passed on since, LOCK_HELD when somebody who waited was faster.
 */
export const lockTakeover = async (
  deps: LockWaitDeps,
  options: LockRequest & { readonly expectedToken: number },
): Promise<Takeover> => {
  const { lock, session } = await lockLook(deps.store, options.name);
  if (lock.token !== options.expectedToken) throw tokenStale(options.name, options.expectedToken, lock.token);
  if (session !== null && !(await endSession(deps, session.id))) throw noAnswer(options.name, 'taken over');
  const taken = await lockLease(deps, { ...options, waitMs: 0 });
  const previous = session === null ? null : { session: session.id, token: lock.token, mayActForMs: session.leaseMs };
  return { lock: taken, previous };
};

/** Linearizable. Resolves when this is the token of an owner that lives; throws LOCK_NOT_FOUND, TOKEN_STALE. */
export const lockCheck = async (
  deps: LockWaitDeps,
  name: string,
  token: number,
): Promise<ReturnType<typeof lockView>> => {
  const look = await lockLook(deps.store, name);
  if (look.lock.token !== token) throw tokenStale(name, token, look.lock.token);
  if (look.session !== null) return lockView(look, deps.clock.wallMs());
  throw conflictError(
    'TOKEN_STALE',
    `nobody holds the lock "${shownLockName(name)}": token ${token} was given back, or its session has ended`,
    {
      hint: 'stop what is done under this token; acquire the lock again for a new one',
    },
  );
};

const openSession = async ({ store, clock, random, events }: LockWaitDeps, { leaseMs, address }: LockRequest) => {
  for (let tried = 1; tried <= TRIES_MAX; tried += 1) {
    const session = makeSessionId(random);
    const trustMs = leaseMs - leaseMarginMs(leaseMs);
    const trustedUntilMs = clock.monotonicMs() + trustMs;
    const sentMs = clock.wallMs();
    const row = { id: session, live: true, beat: 0, operationId: makeOperationId(random), untilMs: sentMs + leaseMs };
    if ((await store.sessionInsert({ ...row, leaseMs, role: LOCK_ROLE, address })) !== 'applied') continue;
    events.emit({ type: 'session.opened', session });
    return { session, trustedUntilMs, untilMs: sentMs + trustMs };
  }
  throw unavailableError('STORE_UNAVAILABLE', `the store did not confirm a session in ${TRIES_MAX} tries`);
};

/** True once it is certainly over. A beat that moves meanwhile is read again: nobody can be put out by an old one. */
const endSession = async ({ store, random, events }: LockWaitDeps, id: SessionId): Promise<boolean> => {
  for (let tried = 1; tried <= TRIES_MAX; tried += 1) {
    const row = await store.sessionGet(id);
    if (row === null || !row.live) return true;
    if ((await store.sessionEnd({ id, beat: row.beat, operationId: makeOperationId(random) })) !== 'applied') continue;
    events.emit({ type: 'session.ended', session: id, reason: 'ended by hand' });
    return true;
  }
  return false;
};

const isOwner = (row: LockRow, { session, token }: LockHandle): boolean =>
  row.session === session && row.token === token;

const assertOwner = async ({ store }: LockWaitDeps, name: string, handle: LockHandle): Promise<void> => {
  const row = await store.lockGet(name);
  if (row === null) throw lockMissing(name);
  if (!isOwner(row, handle)) throw tokenStale(name, handle.token, row.token);
};

const tokenStale = (name: string, token: number, current: number): Error => {
  const shown = shownLockName(name);
  const message = {
    older: `token ${token} of the lock "${shown}" is stale: the current one is ${current}`,
    same: `nobody holds the lock "${shown}" any more: token ${token} was given back`,
    newer: `the lock "${shown}" never had token ${token}: its last one is ${current}`,
  }[token < current ? 'older' : token === current ? 'same' : 'newer'];
  return conflictError('TOKEN_STALE', message, {
    hint: `stop what is done under it; see who holds the lock with \`jobctl lock get ${shown}\``,
  });
};

const sessionEnded = (name: string, { token }: LockHandle): Error =>
  conflictError('TOKEN_STALE', `token ${token} of the lock "${shownLockName(name)}" is over: its session has ended`, {
    detail: 'it was not renewed in time and somebody who waited has ended it, or it was taken over or released',
    hint: 'stop what is done under it; acquire the lock again for a new token',
  });

const noAnswer = (name: string, done: string): Error =>
  unavailableError(
    'STORE_UNAVAILABLE',
    `the store did not confirm that the lock "${shownLockName(name)}" was ${done}`,
    {
      detail: 'it may or may not have happened',
      hint: 'repeat it: the same again does no harm',
    },
  );
