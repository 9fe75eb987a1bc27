// Workers on one embedded store in virtual time, with handlers that do what the payload says. A worker can be cut off from
// the store, as by a crash or a broken network.

import { seededRandom } from '../../src/chaos/seeded-random.ts';
import { createSubmitter, type SubmitRequest, type Submitter } from '../../src/core/job/submit.ts';
import { unavailableError } from '../../src/core/model/errors.ts';
import type { Bucket, JobId } from '../../src/core/model/ids.ts';
import type { AttemptRow } from '../../src/core/model/job.ts';
import type { Event } from '../../src/core/ports/events.ts';
import type { HandlerContext, HandlerJob, Handlers, Outcome } from '../../src/core/ports/handler.ts';
import type { Store } from '../../src/core/ports/store.ts';
import { Worker, type WorkerOptions } from '../../src/core/worker/worker.ts';
import { openStore } from '../../src/store/open.ts';
import { VirtualClock } from './virtual-clock.ts';

/** What the handler of type `do` is told. */
export interface Script {
  /** Runs this long first, ms. */
  readonly ms?: number;
  /** Attempts that fail before one succeeds. */
  readonly fail?: number;
  readonly fatal?: boolean;
  readonly retryAfterMs?: number;
  readonly snoozeMs?: number;
  /** Goes on after its signal aborted. */
  readonly deaf?: boolean;
}

export interface Run {
  readonly worker: string;
  readonly id: JobId;
  readonly attempt: number;
  readonly fencingToken: number;
  readonly startedMs: number;
  endedMs: number | null;
}

export class Fleet implements AsyncDisposable {
  readonly clock: VirtualClock;
  readonly store: Store;
  readonly submitter: Submitter;
  readonly events: Event[] = [];
  /** Every call of a handler. */
  readonly runs: Run[] = [];
  readonly #workers: Worker[] = [];
  readonly #cut = new Set<string>();

  private constructor(clock: VirtualClock, store: Store) {
    this.clock = clock;
    this.store = store;
    this.submitter = createSubmitter({ store, clock, random: seededRandom(1), events: { emit: () => {} } });
  }

  static async open(buckets = 4, wrapped = (store: Store): Store => store): Promise<Fleet> {
    const clock = new VirtualClock();
    const store = await openStore('sqlite::memory:', { bucketCount: buckets, wallMs: () => clock.wallMs() });
    return new Fleet(clock, wrapped(store));
  }

  async start(
    memberId: string,
    options: Partial<WorkerOptions> & { readonly types?: readonly string[] } = {},
  ): Promise<Worker> {
    const { types = ['do'], ...given } = options;
    const starting = Worker.start(
      {
        store: this.reachable(memberId),
        clock: this.clock,
        random: seededRandom(memberId.length * 1_000 + memberId.charCodeAt(memberId.length - 1)),
        events: { emit: (event) => this.events.push(event) },
        handlers: this.#handlers(memberId, types),
      },
      {
        memberId,
        buckets: Array.from({ length: this.store.bucketCount }, (_, bucket) => bucket as Bucket),
        concurrency: 8,
        leaseMs: 10_000,
        drainMs: 30_000,
        retentionMs: 7 * 86_400_000,
        address: '',
        version: '0',
        ...given,
      },
    );
    await this.clock.advance(100);
    const worker = await starting;
    this.#workers.push(worker);
    await this.clock.advance(1_500);
    return worker;
  }

  async submit(script: Script, request: Partial<SubmitRequest> = {}): Promise<JobId> {
    const submitted = this.submitter.submit({ type: 'do', payload: JSON.stringify(script), ...request });
    await this.clock.advance(0);
    return (await submitted).id;
  }

  /** Nothing of this worker reaches the store any more, until `heal`. */
  cut(memberId: string): void {
    this.#cut.add(memberId);
  }

  heal(memberId: string): void {
    this.#cut.delete(memberId);
  }

  async truth(id: JobId): Promise<AttemptRow | undefined> {
    return (await this.store.truthGet([id])).get(id);
  }

  async untilState(id: JobId, state: AttemptRow['state'], limitMs = 60_000): Promise<AttemptRow> {
    await this.clock.advanceUntil(async () => (await this.truth(id))?.state === state, limitMs);
    return (await this.truth(id)) as AttemptRow;
  }

  runsOf(id: JobId): readonly Run[] {
    return this.runs.filter((run) => run.id === id);
  }

  eventsOf<Type extends Event['type']>(type: Type): readonly Extract<Event, { type: Type }>[] {
    return this.events.filter((event): event is Extract<Event, { type: Type }> => event.type === type);
  }

  /** Runs something that waits for virtual time. */
  async during<Result>(work: Promise<Result>, limitMs = 60_000): Promise<Result> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    done.catch(() => {});
    await this.clock.advanceUntil(() => isDone, limitMs);
    return done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cut.clear();
    const now = AbortSignal.abort();
    await this.during(Promise.all(this.#workers.map((worker) => worker.drain(now))), 120_000);
    await this.store[Symbol.asyncDispose]();
  }

  /** The store as this process reaches it. */
  reachable(memberId: string): Store {
    return new Proxy(this.store, {
      get: (store, name, receiver) => {
        const value = Reflect.get(store, name, receiver) as unknown;
        if (typeof value !== 'function' || name === 'hintSubscribe') return value;
        return (...given: readonly unknown[]) => {
          if (!this.#cut.has(memberId)) return (value as (...all: readonly unknown[]) => unknown)(...given);
          if (COMPARE_AND_SET.includes(String(name))) return Promise.resolve('unknown');
          return Promise.reject(unavailableError('STORE_UNAVAILABLE', `${memberId} is cut off`));
        };
      },
    });
  }

  #handlers(worker: string, types: readonly string[]): Handlers {
    return {
      types,
      run: (job, context) => this.#run(worker, job, context),
      [Symbol.asyncDispose]: async () => {},
    };
  }

  async #run(worker: string, job: HandlerJob, context: HandlerContext): Promise<Outcome> {
    const script = JSON.parse(job.payload) as Script;
    const { fencingToken, signal } = context;
    const startedMs = this.clock.wallMs();
    const run: Run = { worker, id: job.id, attempt: job.attempt, fencingToken, startedMs, endedMs: null };
    this.runs.push(run);
    if (script.ms !== undefined) await this.clock.sleep(script.ms, script.deaf === true ? undefined : signal);
    run.endedMs = this.clock.wallMs();
    if (signal.aborted && script.deaf !== true) return { kind: 'failed', error: 'aborted', retryable: true };
    if (script.snoozeMs !== undefined && this.runsOf(job.id).length === 1) {
      return { kind: 'snoozed', delayMs: script.snoozeMs };
    }
    if (script.fatal === true) return { kind: 'failed', error: 'fatal', retryable: false };
    if (job.attempt <= (script.fail ?? 0)) {
      const { retryAfterMs } = script;
      return { kind: 'failed', error: 'no', retryable: true, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
    }
    return { kind: 'succeeded', result: JSON.stringify({ by: worker }) };
  }
}

const COMPARE_AND_SET = ['sessionInsert', 'sessionRenew', 'sessionEnd', 'lockTake', 'lockRelease', 'keyInsert'];
