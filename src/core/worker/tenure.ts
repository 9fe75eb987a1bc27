// What a worker does under one session: its parts, wired, and the loops that drive them. A tenure ends when the session is
// lost (everything in hand is dropped, the next owners decide) or by a drain (everything is handed over).

import { retryPointer } from '../job/rows.ts';
import { Session } from '../lock/session.ts';
import { Loop } from '../loop.ts';
import type { Bucket, Random } from '../model/ids.ts';
import type { AttemptRow } from '../model/job.ts';
import type { MemberRow } from '../model/lock.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventSink } from '../ports/events.ts';
import type { Handlers } from '../ports/handler.ts';
import type { Store } from '../ports/store.ts';
import { StoreTime } from '../store-time.ts';
import { formatRanges } from './assignment.ts';
import { Auditor } from './auditor.ts';
import { ABORT_GRACE_MS, Dispatcher } from './dispatcher.ts';
import { RowIntake } from './intake.ts';
import { attemptNumber, type WorkItem } from './owned-bucket.ts';
import { Ownership } from './ownership.ts';
import { ReadLoop } from './read-loop.ts';
import { Recorder } from './recorder.ts';
import { persist, type Scope } from './scope.ts';

/** Jobs read ahead of free slots: at least this many, or this many times the concurrency. */
const READY_MIN = 500;
const READY_PER_SLOT = 4;
/** Rounds of checkpoints per lease, and of announcements if no renewal comes before. */
const CHECKPOINTS_PER_LEASE = 3;
const ANNOUNCEMENTS_PER_LEASE = 2;
/** How often slots that are over are looked at, ms. */
const AUDIT_EVERY_MS = 5_000;

export interface WorkerDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventSink;
  readonly handlers: Handlers;
}

export interface WorkerOptions {
  /** Unique among live workers; appears in histories. */
  readonly memberId: string;
  /** Buckets it is willing to own. */
  readonly buckets: readonly Bucket[];
  /** Handlers that run at the same time. */
  readonly concurrency: number;
  /** How long it may go unheard of before others take over, ms. */
  readonly leaseMs: number;
  /** How long a drain waits for running handlers, ms. */
  readonly drainMs: number;
  /** How long rows of ended jobs are kept, ms. */
  readonly retentionMs: number;
  /** For people: where it can be reached. */
  readonly address: string;
  readonly version: string;
}

export class Tenure {
  readonly #deps: WorkerDeps;
  readonly #options: WorkerOptions;
  readonly #scope: Scope;
  readonly #dispatcher: Dispatcher;
  readonly #recorder: Recorder;
  readonly #intake: RowIntake;
  readonly #ownership: Ownership;
  readonly #auditor: Auditor;
  readonly #loops: readonly Loop[];
  readonly #reading: ReadLoop;
  readonly #startedMs: number;
  #unsubscribe: () => void = () => {};

  /** Resolves once the session is lost and everything in hand was dropped. */
  readonly over: Promise<void>;

  private constructor(deps: WorkerDeps, options: WorkerOptions, session: Session, time: StoreTime) {
    this.#deps = deps;
    this.#options = options;
    const scope = { ...deps, time, session, memberId: options.memberId };
    const readyMax = Math.max(READY_MIN, options.concurrency * READY_PER_SLOT);
    this.#scope = scope;
    this.#startedMs = time.nowMs();
    this.#recorder = new Recorder(scope, {
      settled: (item, row) => this.#settled(item, row),
      dropped: (item) => this.#dropped(item),
    });
    this.#dispatcher = new Dispatcher(scope, {
      handlers: deps.handlers,
      concurrency: options.concurrency,
      recorder: this.#recorder,
      readyMin: readyMax / 2,
      hungry: () => this.#reading.hungry(),
    });
    this.#intake = new RowIntake({ scope, ready: this.#dispatcher.ready, recorder: this.#recorder });
    this.#auditor = new Auditor({ scope, intake: this.#intake, retentionMs: options.retentionMs });
    this.#ownership = new Ownership({
      scope,
      intake: this.#intake,
      buckets: options.buckets,
      member: () => this.#member(),
      taken: () => this.#reading.wake(),
    });
    this.#reading = new ReadLoop({
      scope,
      readyMax,
      intake: this.#intake,
      dispatcher: this.#dispatcher,
      owners: () => [...this.#ownership.owners.values()],
    });
    // With each renewal: others hear that the session lives. Without renewals, that the worker is still there.
    const announcing = this.#loop('announce', () =>
      this.#every(options.leaseMs / ANNOUNCEMENTS_PER_LEASE, () => this.#ownership.announce()),
    );
    session.onRenewed = () => announcing.wake();
    this.#loops = [
      announcing,
      this.#loop('balance', () => this.#ownership.balance()),
      this.#loop('checkpoint', () =>
        this.#every(options.leaseMs / CHECKPOINTS_PER_LEASE, () => this.#ownership.checkpoint()),
      ),
      this.#loop('audit', () => this.#every(AUDIT_EVERY_MS, () => this.#audit())),
    ];
    this.over = new Promise((resolve) => {
      session.lost.addEventListener('abort', () => void this.#abandon().then(resolve), { once: true });
    });
  }

  /** Opens a session and starts working. Throws a retryable error when the store does not answer. */
  static async open(deps: WorkerDeps, options: WorkerOptions): Promise<Tenure> {
    const time = new StoreTime(deps);
    await time.refresh();
    const session = await Session.open(deps, {
      leaseMs: options.leaseMs,
      role: 'worker',
      address: options.address,
    });
    const tenure = new Tenure(deps, options, session, time);
    tenure.#unsubscribe = deps.store.hintSubscribe((bucket) => tenure.#hinted(bucket));
    for (const loop of [...tenure.#loops, tenure.#reading]) loop.start();
    return tenure;
  }

  get isTrusted(): boolean {
    return this.#scope.session.isTrusted();
  }

  get buckets(): readonly Bucket[] {
    return [...this.#ownership.owners.keys()].sort((left, right) => left - right);
  }

  get running(): number {
    return this.#dispatcher.running;
  }

  /**
   * Hands the buckets over at once, waits for running handlers (`drainMs`, then their signals abort), records what they
   * said and ends the session. Ends early when `now` aborts.
   */
  async drain(now: AbortSignal): Promise<void> {
    const { clock, session } = this.#scope;
    this.#dispatcher.close();
    this.#unsubscribe();
    await this.#stopLoops();
    await this.#ownership.leaveAll('the worker drains');
    const waited = new AbortController();
    const quiet = this.#dispatcher.quiet().then(() => waited.abort());
    await clock.sleep(this.#options.drainMs, AbortSignal.any([waited.signal, now]));
    this.#dispatcher.abort('released');
    await Promise.race([quiet, clock.sleep(2 * ABORT_GRACE_MS, waited.signal)]);
    await this.#recorder.quiet();
    await session.end('drained');
  }

  #hinted(bucket: Bucket | null): void {
    if (bucket === null) this.#reading.wake();
    else if (this.#ownership.owners.has(bucket)) this.#reading.wakeFor(bucket);
  }

  #loop(name: string, step: () => Promise<number>): Loop {
    return new Loop({ name, clock: this.#deps.clock, events: this.#deps.events, step });
  }

  async #every(ms: number, work: () => Promise<void>): Promise<number> {
    await work();
    return ms;
  }

  /** The session is lost: nothing may be started or written any more. */
  async #abandon(): Promise<void> {
    this.#dispatcher.close();
    this.#unsubscribe();
    this.#dispatcher.abort('lost');
    await this.#stopLoops();
  }

  async #stopLoops(): Promise<void> {
    await Promise.all([...this.#loops, this.#reading].map((loop) => loop.stop()));
  }

  async #audit(): Promise<void> {
    for (const owner of this.#ownership.owners.values()) await this.#auditor.step(owner);
  }

  #settled(item: WorkItem, row: AttemptRow): void {
    const { owner, job } = item;
    owner.items.delete(job.jobId);
    owner.count(row.state);
    this.#dispatcher.pump();
    this.#scope.events.emit({
      type: 'job.ended',
      jobId: job.jobId,
      jobType: job.type,
      attempt: attemptNumber(item),
      fence: row.fence,
      state: row.state,
      error: row.error,
      durationMs: Math.max(0, (row.endedMs ?? row.startedMs) - row.startedMs),
      nextDueMs: row.nextDueMs,
    });
    if (!owner.isOpen) return; // whoever opens it reads from the low-water mark, and finds the pointer
    const pointer = retryPointer(row);
    if (pointer !== null && pointer.dueMs > this.#scope.time.nowMs())
      this.#reading.wakeFor(owner.bucket, pointer.dueMs);
    else if (pointer !== null) item.deferred.push(pointer); // the sweep may have passed its place
    if (item.deferred.length > 0) void this.#judgeDeferred(item);
  }

  /** The reader has passed these pointers: nobody else will look at them while this session lives. */
  async #judgeDeferred({ owner, deferred }: WorkItem): Promise<void> {
    for (const pointer of deferred) owner.unjudged.add(pointer);
    if (!(await persist(this.#scope, 'judge', () => this.#intake.judgeAgain(owner, deferred)))) return;
    for (const pointer of deferred) owner.unjudged.delete(pointer);
    this.#dispatcher.pump();
  }

  #dropped(item: WorkItem): void {
    const { jobId } = item.job;
    item.owner.items.delete(jobId);
    const reason = 'the session ended before its outcome was durable';
    this.#scope.events.emit({ type: 'job.dropped', jobId, fence: item.fence, reason });
  }

  #member(): MemberRow {
    const { memberId, address, version, concurrency, buckets } = this.#options;
    return {
      role: 'worker',
      memberId,
      session: this.#scope.session.id,
      beat: this.#scope.session.beat,
      address,
      buckets: formatRanges(buckets),
      types: this.#deps.handlers.types,
      capacity: concurrency,
      running: this.#dispatcher.running,
      version,
      startedMs: this.#startedMs,
      beatMs: this.#scope.time.nowMs(),
    };
  }
}
