// A worker: one tenure after another. A lost session is never revived; the worker opens a new one and takes its buckets
// again under new tokens.
import type { Bucket } from '../model/ids.ts';
import { Tenure, type WorkerDeps, type WorkerOptions } from './tenure.ts';

export type { WorkerDeps, WorkerOptions } from './tenure.ts';

/** Wait before a new session is tried again, ms. */
const REOPEN_MS = 500;

export interface WorkerStatus {
  /** It has a session that it may act under. */
  readonly isTrusted: boolean;
  readonly buckets: readonly Bucket[];
  /** Handlers that run now. */
  readonly running: number;
}

export class Worker {
  readonly #deps: WorkerDeps;
  readonly #options: WorkerOptions;
  readonly #stopping = new AbortController();
  readonly #over: Promise<void>;
  #tenure: Tenure;
  #drained: Promise<void> | null = null;

  private constructor(deps: WorkerDeps, options: WorkerOptions, tenure: Tenure) {
    this.#deps = deps;
    this.#options = options;
    this.#tenure = tenure;
    this.#over = this.#renewTenures();
  }

  /** Resolves once the worker has a session. Throws a retryable error when the store does not answer. */
  static async start(deps: WorkerDeps, options: WorkerOptions): Promise<Worker> {
    return new Worker(deps, options, await Tenure.open(deps, options));
  }

  status(): WorkerStatus {
    const { isTrusted, buckets, running } = this.#tenure;
    return { isTrusted, buckets, running };
  }

  /** Takes no more, hands over, lets running handlers finish. Abort `now` to end them at once. May be called twice. */
  drain(now: AbortSignal): Promise<void> {
    this.#drained ??= this.#drain(now);
    return this.#drained;
  }

  async #drain(now: AbortSignal): Promise<void> {
    this.#stopping.abort();
    await this.#tenure.drain(now);
    await this.#over;
  }

  async #renewTenures(): Promise<void> {
    for (;;) {
      await this.#tenure.over;
      while (!this.#stopping.signal.aborted && !this.#tenure.isTrusted) {
        try {
          this.#tenure = await Tenure.open(this.#deps, this.#options);
        } catch (error) {
          this.#deps.events.emit({ type: 'loop.failed', loop: 'session', error, retryMs: REOPEN_MS });
          await this.#deps.clock.sleep(REOPEN_MS, this.#stopping.signal);
        }
      }
      if (this.#stopping.signal.aborted) break;
    }
    if (this.#tenure.isTrusted) await this.#tenure.drain(AbortSignal.abort()); // opened while the drain began
  }
}
