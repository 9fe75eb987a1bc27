// Due times are stamped and compared by the store's clock, so that processes on skewed machines agree when a job is due.
// No decision about possession uses it (I7).
//
// A machine's clock may be set while a process runs. An owner that followed an hour's step would read, and close, an hour of
// slots that jobs have yet to come into. So the wall clock is believed only as far as the monotonic one bears it out; beyond
// that the latter carries on from the last measurement, and the offset is measured anew.
import { EXIT, JobctlError } from './model/errors.ts';
import type { Clock } from './ports/clock.ts';
import type { EventSink } from './ports/events.ts';
import type { Store } from './ports/store.ts';

/** How often the offset is measured again, ms. */
const STORE_TIME_INTERVAL_MS = 60_000;
/** A measurement that took longer says little, ms; it is repeated, and the best of so many counts. */
const ROUND_TRIP_MAX_MS = 1_000;
const TRIES_MAX = 3;
/** Both clocks tell whole ms. An offset within this and half of the round trip may be none. */
const CLOCK_STEP_MS = 1;
/** The wall clock was set when it differs from the monotonic one by more than this, and this share of the time since. */
const STEP_MS = 500;
/** Two clocks that nobody sets part by at most this share of the time. */
const RATE_SHARE = 0.06;
/** An offset above this is reported, ms. */
const SKEW_WARN_MS = 1_000;
/** An offset above this refuses to stamp jobs, ms. */
const SKEW_REFUSE_MS = 5_000;

/** Both clocks of this machine at the moment when the offset was taken. */
interface Measured {
  readonly offsetMs: number;
  readonly wallMs: number;
  readonly monotonicMs: number;
  readonly roundTripMs: number;
}

export class StoreTime {
  readonly #deps: { readonly store: Store; readonly clock: Clock; readonly events: EventSink };
  #measured: Measured | null = null;

  constructor(deps: { readonly store: Store; readonly clock: Clock; readonly events: EventSink }) {
    this.#deps = deps;
  }

  /** Measures the offset when none is known, it is a minute old, or this machine's clock was set. */
  async refresh(): Promise<void> {
    const { events } = this.#deps;
    if (this.#isFresh()) return;
    let best = await this.#measure();
    // A process that was paused meanwhile is wrong by half of the pause.
    for (let tried = 1; tried < TRIES_MAX && best.roundTripMs > ROUND_TRIP_MAX_MS; tried += 1) {
      const again = await this.#measure();
      if (again.roundTripMs < best.roundTripMs) best = again;
    }
    if (best.roundTripMs / 2 > this.#doubtMs()) return; // what is known is better
    this.#measured = best;
    if (Math.abs(best.offsetMs) > SKEW_WARN_MS) events.emit({ type: 'clock.skewed', offsetMs: best.offsetMs });
  }

  nowMs(): number {
    const { wallMs, stepMs } = this.#read();
    return wallMs - stepMs + (this.#measured?.offsetMs ?? 0);
  }

  /** By how much it may have been wrong when it was measured, ms: half of the round trip. */
  get measuredWithinMs(): number {
    return Math.round((this.#measured?.roundTripMs ?? 0) / 2);
  }

  async #measure(): Promise<Measured> {
    const { clock, store } = this.#deps;
    const sentMs = clock.monotonicMs();
    const storeMs = await store.wallMs();
    const [monotonicMs, wallMs] = [clock.monotonicMs(), clock.wallMs()];
    const roundTripMs = monotonicMs - sentMs;
    const offsetMs = Math.round(storeMs + roundTripMs / 2 - wallMs);
    // Processes on one machine must not find themselves a millisecond apart: the later one would miss what is due now.
    const isTelling = Math.abs(offsetMs) > CLOCK_STEP_MS + roundTripMs / 2;
    return { offsetMs: isTelling ? offsetMs : 0, roundTripMs, monotonicMs, wallMs };
  }

  #isFresh(): boolean {
    if (this.#measured === null || this.#read().stepMs !== 0) return false;
    return this.#deps.clock.monotonicMs() - this.#measured.monotonicMs < STORE_TIME_INTERVAL_MS;
  }

  /** By how much what is known may be wrong by now. */
  #doubtMs(): number {
    if (this.#measured === null) return Number.POSITIVE_INFINITY;
    return (this.#deps.clock.monotonicMs() - this.#measured.monotonicMs) * RATE_SHARE;
  }

  /** This machine's clock, and by how much it was set since the offset was measured: 0 = it was not. */
  #read(): { readonly wallMs: number; readonly stepMs: number } {
    const { clock } = this.#deps;
    const wallMs = clock.wallMs();
    if (this.#measured === null) return { wallMs, stepMs: 0 };
    const elapsedMs = clock.monotonicMs() - this.#measured.monotonicMs;
    const stepMs = wallMs - this.#measured.wallMs - elapsedMs;
    return { wallMs, stepMs: Math.abs(stepMs) > STEP_MS + elapsedMs * RATE_SHARE ? stepMs : 0 };
  }

  /** Throws CLOCK_SKEW when this machine's clock is too far from the store's to stamp jobs with. */
  assertUsable(): void {
    const offsetMs = this.#measured?.offsetMs ?? 0;
    if (Math.abs(offsetMs) <= SKEW_REFUSE_MS) return;
    throw new JobctlError('CLOCK_SKEW', EXIT.checkFailed, `this machine's clock is ${offsetMs} ms off the store's`, {
      hint: 'synchronise the clocks (NTP), then try again; `jobctl doctor` shows the offset',
    });
  }
}
