// The one loop primitive: runs a step, waits as long as the step says, can be woken, never overlaps with itself, counts
// and backs off on errors, and stops only when quiet.
import type { Clock } from './ports/clock.ts';
import type { EventSink } from './ports/events.ts';

/** First and longest wait after a failed step, ms. */
const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 2_000;

/** Without a reason of its own each wake-up would make an Error with its stack: a fiftieth of an idle worker's time. */
const WOKEN = 'woken';

export interface LoopOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly events: EventSink;
  /** Does one round and returns how long to wait for the next, ms. */
  readonly step: (signal: AbortSignal) => Promise<number>;
}

export class Loop {
  readonly #options: LoopOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> | null = null;
  #wait = new AbortController();
  #woken = false;
  #failures = 0;

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends the current wait, or skips the next one. */
  wake(): void {
    this.#woken = true;
    this.#wait.abort(WOKEN);
  }

  /** Resolves when the running step has ended. May come before start, or twice. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#woken = false;
      const waitMs = await this.#step();
      if (this.#woken || this.#stopping.signal.aborted) continue;
      this.#wait = new AbortController();
      await this.#options.clock.sleep(waitMs, this.#wait.signal);
    }
  }

  async #step(): Promise<number> {
    try {
      const waitMs = await this.#options.step(this.#stopping.signal);
      this.#failures = 0;
      return waitMs;
    } catch (error) {
      const retryMs = Math.min(RETRY_FIRST_MS * 2 ** this.#failures, RETRY_MAX_MS);
      this.#failures += 1;
      this.#options.events.emit({ type: 'loop.failed', loop: this.#options.name, error, retryMs });
      return retryMs;
    }
  }
}
