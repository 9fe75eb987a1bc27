// A program that uses locks as the library and the command line do: it waits for a lock and holds it under a session that is
// renewed in the background, or takes it for a lease that it renews by its handle.
import { type HeldLock, lockHold } from '../../../src/core/lock/held-lock.ts';
import { type LeasedLock, leaseRelease, leaseRenew, lockLease } from '../../../src/core/lock/lease.ts';
import { parseHandle } from '../../../src/core/lock/lock-handle.ts';
import type { LockRequest, LockWaitDeps } from '../../../src/core/lock/wait.ts';
import { JobctlError } from '../../../src/core/model/errors.ts';
import type { FencingToken } from '../../../src/core/model/ids.ts';
import { type Life, Process } from './process.ts';

const WAIT_MAX_MS = 30_000;
const PAUSE_MS = 1_500;
const ACT_MS = 400;
const ACTS_MAX = 25;
/** So many of its acts renew a lease first. */
const RENEW_SHARE = 0.2;
/** Now and then it forgets to give back what it has: the lease must free it. */
const FORGET_SHARE = 0.1;

export class HolderProcess extends Process {
  protected async live(life: Life): Promise<void> {
    const { kernel, plan } = this.scene;
    const { machine, store, events, who } = life;
    const deps = { store, clock: machine, random: machine.random, events };
    for (;;) {
      const name = plan.lockNames[Math.floor(kernel.chance() * plan.lockNames.length)] ?? 'user/0';
      const waitMs = kernel.chance() * WAIT_MAX_MS;
      const request = { name, waitMs, leaseMs: plan.leaseMs, note: '', address: who };
      const round = kernel.chance() < 0.5 ? this.#hold(life, deps, request) : this.#lease(life, deps, request);
      await round.catch(rethrowUnexpected);
      await machine.sleep(kernel.chance() * PAUSE_MS);
    }
  }

  async #hold(life: Life, deps: LockWaitDeps, request: LockRequest): Promise<void> {
    const { kernel } = this.scene;
    const held: HeldLock = await this.#acquire(life, request.name, () => lockHold(deps, request));
    for (let left = kernel.chance() ** 2 * ACTS_MAX; left > 0 && held.isHeld(); left -= 1) {
      this.#act(life, request.name, held.token);
      await life.machine.sleep(ACT_MS * kernel.chance(), held.lost);
    }
    await held.release();
  }

  async #lease(life: Life, deps: LockWaitDeps, request: LockRequest): Promise<void> {
    const { kernel } = this.scene;
    const { machine } = life;
    let leased: LeasedLock = await this.#acquire(life, request.name, () => lockLease(deps, request));
    const handle = parseHandle(leased.handle);
    for (let left = kernel.chance() ** 2 * ACTS_MAX; left > 0 && machine.wallMs() < leased.untilMs; left -= 1) {
      this.#act(life, request.name, leased.token);
      await machine.sleep(ACT_MS * kernel.chance());
      if (kernel.chance() < RENEW_SHARE) leased = await leaseRenew(deps, request.name, handle);
    }
    if (kernel.chance() >= FORGET_SHARE) await leaseRelease(deps, request.name, handle);
  }

  async #acquire<Held extends { readonly token: FencingToken }>(
    { who }: Life,
    name: string,
    acquire: () => Promise<Held>,
  ): Promise<Held> {
    const { history } = this.scene;
    const operation = history.begin(who, 'acquire', { name });
    try {
      const held = await acquire();
      history.end(operation, 'ok', held.token);
      return held;
    } catch (error) {
      history.end(operation, 'info', null);
      throw error;
    }
  }

  #act({ machine, who }: Life, name: string, token: FencingToken): void {
    this.scene.history.note(who, 'hold', { name, token });
    this.scene.resource.request(machine, who, { resource: name, token, once: null });
  }
}

/** Held by somebody else, lost, taken over, or no answer: it tries again. */
const rethrowUnexpected = (error: unknown): void => {
  if (!(error instanceof JobctlError) || error.code === 'INTERNAL') throw error;
};
