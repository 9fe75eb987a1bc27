// Due times are stamped and compared by the store's clock, so that processes on skewed machines agree when a job is due.
// No decision about possession uses it (I7).
import { EXIT, JobctlError } from './model/errors.ts';
import type { Clock } from './ports/clock.ts';
import type { EventSink } from './ports/events.ts';
import type { Store } from './ports/store.ts';

/** How often the offset is measured again, ms. */
const STORE_TIME_INTERVAL_MS = 60_000;
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
    const { clock, store, events } = this.#deps;
    const sentMs = clock.monotonicMs();
    if (this.#measuredAtMs !== null && sentMs - this.#measuredAtMs < STORE_TIME_INTERVAL_MS) return;
    const storeMs = await store.wallMs();
    const halfMs = (clock.monotonicMs() - sentMs) / 2;
    this.#offsetMs = Math.round(storeMs + halfMs - clock.wallMs());
    this.#measuredAtMs = sentMs;
    if (Math.abs(this.#offsetMs) > SKEW_WARN_MS) events.emit({ type: 'clock.skewed', offsetMs: this.#offsetMs });
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
