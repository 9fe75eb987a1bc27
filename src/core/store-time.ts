// Due times are stamped and compared by the store's clock, so that processes on skewed machines agree when a job is due.
// No decision about possession uses it (I7).
import { EXIT, JobctlError } from './model/errors.ts';
import type { Clock } from './ports/clock.ts';
import type { EventSink } from './ports/events.ts';
import type { Store } from './ports/store.ts';

/** How often the offset is measured again, ms. */
const STORE_TIME_INTERVAL_MS = 60_000;
/** A measurement that took longer says too little, ms; it is repeated. The first is taken from the best of so many. */
const ROUND_TRIP_MAX_MS = 1_000;
const FIRST_TRIES = 3;
/** An offset above this is reported, ms. */
const SKEW_WARN_MS = 1_000;
/** An offset above this refuses to stamp jobs, ms. */
const SKEW_REFUSE_MS = 5_000;

export class StoreTime {
  readonly #deps: { readonly store: Store; readonly clock: Clock; readonly events: EventSink };
  #offsetMs = 0;
  #measuredAtMs: number | null = null;

  constructor(deps: { readonly store: Store; readonly clock: Clock; readonly events: EventSink }) {
    this.#deps = deps;
  }

  /** Measures the offset when none is known or it is a minute old. */
  async refresh(): Promise<void> {
    const { clock, events } = this.#deps;
    const isFresh = this.#measuredAtMs !== null && clock.monotonicMs() - this.#measuredAtMs < STORE_TIME_INTERVAL_MS;
    if (isFresh) return;
    let best = await this.#measure();
    // A process that was paused meanwhile would be wrong by half of the pause.
    for (let tried = 1; tried < FIRST_TRIES && this.#measuredAtMs === null; tried += 1) {
      if (best.roundTripMs <= ROUND_TRIP_MAX_MS) break;
      const again = await this.#measure();
      if (again.roundTripMs < best.roundTripMs) best = again;
    }
    if (best.roundTripMs > ROUND_TRIP_MAX_MS && this.#measuredAtMs !== null) return; // what is known is better
    this.#offsetMs = best.offsetMs;
    this.#measuredAtMs = clock.monotonicMs();
    if (Math.abs(this.#offsetMs) > SKEW_WARN_MS) events.emit({ type: 'clock.skewed', offsetMs: this.#offsetMs });
  }

  async #measure(): Promise<{ readonly offsetMs: number; readonly roundTripMs: number }> {
    const { clock, store } = this.#deps;
    const sentMs = clock.monotonicMs();
    const storeMs = await store.wallMs();
    const roundTripMs = clock.monotonicMs() - sentMs;
    return { offsetMs: Math.round(storeMs + roundTripMs / 2 - clock.wallMs()), roundTripMs };
  }

  nowMs(): number {
    return this.#deps.clock.wallMs() + this.#offsetMs;
  }

  /** Throws CLOCK_SKEW when this machine's clock is too far from the store's to stamp jobs with. */
  assertUsable(): void {
    if (Math.abs(this.#offsetMs) <= SKEW_REFUSE_MS) return;
    throw new JobctlError(
      'CLOCK_SKEW',
      EXIT.checkFailed,
      `this machine's clock is ${this.#offsetMs} ms off the store's`,
      {
        hint: 'synchronise the clocks (NTP), then try again; `jobctl doctor` shows the offset',
      },
    );
  }
}
