// When a worker looks for work: at once after a hint, when the next due time comes, every 100 ms while rows keep coming, and
// less and less often without any. A quiet round is one statement a table: it re-reads what may have come late, reads what is
// due, and sees what becomes due before the next round.
import { Loop } from '../loop.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { RowIntake } from './intake.ts';
import type { OwnedBucket } from './owned-bucket.ts';
import { Reader } from './reader.ts';
import type { Scope } from './scope.ts';

/** Waits, ms: while rows keep coming, and the longest without any. */
const BUSY_MS = 100;
const IDLE_MS = 1_000;
/** Rounds are at least this far apart, ms, however many hints come. */
const APART_MS = 2;

export interface ReadLoopDeps {
  readonly scope: Scope;
  readonly intake: RowIntake;
  readonly dispatcher: Dispatcher;
  readonly owners: () => readonly OwnedBucket[];
  /** Jobs read ahead of free slots. */
  readonly readyMax: number;
}

export class ReadLoop {
  readonly #deps: ReadLoopDeps;
  readonly #reader: Reader;
  readonly #loop: Loop;
  /** Grows to IDLE_MS while rounds find nothing and leave nothing. */
  #waitMs = BUSY_MS;
  #roundAtMs = 0;
  /** When the current wait ends; nothing wakes a round that is under way. */
  #wakeAtMs = 0;
  /** Earliest due time that the worker itself has caused since the last round began. */
  #causedDueMs = Number.POSITIVE_INFINITY;
  /** The last round left rows for later. */
  #hasMore = false;

  constructor(deps: ReadLoopDeps) {
    this.#deps = deps;
    this.#reader = new Reader(deps.scope.store, deps.intake);
    const { clock, events } = deps.scope;
    this.#loop = new Loop({ name: 'read', clock, events, step: () => this.#round() });
  }

  start(): void {
    this.#loop.start();
  }

  wake(): void {
    this.#loop.wake();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  /** The worker wrote a row that becomes due then. */
  wakeBy(dueMs: number): void {
    this.#causedDueMs = Math.min(this.#causedDueMs, dueMs);
    if (dueMs < this.#wakeAtMs) this.wake();
  }

  /** Ready jobs run low. */
  hungry(): void {
    if (!this.#hasMore) return;
    this.#hasMore = false;
    this.wake();
  }

  async #round(): Promise<number> {
    const { scope, intake, dispatcher, readyMax } = this.#deps;
    const { clock, time } = scope;
    const tooSoonMs = APART_MS - (clock.monotonicMs() - this.#roundAtMs);
    if (tooSoonMs > 0) await clock.sleep(tooSoonMs);
    this.#roundAtMs = clock.monotonicMs();
    await time.refresh();
    const nowMs = time.nowMs();
    const owners = this.#deps.owners();
    const admittedBefore = intake.admitted;
    this.#wakeAtMs = 0;
    this.#causedDueMs = Number.POSITIVE_INFINITY;
    const aheadMs = this.#waitMs === IDLE_MS ? IDLE_MS : 0;
    const room = (): number => readyMax - dispatcher.ready.size;
    const found = (): void => dispatcher.pump();
    const seenDueMs = await this.#reader.read(owners, { nowMs, aheadMs, room, found });
    dispatcher.pump();
    const isFull = room() <= 0;
    this.#hasMore = isFull || owners.some(({ jobs, pointers }) => jobs.behind !== null || pointers.behind !== null);
    const isBusy = this.#hasMore || intake.admitted > admittedBefore;
    this.#waitMs = isBusy ? BUSY_MS : Math.min(this.#waitMs * 2, IDLE_MS);
    if (isFull) return IDLE_MS; // the dispatcher wakes it when it is hungry
    if (this.#hasMore) return 0;
    const untilMs = nowMs + this.#waitMs;
    const dueMs = aheadMs > 0 ? Math.min(seenDueMs, untilMs) : await this.#reader.nextDueMs(owners, nowMs, untilMs);
    this.#wakeAtMs = Math.min(dueMs, this.#causedDueMs);
    return Math.max(0, this.#wakeAtMs - time.nowMs());
  }
}
