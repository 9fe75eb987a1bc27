// Timestamps of writes, by the store's clock. Of two writes to one cell the later timestamp wins, whoever wrote when: a process
// whose machine's clock is an hour ahead would leave rows behind that no deletion of the next hour removes, and a slot that is
// deleted in part shows an old attempt as the truth. So the machine's clock stamps nothing: the store's is measured, and carried
// on by the monotonic one.

/** A measurement that took longer says too little, ms: the first one is kept all the same. */
const ROUND_TRIP_MAX_MS = 1_000;

export interface OwnClocks {
  wallMs(): number;
  monotonicMs(): number;
}

export class WriteClock {
  readonly #clocks: OwnClocks;
  /** The store's clock minus the monotonic one. */
  #offsetMs: number | null = null;
  #lastUs = 0;

  constructor(clocks: OwnClocks) {
    this.#clocks = clocks;
  }

  /** Reads the store's clock, ms since the epoch, and takes its measure on the way. */
  async measure(read: () => Promise<number>): Promise<number> {
    const sentMs = this.#clocks.monotonicMs();
    const storeMs = await read();
    const atMs = this.#clocks.monotonicMs();
    const roundTripMs = atMs - sentMs;
    if (this.#offsetMs === null || roundTripMs <= ROUND_TRIP_MAX_MS) this.#offsetMs = storeMs + roundTripMs / 2 - atMs;
    return storeMs;
  }

  /** µs since the epoch; each is higher than the one before. The machine's own clock until the store's was read. */
  nextUs(): number {
    const clocks = this.#clocks;
    const nowMs = this.#offsetMs === null ? clocks.wallMs() : clocks.monotonicMs() + this.#offsetMs;
    this.#lastUs = Math.max(this.#lastUs + 1, Math.round(nowMs * 1_000));
    return this.#lastUs;
  }
}
