// The jobs of a schedule that are not over: by them overlap is judged, and how many failed in a row.
import { orderCancel } from '../job/control.ts';
import { type Fence, type JobId, NO_FENCE } from '../model/ids.ts';
import { isTerminal } from '../model/job.ts';
import { OVERLAP_COUNT_MAX } from '../model/limits.ts';
import type { Store, Truth } from '../ports/store.ts';

export class OpenJobs {
  readonly #store: Store;
  #ids: readonly JobId[];
  /** Jobs that failed, one after another, up to the last one that is over. */
  failures: number;
  /** What the oldest one does. */
  #oldest = 'waits';
  readonly #cancelled = new Map<JobId, Fence>();

  constructor(
    store: Store,
    { openJobs, failures }: { readonly openJobs: readonly JobId[]; readonly failures: number },
  ) {
    this.#store = store;
    this.#ids = openJobs;
    this.failures = failures;
  }

  /** The oldest first. */
  get ids(): readonly JobId[] {
    return this.#ids;
  }

  /** What the oldest one does, for people. */
  get oldest(): string {
    return `job ${this.#ids[0]} of an earlier slot ${this.#oldest}`;
  }

  /** Beyond the limit the oldest one is not looked at any more. */
  add(id: JobId): void {
    this.#ids = [...this.#ids.filter((known) => known !== id), id].slice(-OVERLAP_COUNT_MAX);
  }

  /** Looks which are over. Throws what the store throws. */
  async settle(): Promise<void> {
    const ids = this.#ids;
    if (ids.length === 0) return;
    const truths = await this.#store.truthGet(ids);
    const unattempted = ids.filter((id) => !truths.has(id));
    // Without an attempt it waits, or its rows were deleted long ago.
    const waiting = await this.#store.jobGet(unattempted);
    const isOpen = (id: JobId): boolean => {
      const truth = truths.get(id);
      return truth === undefined ? waiting.has(id) : !isTerminal(truth.state);
    };
    for (const id of ids) this.#count(truths.get(id));
    this.#ids = this.#ids.filter((id) => !ids.includes(id) || isOpen(id));
    const [first] = this.#ids;
    const state = first === undefined ? undefined : truths.get(first)?.state;
    this.#oldest = state === undefined ? 'waits' : `is ${state}`;
    for (const id of this.#cancelled.keys()) if (!this.#ids.includes(id)) this.#cancelled.delete(id);
  }

  #count(truth: Truth | undefined): void {
    if (truth?.state === 'failed' || truth?.state === 'dead') this.failures += 1;
    if (truth?.state === 'succeeded') this.failures = 0;
  }

  /** Orders that they be cancelled, once for each attempt: their owners do it. */
  async cancel(): Promise<void> {
    const truths = await this.#store.truthGet(this.#ids);
    for (const id of this.#ids) {
      const fence = truths.get(id)?.fence ?? NO_FENCE;
      if (this.#cancelled.get(id) === fence) continue;
      await orderCancel(this.#store, id, fence);
      this.#cancelled.set(id, fence);
    }
  }
}
