// A lock that this process holds for as long as it lives: a session of its own, renewed in the background, and the lock.
//
// 1. One session a lock. A takeover by hand ends the session, and must not cost the process its other locks.
// 2. Held means trusted: `isHeld` is false from the moment at which somebody else might own the lock, before anybody does.
// 3. An attempt without an answer is given up together with its session, so that whatever comes of it is free again.

import { conflictError, EXIT, errorText, JobctlError } from '../model/errors.ts';
import type { FencingToken } from '../model/ids.ts';
import { type LockDeps, lockAcquire, lockRelease } from './acquire.ts';
import { LOCK_ROLE } from './lock-view.ts';
import { shownLockName } from './name.ts';
import { Session } from './session.ts';
import { type LockRequest, type LockWaitDeps, lockWait } from './wait.ts';

/**
 * Resolves once the lock is held; its session is renewed at a third of the lease. The signal is of no effect then. Throws
 * LOCK_HELD, INTERRUPTED, or the store's retryable error.
 */
export const lockHold = async (deps: LockWaitDeps, options: LockRequest): Promise<HeldLock> => {
  const { name, leaseMs, note, address } = options;
  let session: Session | null = null;
  const giveUp = async (): Promise<void> => {
    await session?.end('the lock was not acquired');
    session = null;
  };
  try {
    const acquired = await lockWait(deps, options, async (watcher) => {
      if (session?.isTrusted() !== true) session = await Session.open(deps, { leaseMs, role: LOCK_ROLE, address });
      const mine = session;
      const acquisition = await lockAcquire({ ...deps, watcher }, { name, session: mine.id, note });
      if (acquisition.kind === 'acquired' && mine.isTrusted()) {
        return { kind: 'acquired', held: { token: acquisition.token, session: mine } };
      }
      if (acquisition.kind === 'held') return { kind: 'held' };
      await giveUp();
      return { kind: 'unknown' };
    });
    return new HeldLock(deps, name, acquired);
  } catch (error) {
    await giveUp();
    throw error;
  }
};

export class HeldLock implements AsyncDisposable {
  readonly name: string;
  /** Greater than that of every earlier owner: send it along with whatever you change under the lock. */
  readonly token: FencingToken;
  readonly #deps: LockDeps;
  /** Its name in the store. */
  readonly #stored: string;
  readonly #session: Session;
  readonly #lost = new AbortController();
  readonly #over = Promise.withResolvers<void>();
  #released: Promise<void> | null = null;

  constructor(deps: LockDeps, name: string, held: { readonly token: FencingToken; readonly session: Session }) {
    this.name = shownLockName(name);
    this.#stored = name;
    this.token = held.token;
    this.#deps = deps;
    this.#session = held.session;
    const { lost } = held.session;
    if (lost.aborted) this.#lose();
    else lost.addEventListener('abort', () => this.#lose(), { once: true });
  }

  /** Aborts when the lock is lost, not when it is released; the reason is an Error that says why. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Resolves once it was given back. */
  get released(): Promise<void> {
    return this.#over.promise;
  }

  get leaseMs(): number {
    return this.#session.leaseMs;
  }

  /** Whether this process may act now. Once it was false it stays so. Right before a write that carries the token, no proof. */
  isHeld(): boolean {
    return this.#released === null && this.#session.isTrusted();
  }

  /** Throws LOCK_LOST unless `isHeld`. */
  assertHeld(): void {
    if (this.isHeld()) return;
    throw this.#released === null ? lockLost(this.name, this.#lost.signal.reason) : lockGivenBack(this.name);
  }

  /** Asks the store, linearizably: true proves that nobody else has owned the lock since it was acquired. */
  async isOwner(): Promise<boolean> {
    const row = await this.#deps.store.lockGet(this.#stored);
    return row !== null && row.session === this.#session.id && row.token === this.token;
  }

  /** Gives it back and ends the session. Never throws: without an answer, the end of the lease frees it. */
  release(): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  async #release(): Promise<void> {
    try {
      await lockRelease(this.#deps, { name: this.#stored, token: this.token, session: this.#session.id });
    } catch (error) {
      if (!(error instanceof JobctlError)) throw error;
      this.#deps.events.emit({ type: 'loop.failed', loop: 'lock.release', error, retryMs: 0 });
    }
    await this.#session.end('released');
    this.#over.resolve();
  }

  #lose(): void {
    if (this.#released === null) this.#lost.abort(this.#session.lost.reason);
  }
}

/** Exit 6, not 4: whoever runs a command under a lock must tell "never started" from "lost it half-way". */
export const lockLost = (name: string, reason: unknown): JobctlError =>
  new JobctlError('LOCK_LOST', EXIT.checkFailed, `the lock "${shownLockName(name)}" was lost: ${errorText(reason)}`, {
    detail: 'somebody else may hold it by now, under a higher token',
    hint: 'check what was done under it; a resource that compares tokens has refused what came too late (docs/locks.md)',
    cause: reason,
  });

const lockGivenBack = (name: string): JobctlError =>
  conflictError('TOKEN_STALE', `the lock "${shownLockName(name)}" was given back`, { hint: 'acquire it again' });
