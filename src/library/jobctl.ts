// jobctl as a library: what a program does with it, on a store that is open. The commands are made of the same parts.
import { jobWait } from '../core/job/control.ts';
import { createSubmitter, type SubmitRequest, type Submitter } from '../core/job/submit.ts';
import { type JobView, jobGet } from '../core/job/view.ts';
import { type HeldLock, lockHold } from '../core/lock/held-lock.ts';
import { assertLockNote, userLockName } from '../core/lock/name.ts';
import { jobMissing, usageError } from '../core/model/errors.ts';
import { allBuckets, type Bucket, parseJobId, type Random } from '../core/model/ids.ts';
import type { Backoff } from '../core/model/job.ts';
import { LEASE_MIN_MS } from '../core/model/limits.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { EventSink } from '../core/ports/events.ts';
import type { Store } from '../core/ports/store.ts';
import { WORKER_DEFAULTS } from '../core/worker/defaults.ts';
import { Worker, type WorkerDeps, type WorkerOptions, type WorkerStatus } from '../core/worker/worker.ts';
import { type InlineHandlers, inlineHandlers } from '../handlers/inline.ts';
import { openHandlers } from '../handlers/registry.ts';

/** How long `wait` waits, ms: ten minutes. */
const WAIT_DEFAULT_MS = 600_000;
const LOCK_LEASE_DEFAULT_MS = 10_000;

export interface SubmitJob {
  readonly type: string;
  /** Anything that is JSON, up to 64 KiB. Default null. */
  readonly payload?: unknown;
  /** ms from now. */
  readonly delayMs?: number;
  /** When it is due; a past time means now. */
  readonly at?: Date;
  /** Idempotency key: for a day the same key answers the same job. */
  readonly key?: string;
  /** Jobs of one partition key share a bucket, hence a worker at a time. */
  readonly partitionKey?: string;
  /** 0 (first) to 9. Default 5. */
  readonly priority?: number;
  /** Default 5. */
  readonly maxAttempts?: number;
  readonly backoff?: Backoff;
  /** Longest run of one attempt, ms. Default five minutes. */
  readonly runTimeoutMs?: number;
  /** `fail`: an attempt lost to a crash is not repeated. Default `retry`. */
  readonly onCrash?: 'retry' | 'fail';
}

export interface SubmittedJob {
  readonly id: string;
  /** The idempotency key was known: nothing new was submitted. */
  readonly duplicate: boolean;
  readonly dueAt: Date;
}

export interface WaitOptions {
  /** Default ten minutes. */
  readonly timeoutMs?: number;
  /** Ends the wait as the time-out does. */
  readonly signal?: AbortSignal;
}

export interface LockOptions {
  /** How long this process may go unheard of before others may take the lock, ms. Default 10 000, min 1 000. */
  readonly leaseMs?: number;
  /** How long to wait while somebody else holds it, ms. Default 0: not at all. */
  readonly waitMs?: number;
  /** For people: shown by `jobctl lock get`. */
  readonly note?: string;
  /** Ends the wait with INTERRUPTED. */
  readonly signal?: AbortSignal;
}

/** A file as `jobctl worker --handlers` takes it, in a thread of its own; `exec` and `http` come with it. */
export interface HandlersFile {
  readonly file: string;
  /** Only these of its types. */
  readonly types?: readonly string[];
}

export interface WorkerSettings {
  /** Functions by job type, which share this program's thread, or a file. */
  readonly handlers: InlineHandlers | HandlersFile;
  /** Buckets it is willing to own. Default: all. */
  readonly buckets?: readonly number[];
  /** Handlers that run at the same time. Default 64. */
  readonly concurrency?: number;
  /** How long it may be unheard of before others take over, ms. Default 10 000. */
  readonly leaseMs?: number;
  /** How long a drain waits for running handlers, ms. Default 30 000. */
  readonly drainMs?: number;
  /** How long ended jobs are kept, ms. Default seven days. */
  readonly retentionMs?: number;
  /** Its name in histories; unique among live workers. Default HOST-PID and a number. */
  readonly id?: string;
}

export interface RunningWorker extends AsyncDisposable {
  readonly id: string;
  status(): WorkerStatus;
  /** Takes no more, hands over, and waits for running handlers; `now` ends them at once. May be called twice. */
  drain(now?: AbortSignal): Promise<void>;
}

export interface JobctlDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventSink;
  /** For people: which process this is. */
  readonly address: string;
  readonly version: string;
}

/** Made by `connect`. Disposing of it drains its workers, releases its locks, and closes the store. */
export class Jobctl implements AsyncDisposable {
  readonly #deps: JobctlDeps;
  readonly #submitter: Submitter;
  /** Workers and locks that are still to be ended. */
  readonly #open = new Set<AsyncDisposable>();
  #workers = 0;
  #disposed: Promise<void> | null = null;

  constructor(deps: JobctlDeps) {
    this.#deps = deps;
    this.#submitter = createSubmitter(deps);
  }

  /** Resolves once the job is durable. Calls at the same time share writes. Throws a usage error, or a retryable one. */
  async submit(job: SubmitJob): Promise<SubmittedJob> {
    const { id, duplicate, dueMs } = await this.#submitter.submit(requestOf(job));
    return { id, duplicate, dueAt: new Date(dueMs) };
  }

  /** The job with its attempts. Throws JOB_NOT_FOUND. */
  async job(id: string): Promise<JobView> {
    const job = await jobGet(this.#deps.store, parseJobId(id));
    if (job === null) throw jobMissing(id);
    return job;
  }

  /** Resolves with the job once it has its outcome, whichever. Throws JOB_NOT_FOUND, or WAIT_TIMEOUT. */
  async wait(id: string, { timeoutMs = WAIT_DEFAULT_MS, signal }: WaitOptions = {}): Promise<JobView> {
    const options = { timeoutMs, ...(signal === undefined ? {} : { signal }) };
    await jobWait(this.#deps, parseJobId(id), options);
    return this.job(id);
  }

  /**
   * Resolves once this process holds the lock. Give it back with `await using`, or `release()`. Throws LOCK_HELD,
   * INTERRUPTED, or the store's retryable error. Not guaranteed: that a process which was paused knows at once that it has
   * lost it. Send `token` along with what you change, and let the resource refuse lower ones (`sqlGuard`, `httpGuard`).
   */
  async lock(name: string, options: LockOptions = {}): Promise<HeldLock> {
    const { leaseMs = LOCK_LEASE_DEFAULT_MS, waitMs = 0, note = '', signal } = options;
    assertLease(leaseMs);
    const { address } = this.#deps;
    const stored = { name: userLockName(name), note: assertLockNote(note) };
    const held = await lockHold(this.#deps, { ...stored, leaseMs, waitMs, address, signal });
    this.#open.add(held);
    void held.released.then(() => this.#open.delete(held));
    return held;
  }

  /** Resolves once the worker has a session; it runs until `drain`, or the end of this Jobctl. */
  async worker(settings: WorkerSettings): Promise<RunningWorker> {
    const { store, address, version } = this.#deps;
    const { leaseMs = WORKER_DEFAULTS.leaseMs, buckets = allBuckets(store.bucketCount), handlers: given } = settings;
    const { concurrency = WORKER_DEFAULTS.concurrency, drainMs = WORKER_DEFAULTS.drainMs } = settings;
    const { retentionMs = WORKER_DEFAULTS.retentionMs } = settings;
    assertLease(leaseMs);
    assertBuckets(buckets, store.bucketCount);
    this.#workers += 1;
    const id = settings.id ?? `${address}-${this.#workers}`;
    const handlers = isFile(given) ? await openHandlers(given) : inlineHandlers(given);
    const options = { memberId: id, buckets: buckets as readonly Bucket[], concurrency, leaseMs, drainMs, retentionMs };
    const running = await startWorker({ ...this.#deps, handlers }, { ...options, address: '', version }, (ended) => {
      this.#open.delete(ended);
    });
    this.#open.add(running);
    return running;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#dispose();
    return this.#disposed;
  }

  async #dispose(): Promise<void> {
    const ended = await Promise.allSettled([...this.#open].map((each) => each[Symbol.asyncDispose]()));
    await this.#deps.store[Symbol.asyncDispose]();
    for (const each of ended) if (each.status === 'rejected') throw each.reason;
  }
}

const startWorker = async (
  deps: WorkerDeps,
  options: WorkerOptions,
  onEnd: (ended: RunningWorker) => void,
): Promise<RunningWorker> => {
  let worker: Worker;
  try {
    worker = await Worker.start(deps, options);
  } catch (error) {
    await deps.handlers[Symbol.asyncDispose]();
    throw error;
  }
  let drained: Promise<void> | null = null;
  const drain = async (now: AbortSignal): Promise<void> => {
    await worker.drain(now);
    await deps.handlers[Symbol.asyncDispose]();
    onEnd(running);
  };
  const drainOnce = (now: AbortSignal = new AbortController().signal): Promise<void> => {
    drained ??= drain(now);
    return drained;
  };
  const running: RunningWorker = {
    id: options.memberId,
    status: () => worker.status(),
    drain: drainOnce,
    [Symbol.asyncDispose]: () => drainOnce(),
  };
  return running;
};

const isFile = (given: WorkerSettings['handlers']): given is HandlersFile => typeof given.file === 'string';

const requestOf = ({ type, payload = null, at, ...given }: SubmitJob): SubmitRequest => {
  const { delayMs, key, partitionKey, priority, ...spec } = given;
  const text = JSON.stringify(payload) as string | undefined;
  if (text === undefined) {
    throw usageError('JSON_INVALID', 'the payload is not JSON', { hint: 'give data: no function, no symbol' });
  }
  const optional = { delayMs, atMs: at?.getTime(), key, partitionKey, priority };
  const chosen = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
  return { type, payload: text, ...chosen, spec };
};

const assertLease = (leaseMs: number): void => {
  if (leaseMs >= LEASE_MIN_MS && Number.isFinite(leaseMs)) return;
  throw usageError('OPTION_INVALID', `a lease of ${leaseMs} ms is too short`, {
    hint: `use ${LEASE_MIN_MS} ms or more`,
  });
};

const assertBuckets = (buckets: readonly number[], count: number): void => {
  const wrong = buckets.find((bucket) => !Number.isInteger(bucket) || bucket < 0 || bucket >= count);
  if (wrong === undefined && buckets.length > 0) return;
  throw usageError('BUCKET_RANGE_INVALID', `the store has no bucket ${wrong ?? 'in an empty list'}`, {
    hint: `it has the buckets 0 to ${count - 1}; leave them out for all`,
  });
};
