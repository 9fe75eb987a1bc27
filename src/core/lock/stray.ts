// Locks whose rows may name my session though I do not hold them: an acquisition that came late, or a release whose answer
// was lost. Nobody else can take them while the session lives, so they are given back.
import type { SessionId } from '../model/ids.ts';
import type { Clock } from '../ports/clock.ts';
import { type LockDeps, lockRelease } from './acquire.ts';

/** A request that nobody answered may be carried out so long after it was sent, ms. */
const WATCH_MS = 60_000;

export class StrayLocks {
  readonly #deps: LockDeps & { readonly clock: Clock };
  readonly #session: SessionId;
  readonly #names = new Map<string, number>();

  constructor(deps: LockDeps & { readonly clock: Clock }, session: SessionId) {
    this.#deps = deps;
    this.#session = session;
  }

  /** Something was asked about this lock, and there was no answer. */
  note(name: string): void {
    this.#names.set(name, this.#deps.clock.monotonicMs());
  }

  /** It is held now: it is no stray. */
  forget(name: string): void {
    this.#names.delete(name);
  }

  /** Gives back what is mine by the row alone. Nothing may be under way about these locks. */
  async release(): Promise<void> {
    for (const [name, sinceMs] of this.#names) {
      const row = await this.#deps.store.lockGet(name);
      if (row?.session === this.#session) {
        await lockRelease(this.#deps, { name, session: this.#session, token: row.token });
      } else if (this.#deps.clock.monotonicMs() - sinceMs > WATCH_MS) this.#names.delete(name);
    }
  }
}
