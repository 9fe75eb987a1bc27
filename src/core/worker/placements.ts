// What operators want, as a worker knows it: read three times a lease, not with every round of balancing. Workers that know
// it at different instants only converge later; the lock protects what they do meanwhile.
import type { PlacementRow } from '../model/placement.ts';
import type { Clock } from '../ports/clock.ts';
import type { PlacementStore } from '../ports/store.ts';

const READS_PER_LEASE = 3;

export class KnownPlacements {
  readonly #deps: { readonly store: PlacementStore; readonly clock: Clock };
  readonly #everyMs: number;
  #rows: readonly PlacementRow[] = [];
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(deps: { readonly store: PlacementStore; readonly clock: Clock }, leaseMs: number) {
    this.#deps = deps;
    this.#everyMs = leaseMs / READS_PER_LEASE;
  }

  /** Throws when it is time to read them and the store does not answer: nobody may be placed by a guess. */
  async list(): Promise<readonly PlacementRow[]> {
    const nowMs = this.#deps.clock.monotonicMs();
    if (nowMs < this.#nextMs) return this.#rows;
    this.#rows = await this.#deps.store.placementList();
    this.#nextMs = nowMs + this.#everyMs;
    return this.#rows;
  }
}
