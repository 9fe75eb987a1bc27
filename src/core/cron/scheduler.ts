// A scheduler: decides what becomes of the slots of schedules, together with any number of others. One tenure after another: a
// lost session is never revived.
import { Submitter } from '../job/submit.ts';
import { Session } from '../lock/session.ts';
import { Loop } from '../loop.ts';
import type { Random } from '../model/ids.ts';
import type { MemberRow } from '../model/lock.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventSink } from '../ports/events.ts';
import type { Store } from '../ports/store.ts';
import { StoreTime } from '../store-time.ts';
import { formatRanges } from '../worker/assignment.ts';
import type { Scope } from '../worker/scope.ts';
import { SCHEDULER_ROLE, Shards } from './shards.ts';

/** Announcements per lease if no renewal comes before. */
const ANNOUNCEMENTS_PER_LEASE = 2;
/** Wait before a new session is tried again, ms. */
const REOPEN_MS = 500;

export interface SchedulerDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventSink;
}

export interface SchedulerOptions {
  /** Unique among live schedulers. */
  readonly memberId: string;
  /** How long it may go unheard of before others take over, ms. */
  readonly leaseMs: number;
  readonly address: string;
  readonly version: string;
}

class CronTenure {
  readonly #scope: Scope;
  readonly #shards: Shards;
  readonly #loops: readonly Loop[];
  readonly #startedMs: number;
  readonly #options: SchedulerOptions;
  /** Resolves once the session is lost and nothing is decided any more. */
  readonly over: Promise<void>;

  private constructor(deps: SchedulerDeps, options: SchedulerOptions, session: Session, time: StoreTime) {
    this.#options = options;
    this.#startedMs = time.nowMs();
    this.#scope = { ...deps, time, session, memberId: options.memberId };
    const { clock, events } = deps;
    const loop = (name: string, step: () => Promise<number>): Loop => new Loop({ name, clock, events, step });
    const cron = loop('cron', () => this.#step());
    const submitter = new Submitter({ ...deps, isClockIgnored: true });
    const member = () => this.#member();
    this.#shards = new Shards({ scope: this.#scope, submitter, member, taken: () => cron.wake() });
    const announcing = loop('announce', async () => {
      await deps.store.memberWrite(member(), options.leaseMs);
      return options.leaseMs / ANNOUNCEMENTS_PER_LEASE;
    });
    session.onRenewed = () => announcing.wake();
    const balancing = loop('balance', () => this.#shards.balance());
    this.#loops = [announcing, balancing, cron];
    this.over = new Promise((resolve) => {
      session.lost.addEventListener('abort', () => void this.#stopLoops().then(resolve), { once: true });
    });
  }

  /** Throws a retryable error when the store does not answer. */
  static async open(deps: SchedulerDeps, options: SchedulerOptions): Promise<CronTenure> {
    const time = new StoreTime(deps);
    await time.refresh();
    const { leaseMs, address } = options;
    const session = await Session.open(deps, { leaseMs, role: SCHEDULER_ROLE, address });
    const tenure = new CronTenure(deps, options, session, time);
    for (const loop of tenure.#loops) loop.start();
    return tenure;
  }

  get isTrusted(): boolean {
    return this.#scope.session.isTrusted();
  }

  get shards(): readonly number[] {
    return [...this.#shards.owned.keys()];
  }

  /** Gives everything back and ends the session. */
  async drain(): Promise<void> {
    await this.#stopLoops();
    await this.#shards.leaveAll();
    await this.#scope.session.end('drained');
  }

  async #step(): Promise<number> {
    await this.#scope.time.refresh();
    const steps = await Promise.allSettled([...this.#shards.owned.values()].map((shard) => shard.step()));
    const failed = steps.find((step) => step.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return Math.min(this.#options.leaseMs, ...steps.map((step) => (step.status === 'fulfilled' ? step.value : 0)));
  }

  async #stopLoops(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.stop()));
  }

  #member(): MemberRow {
    const { memberId, address, version } = this.#options;
    const { session, time, store } = this.#scope;
    return {
      ...{ role: SCHEDULER_ROLE, memberId, session: session.id, beat: session.beat, address, version },
      ...{ buckets: formatRanges(Array.from({ length: store.bucketCount }, (_, shard) => shard)), types: [] },
      ...{ capacity: 0, running: 0, startedMs: this.#startedMs, beatMs: time.nowMs() },
    };
  }
}

export class Scheduler implements AsyncDisposable {
  readonly #deps: SchedulerDeps;
  readonly #options: SchedulerOptions;
  readonly #stopping = new AbortController();
  readonly #over: Promise<void>;
  #tenure: CronTenure;

  private constructor(deps: SchedulerDeps, options: SchedulerOptions, tenure: CronTenure) {
    this.#deps = deps;
    this.#options = options;
    this.#tenure = tenure;
    this.#over = this.#renewTenures();
  }

  /** Resolves once it has a session. Throws a retryable error when the store does not answer. */
  static async start(deps: SchedulerDeps, options: SchedulerOptions): Promise<Scheduler> {
    return new Scheduler(deps, options, await CronTenure.open(deps, options));
  }

  status(): { readonly isTrusted: boolean; readonly shards: readonly number[] } {
    const { isTrusted, shards } = this.#tenure;
    return { isTrusted, shards };
  }

  async drain(): Promise<void> {
    this.#stopping.abort();
    await this.#tenure.drain();
    await this.#over;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.drain();
  }

  async #renewTenures(): Promise<void> {
    for (;;) {
      await this.#tenure.over;
      while (!this.#stopping.signal.aborted && !this.#tenure.isTrusted) {
        try {
          this.#tenure = await CronTenure.open(this.#deps, this.#options);
        } catch (error) {
          this.#deps.events.emit({ type: 'loop.failed', loop: 'session', error, retryMs: REOPEN_MS });
          await this.#deps.clock.sleep(REOPEN_MS, this.#stopping.signal);
        }
      }
      if (this.#stopping.signal.aborted) break;
    }
    if (this.#tenure.isTrusted) await this.#tenure.drain(); // opened while the drain began
  }
}
