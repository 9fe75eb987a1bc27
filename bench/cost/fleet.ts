// Real workers and a real submitter on one keyspace, in this process: each with a client of its own, as in processes of
// their own. Their sweeps are counted, and what ends is listened to, so that looking on costs the nodes nothing.
import { createSubmitter, type Submitter } from '../../src/core/job/submit.ts';
import { allBuckets } from '../../src/core/model/ids.ts';
import type { Event } from '../../src/core/ports/events.ts';
import type { Store } from '../../src/core/ports/store.ts';
import { assignBuckets } from '../../src/core/worker/assignment.ts';
import { WORKER_DEFAULTS } from '../../src/core/worker/defaults.ts';
import { Worker } from '../../src/core/worker/worker.ts';
import { inlineHandlers } from '../../src/handlers/inline.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { openStore } from '../../src/store/open.ts';

/** Nothing ended for so long, ms: something is wrong. */
const STALLED_MS = 60_000;
/** How often it is looked whether every bucket has its owner, ms. */
const LOOK_MS = 100;
const SETTLES_WITHIN_MS = 60_000;

export interface FleetOptions {
  readonly workers: number;
  readonly signal: AbortSignal;
}

export class Fleet implements AsyncDisposable {
  readonly store: Store;
  readonly submitter: Submitter;
  /** Statements of the workers that look for what is due. */
  sweeps = 0;
  readonly #signal: AbortSignal;
  readonly #workers: Worker[] = [];
  readonly #stores: Store[];
  #ended = 0;
  #wrong: string | null = null;
  #onEnded: () => void = () => {};

  private constructor(store: Store, signal: AbortSignal) {
    this.store = store;
    this.#stores = [store];
    this.#signal = signal;
    this.submitter = createSubmitter({ store, clock: systemClock, random: systemRandom, events: { emit: () => {} } });
  }

  /** Resolves once every bucket is where it should be: until then they are handed over, by compare-and-set. */
  static async start(url: string, { workers, signal }: FleetOptions): Promise<Fleet> {
    const fleet = new Fleet(await openStore(url), signal);
    try {
      for (let index = 0; index < workers; index += 1) await fleet.#startWorker(url, memberName(index));
      await fleet.#settled();
      return fleet;
    } catch (error) {
      await fleet[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Submits so many no-ops, `callers` at a time, and resolves once the last has ended. */
  async run(jobs: number, callers: number): Promise<void> {
    const until = this.#ended + jobs;
    let left = jobs;
    const caller = async (): Promise<void> => {
      while (left > 0) {
        this.#signal.throwIfAborted();
        left -= 1;
        await this.submitter.submit({ type: 'noop', payload: '{}' });
      }
    };
    await Promise.all(Array.from({ length: Math.min(callers, jobs) }, caller));
    await this.#untilEnded(until);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.drain(AbortSignal.abort())));
    await Promise.all(this.#stores.map((store) => store[Symbol.asyncDispose]()));
  }

  async #startWorker(url: string, memberId: string): Promise<void> {
    const store = await openStore(url);
    this.#stores.push(store);
    const handlers = inlineHandlers({ noop: async () => undefined });
    const events = { emit: (event: Event) => this.#hear(event) };
    const deps = { store: this.#counted(store), clock: systemClock, random: systemRandom, events, handlers };
    const options = { memberId, buckets: allBuckets(store.bucketCount), address: '', version: 'cost' };
    this.#workers.push(await Worker.start(deps, { ...WORKER_DEFAULTS, ...options }));
  }

  #counted(store: Store): Store {
    const count =
      <Given, Answer>(sweep: (given: Given) => Promise<Answer>) =>
      (given: Given) => {
        this.sweeps += 1;
        return sweep(given);
      };
    const { jobSweep, jobKeySweep, pointerSweep } = store;
    return { ...store, jobSweep: count(jobSweep), jobKeySweep: count(jobKeySweep), pointerSweep: count(pointerSweep) };
  }

  #hear(event: Event): void {
    if (event.type !== 'job.ended') return;
    this.#ended += 1;
    if (event.state !== 'succeeded') this.#wrong = `a no-op ended as ${event.state}: ${event.error}`;
    this.#onEnded();
  }

  async #untilEnded(count: number): Promise<void> {
    for (;;) {
      this.#signal.throwIfAborted();
      if (this.#wrong !== null) throw new Error(this.#wrong);
      const before = this.#ended;
      if (before >= count) return;
      const waited = new AbortController();
      this.#onEnded = () => waited.abort();
      await systemClock.sleep(STALLED_MS, AbortSignal.any([waited.signal, this.#signal]));
      this.#onEnded = () => {};
      if (this.#ended === before && !this.#signal.aborted) throw new Error(`no job ended for ${STALLED_MS / 1_000} s`);
    }
  }

  async #settled(): Promise<void> {
    const endsMs = performance.now() + SETTLES_WITHIN_MS;
    const buckets = allBuckets(this.store.bucketCount);
    for (;;) {
      const members = await this.store.memberList('worker');
      const targets = [...assignBuckets(buckets, members, []).values()];
      const isThere = this.#workers.every(
        (worker, index) =>
          worker.status().buckets.length === targets.filter((target) => target === memberName(index)).length,
      );
      if (members.length === this.#workers.length && isThere) return;
      if (performance.now() > endsMs) throw new Error(`the buckets are not where they should be: ${targets.join(' ')}`);
      this.#signal.throwIfAborted();
      await systemClock.sleep(LOOK_MS, this.#signal);
    }
  }
}

const memberName = (index: number): string => `cost-${index + 1}`;
