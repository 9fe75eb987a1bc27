// Taking and giving back a lock. A lock passes on only when it is free or its session has ended; it is never adopted: a
// row that names my session though I do not hold it is taken again under a new token.
import type { FencingToken, SessionId } from '../model/ids.ts';
import { makeOperationId, type Random } from '../model/ids.ts';
import type { EventSink } from '../ports/events.ts';
import type { LockStore } from '../ports/store.ts';
import type { Watcher } from './watcher.ts';

/** Tries to give a lock back; the end of its session frees it otherwise. */
const RELEASE_TRIES_MAX = 3;

export interface LockDeps {
  readonly store: LockStore;
  readonly random: Random;
  readonly events: EventSink;
}

export type Acquisition =
  | { readonly kind: 'acquired'; readonly token: FencingToken }
  /** `by` null: somebody was quicker, perhaps an earlier try of one's own. */
  | { readonly kind: 'held'; readonly by: SessionId | null }
  /** No answer; possibly applied later. Not held: try again. */
  | { readonly kind: 'unknown' };

export const lockAcquire = async (
  deps: LockDeps & { readonly watcher: Watcher },
  lock: { readonly name: string; readonly session: SessionId; readonly note: string },
): Promise<Acquisition> => {
  const { store, random, events, watcher } = deps;
  const row = await store.lockGet(lock.name);
  const owner = row?.session ?? null;
  if (owner !== null && owner !== lock.session && !(await watcher.isEnded(owner))) return { kind: 'held', by: owner };
  const operationId = makeOperationId(random);
  const expected = row === null ? null : { token: row.token, session: row.session };
  const outcome = await store.lockTake({ ...lock, expected, operationId });
  if (outcome === 'refused') return { kind: 'held', by: null };
  let token = ((row?.token ?? 0) + 1) as FencingToken;
  if (outcome === 'unknown') {
    const after = await store.lockGet(lock.name);
    if (after === null || after.operationId !== operationId || after.session !== lock.session)
      return { kind: 'unknown' };
    token = after.token;
  }
  events.emit({ type: 'lock.acquired', name: lock.name, token });
  return { kind: 'acquired', token };
};

/** True once it is certain that this token owns nothing any more; false when nobody answered. */
export const lockRelease = async (
  deps: LockDeps,
  lock: { readonly name: string; readonly session: SessionId; readonly token: FencingToken },
): Promise<boolean> => {
  for (let tried = 1; tried <= RELEASE_TRIES_MAX; tried += 1) {
    const outcome = await deps.store.lockRelease({ ...lock, operationId: makeOperationId(deps.random) });
    if (outcome === 'unknown') continue; // a second release finds nothing of this token to free: harmless
    if (outcome === 'applied') deps.events.emit({ type: 'lock.released', name: lock.name, token: lock.token });
    return true;
  }
  return false;
};
