// One process of the simulated world: its own clocks (skewed, and running fast or slow), its own randomness; it can be paused
// (nothing runs, time goes on), and crash (nothing ever runs again).

import { seededRandom } from '../chaos/seeded-random.ts';
import type { Random } from '../core/model/ids.ts';
import { WriteClock } from '../core/model/write-clock.ts';
import type { Clock, MonotonicMs } from '../core/ports/clock.ts';
import type { Kernel } from './kernel.ts';
import { sleepOn } from './sleep.ts';

/** The wall clock at the start of a run. */
export const START_MS = Date.UTC(2027, 0, 1, 0, 0, 20);

export interface MachineOptions {
  readonly seed: number;
  /** Ticks of its monotonic clock per ms; 1.05 is fast. */
  readonly rate: number;
  /** Its wall clock minus the true time, ms. */
  readonly skewMs: number;
}

export class Machine implements Clock {
  readonly name: string;
  readonly random: Random;
  readonly #kernel: Kernel;
  readonly #rate: number;
  #skewMs: number;
  #state: 'up' | 'paused' | 'crashed' = 'up';
  #backlog: (() => void)[] = [];
  /** As in the real store, each process has one. */
  readonly writeClock = new WriteClock(this);

  constructor(kernel: Kernel, name: string, options: MachineOptions) {
    this.#kernel = kernel;
    this.name = name;
    this.random = seededRandom(options.seed);
    this.#rate = options.rate;
    this.#skewMs = options.skewMs;
  }

  get isUp(): boolean {
    return this.#state === 'up';
  }

  wallMs(): number {
    return Math.floor(START_MS + this.#kernel.nowMs + this.#skewMs);
  }

  monotonicMs(): MonotonicMs {
    return (this.#kernel.nowMs * this.#rate) as MonotonicMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, ms, signal);
  }

  after(ms: number, callback: () => void): () => void {
    let isCancelled = false;
    const timer = this.#kernel.schedule(Math.max(0, ms) / this.#rate, () =>
      this.deliver(() => {
        if (!isCancelled) callback();
      }),
    );
    return () => {
      isCancelled = true;
      timer.run = null;
    };
  }

  /** Everything that reaches the process comes this way: at once, when it runs again, or never. */
  deliver(callback: () => void): void {
    if (this.#state === 'up') callback();
    else if (this.#state === 'paused') this.#backlog.push(callback);
  }

  pause(): void {
    if (this.#state === 'up') this.#state = 'paused';
  }

  /** Resolves nothing by itself: what waited runs in the order in which it came. Returns how much that was. */
  resume(): number {
    if (this.#state !== 'paused') return 0;
    this.#state = 'up';
    const waiting = this.#backlog;
    this.#backlog = [];
    for (const callback of waiting) this.#kernel.schedule(0, () => this.deliver(callback));
    return waiting.length;
  }

  crash(): void {
    this.#state = 'crashed';
    this.#backlog = [];
  }

  stepWallClock(byMs: number): void {
    this.#skewMs += byMs;
  }
}
