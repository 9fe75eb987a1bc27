// Starts jobs: takes ready ones into free slots, writes their RUNNING rows, and runs each handler only after its row was
// acknowledged under a session that is still trusted (I4). What the handler said goes to the recorder.
import { attemptRow } from '../job/rows.ts';
import type { Ending } from '../job/transitions.ts';
import { jobDueMs, makeFence } from '../model/ids.ts';
import { type AttemptRow, JOB_DEFAULTS } from '../model/job.ts';
import type { Handlers, Outcome } from '../ports/handler.ts';
import type { Mutation } from '../ports/store.ts';
import { packRows } from './mutations.ts';
import { attemptNumber, nextSequence, type StopReason, type WorkItem } from './owned-bucket.ts';
import { ReadyQueue } from './ready-queue.ts';
import type { Recorder } from './recorder.ts';
import { momentOf, persist, type Scope } from './scope.ts';

/** How long a handler may take to return once its signal was aborted, ms. After that its outcome is no longer waited for. */
export const ABORT_GRACE_MS = 5_000;
/** Wait before a job without a handler is looked at again: grows by this with each look, up to the maximum, ms. */
const UNHANDLED_WAIT_MS = 10_000;
const UNHANDLED_WAIT_MAX_MS = 600_000;
/** In flight, times the concurrency: handlers that run, and as many whose outcomes are not durable yet. A crash runs these again. */
const IN_FLIGHT_PER_SLOT = 2;

export interface DispatcherOptions {
  readonly handlers: Handlers;
  /** Handlers that run at the same time. */
  readonly concurrency: number;
  readonly recorder: Recorder;
  /** Few ready jobs are left: read more. */
  readonly hungry: () => void;
  /** Ready jobs below which it is hungry. */
  readonly readyMin: number;
}

export class Dispatcher {
  readonly ready = new ReadyQueue();
  readonly #scope: Scope;
  readonly #options: DispatcherOptions;
  readonly #types: ReadonlySet<string>;
  /** Claimed or running. */
  readonly #busy = new Set<WorkItem>();
  readonly #waiting: (() => void)[] = [];
  #isPumpDue = false;
  #isClosed = false;

  constructor(scope: Scope, options: DispatcherOptions) {
    this.#scope = scope;
    this.#options = options;
    this.#types = new Set(options.handlers.types);
  }

  get running(): number {
    return this.#busy.size;
  }

  /** Looks for free slots and ready jobs, once per turn however often it is called. */
  pump(): void {
    if (this.#isPumpDue || this.#isClosed) return;
    this.#isPumpDue = true;
    void Promise.resolve().then(() => {
      this.#isPumpDue = false;
      this.#startNext();
    });
  }

  /** No more claims. */
  close(): void {
    this.#isClosed = true;
  }

  /** Aborts every running handler. */
  abort(reason: StopReason): void {
    for (const item of this.#busy) stopItem(item, reason);
  }

  /** Resolves when no handler runs. */
  async quiet(): Promise<void> {
    if (this.#busy.size > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #startNext(): void {
    if (this.#isClosed || !this.#scope.session.isTrusted()) return;
    const { concurrency, recorder } = this.#options;
    const inFlight = this.#busy.size + recorder.size;
    const items = this.ready.take(Math.min(concurrency - this.#busy.size, IN_FLIGHT_PER_SLOT * concurrency - inFlight));
    const handled = items.filter(({ job }) => this.#types.has(job.type));
    if (handled.length < items.length) this.#passOnUnhandled(items.filter((item) => !handled.includes(item)));
    if (handled.length > 0) void this.#claim(handled);
    if (this.ready.size < this.#options.readyMin) this.#options.hungry();
  }

  /** Another worker may have a handler for it, later: it costs no attempt. */
  #passOnUnhandled(items: readonly WorkItem[]): void {
    const { time, memberId } = this.#scope;
    for (const item of items) {
      item.startedMs = time.nowMs();
      item.fence = makeFence(item.owner.token, nextSequence(item.fence));
      const delayMs = Math.min(nextSequence(item.fence) * UNHANDLED_WAIT_MS, UNHANDLED_WAIT_MAX_MS);
      this.#conclude(item, { kind: 'unhandled', worker: memberId, delayMs });
    }
  }

  async #claim(items: readonly WorkItem[]): Promise<void> {
    const { time, memberId } = this.#scope;
    const startedMs = time.nowMs();
    const rows = new Map<string, WorkItem>();
    const attempts = items.map((item): AttemptRow => {
      item.stage = 'claiming';
      item.startedMs = startedMs;
      item.fence = makeFence(item.owner.token, nextSequence(item.fence));
      item.owner.writeBegins();
      this.#busy.add(item);
      rows.set(item.job.jobId, item);
      return runningRow(item, memberId);
    });
    await Promise.all(packRows(attempts, []).map((mutation) => this.#claimMutation(mutation, rows)));
    this.pump();
  }

  async #claimMutation(mutation: Mutation, rows: ReadonlyMap<string, WorkItem>): Promise<void> {
    const { store, clock, events } = this.#scope;
    const sentMs = clock.monotonicMs();
    const isDurable = await persist(this.#scope, 'claim', () => store.append(mutation));
    const attempts = mutation.attempts ?? [];
    if (isDurable) {
      const durationMs = clock.monotonicMs() - sentMs;
      events.emit({ type: 'jobs.claimed', bucket: mutation.bucket, count: attempts.length, durationMs });
    }
    for (const { jobId } of attempts) {
      const item = rows.get(jobId);
      if (item === undefined) continue;
      item.stage = 'running';
      if (isDurable) void this.#run(item);
      else this.#drop(item, 'the session ended while it was claimed');
      item.owner.writeEnds();
    }
  }

  async #run(item: WorkItem): Promise<void> {
    item.owner.count('running');
    if (item.deadLetter !== null) void this.#deleteLetter(item.deadLetter);
    const ending = item.stopped === null ? await this.#execute(item) : endingOf(item, null);
    this.#free(item);
    if (item.stopped === 'lost' || !this.#scope.session.isTrusted()) this.#drop(item, 'the session ended while it ran');
    else this.#conclude(item, ending);
    this.pump();
  }

  async #execute(item: WorkItem): Promise<Ending> {
    const { clock, events } = this.#scope;
    const { job, fence, startedMs } = item;
    const controller = new AbortController();
    const runTimeoutMs = job.spec.runTimeoutMs ?? JOB_DEFAULTS.runTimeoutMs;
    const cancelTimeout = clock.after(runTimeoutMs, () => stopItem(item, 'timed-out'));
    let cancelGrace = (): void => {};
    const abandoned = new Promise<null>((resolve) => {
      item.abort = (reason) => {
        controller.abort(new Error(`the attempt was stopped: ${reason}`));
        cancelGrace = clock.after(ABORT_GRACE_MS, () => resolve(null));
      };
    });
    const attempt = attemptNumber(item);
    const lagMs = Math.max(0, startedMs - item.foundMs);
    events.emit({ type: 'job.started', jobId: job.jobId, jobType: job.type, attempt, fence, lagMs });
    const outcome = await Promise.race([this.#callHandler(item, controller.signal), abandoned]);
    cancelTimeout();
    cancelGrace();
    item.abort = null;
    return endingOf(item, outcome);
  }

  #callHandler(item: WorkItem, signal: AbortSignal): Promise<Outcome> {
    const { events } = this.#scope;
    const { job, fence } = item;
    const attempt = attemptNumber(item);
    const about = { jobId: job.jobId, attempt, fence };
    return this.#options.handlers.run(
      {
        id: job.jobId,
        type: job.type,
        payload: job.payload,
        attempt,
        maxAttempts: job.spec.maxAttempts ?? JOB_DEFAULTS.maxAttempts,
        // Of a schedule: the slot, however late its job was submitted.
        nominalMs: job.spec.schedule?.slotMs ?? jobDueMs(job.jobId),
      },
      {
        signal,
        fencingToken: fence,
        log: (message, fields) =>
          events.emit({ type: 'job.log', ...about, message, ...(fields === undefined ? {} : { fields }) }),
        progress: (value) => events.emit({ type: 'job.progress', ...about, value }),
      },
    );
  }

  #conclude(item: WorkItem, ending: Ending): void {
    const { job, fence, startedMs } = item;
    const identity = { job, fence, attempt: attemptNumber(item), worker: this.#scope.memberId, startedMs };
    this.#options.recorder.record(item, attemptRow(identity, ending, momentOf(this.#scope)));
  }

  async #deleteLetter(key: NonNullable<WorkItem['deadLetter']>): Promise<void> {
    await persist(this.#scope, 'dead-letter', () => this.#scope.store.deadLetterDelete([key]));
  }

  #drop(item: WorkItem, reason: string): void {
    this.#free(item);
    item.stage = 'settled';
    item.owner.items.delete(item.job.jobId);
    this.#scope.events.emit({ type: 'job.dropped', jobId: item.job.jobId, fence: item.fence, reason });
  }

  #free(item: WorkItem): void {
    this.#busy.delete(item);
    if (this.#busy.size > 0) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** The first reason stays. */
export const stopItem = (item: WorkItem, reason: StopReason): void => {
  if (item.stopped !== null && reason !== 'lost') return;
  item.stopped = reason;
  item.abort?.(reason);
};

const runningRow = (item: WorkItem, worker: string): AttemptRow => ({
  jobId: item.job.jobId,
  fence: item.fence,
  attempt: attemptNumber(item),
  state: 'running',
  worker,
  startedMs: item.startedMs,
  endedMs: null,
  nextDueMs: null,
  error: null,
  result: null,
});

/** A success stands, whatever else happened meanwhile. */
const endingOf = (item: WorkItem, outcome: Outcome | null): Ending => {
  if (outcome?.kind === 'succeeded') return outcome;
  switch (item.stopped) {
    case 'timed-out':
      return { kind: 'timed-out', afterMs: item.job.spec.runTimeoutMs ?? JOB_DEFAULTS.runTimeoutMs };
    case 'cancelled':
      return { kind: 'cancelled' };
    case 'released':
    case 'lost':
      return { kind: 'released' };
    case null:
      return outcome ?? { kind: 'released' };
    default:
      return item.stopped satisfies never;
  }
};
