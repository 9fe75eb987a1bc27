// A client of the lock core: acquires, acts under the lock while it trusts its session, releases, and begins again.
import { lockAcquire, lockRelease } from '../../core/lock/acquire.ts';
import { Session } from '../../core/lock/session.ts';
import { Watcher } from '../../core/lock/watcher.ts';
import type { FencingToken } from '../../core/model/ids.ts';
import { type Life, Process } from './process.ts';

const ROUND_MS = 1_500;
/** It acts so often while it holds a lock. */
const ACT_MS = 400;
const HOLD_ROUNDS_MAX = 20;
/** Now and then it gives back its whole session. */
const LEAVE_SHARE = 0.1;

export class LockProcess extends Process {
  protected async live(life: Life): Promise<void> {
    const { kernel, plan } = this.scene;
    const { machine, store, events } = life;
    const deps = { store, clock: machine, random: machine.random, events };
    const watcher = new Watcher(deps);
    for (;;) {
      try {
        const session = await Session.open(deps, { leaseMs: plan.leaseMs, role: 'lock', address: '' });
        while (session.isTrusted()) {
          const name = plan.lockNames[Math.floor(kernel.chance() * plan.lockNames.length)] ?? 'user/0';
          await this.#round(life, { session, watcher }, name).catch(() => {}); // the store does not answer
          await machine.sleep(kernel.chance() * ROUND_MS, session.lost);
          if (kernel.chance() < LEAVE_SHARE) await session.end('left');
        }
      } catch {
        await machine.sleep(ROUND_MS);
      }
    }
  }

  async #round(
    life: Life,
    { session, watcher }: { readonly session: Session; readonly watcher: Watcher },
    name: string,
  ): Promise<void> {
    const { history, kernel } = this.scene;
    const { machine, store, events, who } = life;
    const deps = { store, random: machine.random, events, watcher };
    const operation = history.begin(who, 'acquire', { name });
    const acquisition = await lockAcquire(deps, { name, session: session.id, note: who }).catch((error: unknown) => {
      history.end(operation, 'info', null);
      throw error;
    });
    const isHeld = acquisition.kind === 'acquired';
    history.end(operation, acquisition.kind === 'unknown' ? 'info' : 'ok', isHeld ? acquisition.token : null);
    if (!isHeld) return;
    const rounds = kernel.chance() ** 2 * HOLD_ROUNDS_MAX;
    for (let round = 0; round < rounds && session.isTrusted(); round += 1) {
      this.#act(life, name, acquisition.token);
      await machine.sleep(ACT_MS * kernel.chance(), session.lost);
    }
    if (session.isTrusted()) await lockRelease(deps, { name, session: session.id, token: acquisition.token });
  }

  #act({ machine, who }: Life, name: string, token: FencingToken): void {
    this.scene.history.note(who, 'hold', { name, token });
    this.scene.resource.request(machine, who, { resource: name, token, once: null });
  }
}
