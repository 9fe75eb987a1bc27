// Time that moves only when a test says so. Between two timers everything that is under way may settle: promises, and the
// store's commits at the end of a turn of the event loop.
import type { Clock, MonotonicMs } from '../../src/core/ports/clock.ts';
import { sleepOn } from '../../src/sim/sleep.ts';

/** Turns of the event loop between two timers: more than the longest chain of writes that a test waits for. */
const SETTLE_TURNS = 8;

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

export class VirtualClock implements Clock {
  #nowMs: number;
  readonly #startMs: number;
  readonly #timers = new Set<Timer>();

  constructor(startMs = Date.UTC(2027, 0, 1)) {
    this.#nowMs = startMs;
    this.#startMs = startMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): MonotonicMs {
    return (this.#nowMs - this.#startMs) as MonotonicMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, ms, signal);
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { dueMs: this.#nowMs + Math.max(0, ms), callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** That are waited for. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Moves time on, timer by timer. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settle();
    for (let timer = this.#next(endMs); timer !== undefined; timer = this.#next(endMs)) {
      this.#timers.delete(timer);
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
      timer.callback();
      await settle();
    }
    this.#nowMs = endMs;
    await settle();
  }

  /** Moves time on in small steps until the condition holds. Throws after `limitMs`. */
  async advanceUntil(condition: () => boolean | Promise<boolean>, limitMs = 120_000): Promise<void> {
    const endMs = this.#nowMs + limitMs;
    while (!(await condition())) {
      if (this.#nowMs >= endMs) throw new Error(`the condition did not hold within ${limitMs} ms of virtual time`);
      await this.advance(50);
    }
  }

  #next(endMs: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs <= endMs && (first === undefined || timer.dueMs < first.dueMs)) first = timer;
    }
    return first;
  }
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < SETTLE_TURNS; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};
