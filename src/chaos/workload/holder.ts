// A program that uses locks as the library and the command line do: it waits for a lock and holds it under a session that is
// renewed in the background, or takes it for a lease that it renews by its handle.
import { type HeldLock, lockHold } from '../../core/lock/held-lock.ts';
import { type LeasedLock, leaseRelease, leaseRenew, lockLease } from '../../core/lock/lease.ts';
import { parseHandle } from '../../core/lock/lock-handle.ts';
import type { LockRequest } from '../../core/lock/wait.ts';
import { JobctlError } from '../../core/model/errors.ts';
import type { FencingToken } from '../../core/model/ids.ts';
import type { ActorDeps } from './client.ts';
import type { Effect } from './resource.ts';

const WAIT_MAX_MS = 30_000;
const PAUSE_MS = 1_500;
const ACT_MS = 400;
const ACTS_MAX = 25;
/** So many of its acts renew a lease first. */
const RENEW_SHARE = 0.2;
/** Now and then it forgets to give back what it has: the lease must free it. */
const FORGET_SHARE = 0.1;

export interface HolderDeps extends ActorDeps {
  /** Names in the store. */
  readonly lockNames: readonly string[];
  readonly leaseMs: number;
  /** In [0, 1). */
  readonly chance: () => number;
  /** Changes something that is to be changed under the lock only; nobody waits for it. */
  readonly request: (effect: Effect) => void;
}

export class Holder {
  readonly #deps: HolderDeps;

  constructor(deps: HolderDeps) {
    this.#deps = deps;
  }

  /** Until the signal aborts. Whatever it throws is a bug. */
  async run(stop?: AbortSignal): Promise<void> {
    const { lockNames, leaseMs, chance, clock, who } = this.#deps;
    while (stop?.aborted !== true) {
      const name = lockNames[Math.floor(chance() * lockNames.length)] ?? 'user/0';
      const waitMs = chance() * WAIT_MAX_MS;
      const request = {
        name,
        waitMs,
        leaseMs,
        note: '',
        address: who,
        ...(stop === undefined ? {} : { signal: stop }),
      };
      const round = chance() < 0.5 ? this.#hold(request, stop) : this.#lease(request, stop);
      await round.catch(rethrowUnexpected);
      await clock.sleep(chance() * PAUSE_MS, stop);
    }
  }

  async #hold(request: LockRequest, stop: AbortSignal | undefined): Promise<void> {
    const { chance, clock } = this.#deps;
    const held: HeldLock = await this.#acquire(request.name, () => lockHold(this.#deps, request));
    for (let left = chance() ** 2 * ACTS_MAX; left > 0 && stop?.aborted !== true; left -= 1) {
      if (!this.#act(request.name, held.token, () => held.isHeld())) break;
      await clock.sleep(ACT_MS * chance(), held.lost);
    }
    await held.release();
  }

  async #lease(request: LockRequest, stop: AbortSignal | undefined): Promise<void> {
    const { chance, clock } = this.#deps;
    let leased: LeasedLock = await this.#acquire(request.name, () => lockLease(this.#deps, request));
    const handle = parseHandle(leased.handle);
    for (let left = chance() ** 2 * ACTS_MAX; left > 0 && stop?.aborted !== true; left -= 1) {
      if (!this.#act(request.name, leased.token, () => clock.wallMs() < leased.untilMs)) break;
      await clock.sleep(ACT_MS * chance());
      if (chance() < RENEW_SHARE) leased = await leaseRenew(this.#deps, request.name, handle);
    }
    if (chance() >= FORGET_SHARE) await leaseRelease(this.#deps, request.name, handle);
  }

  async #acquire<Held extends { readonly token: FencingToken }>(
    name: string,
    acquire: () => Promise<Held>,
  ): Promise<Held> {
    const { recorder, who } = this.#deps;
    const operation = recorder.begin(who, 'acquire', { name });
    try {
      const held = await acquire();
      recorder.end(operation, 'ok', held.token);
      return held;
    } catch (error) {
      const isHeld = error instanceof JobctlError && error.code === 'LOCK_HELD';
      recorder.end(operation, isHeld ? 'fail' : 'info', null);
      throw error;
    }
  }

  /** False: it may belong to somebody else by now. What is noted is a time before the look: a process may sleep after any step. */
  #act(name: string, token: FencingToken, isMine: () => boolean): boolean {
    const { recorder, who, request } = this.#deps;
    const operation = recorder.begin(who, 'hold', { name, token });
    const held = isMine();
    recorder.end(operation, held ? 'ok' : 'fail', null);
    if (held) request({ resource: name, token, once: null });
    return held;
  }
}

/** Held by somebody else, lost, taken over, or no answer: it tries again. */
const rethrowUnexpected = (error: unknown): void => {
  if (!(error instanceof JobctlError) || error.code === 'INTERNAL') throw error;
};
