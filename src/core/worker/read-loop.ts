// When a worker looks for work, and where: in one bucket at once after a hint, or when the next due time of it comes; in all of them
// every 100 ms while rows keep coming, and less and less often without any. A quiet round over all is one statement a table: it
// re-reads what may have come late, reads what is due, and sees what becomes due before the next one.
import { Loop } from '../loop.ts';
import type { Bucket } from '../model/ids.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { RowIntake } from './intake.ts';
import type { OwnedBucket } from './owned-bucket.ts';
import { comesNext, type NextDues, Reader } from './reader.ts';
import type { Scope } from './scope.ts';

/** Waits until all are looked at again, ms: while rows keep coming, and the longest without any. */
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
  /** When all buckets are to be looked at; before that, those that something is known of. */
  #allAtMs = 0;
  readonly #dueAtMs: NextDues = new Map();
  /** When the current wait ends; nothing wakes a round that is under way. */
  #wakeAtMs = 0;
  /** The last round over all left rows for later, or one since then. */
  #hasMore = false;

  constructor(deps: ReadLoopDeps) {
    this.#deps = deps;
    this.#reader = new Reader(deps.scope.store, deps.intake);
    const { clock, events } = deps.scope;
    this.#loop = new Loop({ name: 'read', clock, events, step: () => this.#step() });
  }

  start(): void {
    this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  /** There may be something in any bucket. */
  wake(): void {
    this.#allAtMs = 0;
    this.#loop.wake();
  }

  /** Something becomes due in this one then, or is due. */
  wakeFor(bucket: Bucket, dueMs = 0): void {
    comesNext(this.#dueAtMs, bucket, dueMs);
    if (dueMs < this.#wakeAtMs) this.#loop.wake();
  }

  /** Ready jobs run low. */
  hungry(): void {
    if (!this.#hasMore) return;
    this.#hasMore = false;
    this.wake();
  }

  async #step(): Promise<number> {
    try {
      return await this.#round();
    } catch (error) {
      this.#allAtMs = 0; // what was known of single buckets is lost
      throw error;
    }
  }

  async #round(): Promise<number> {
    const { scope, intake, dispatcher, readyMax } = this.#deps;
    const { clock, time } = scope;
    const tooSoonMs = APART_MS - (clock.monotonicMs() - this.#roundAtMs);
    if (tooSoonMs > 0) await clock.sleep(tooSoonMs);
    this.#roundAtMs = clock.monotonicMs();
    await time.refresh();
    const nowMs = time.nowMs();
    const admittedBefore = intake.admitted;
    this.#wakeAtMs = 0;
    const isOfAll = nowMs >= this.#allAtMs;
    if (isOfAll) this.#allAtMs = Number.POSITIVE_INFINITY;
    const owners = this.#takeDue(nowMs, isOfAll);
    const aheadMs = isOfAll && this.#waitMs === IDLE_MS ? IDLE_MS : 0;
    const room = (): number => readyMax - dispatcher.ready.size;
    const seen = await this.#reader.read(owners, { nowMs, aheadMs, room });
    dispatcher.pump();
    if (isOfAll) {
      await this.#reader.reread(owners, nowMs);
      dispatcher.pump();
    }
    const isFull = room() <= 0;
    const isBehind = owners.some(({ jobs, pointers }) => jobs.behind !== null || pointers.behind !== null);
    const isLeft = isFull || isBehind;
    this.#hasMore = isLeft || (this.#hasMore && !isOfAll);
    const isBusy = isLeft || intake.admitted > admittedBefore;
    if (isBusy) this.#waitMs = BUSY_MS;
    else if (isOfAll) this.#waitMs = Math.min(this.#waitMs * 2, IDLE_MS);
    // When it is full, the dispatcher wakes it as soon as it is hungry.
    this.#allAtMs = Math.min(this.#allAtMs, nowMs + (isFull ? IDLE_MS : isBehind ? 0 : this.#waitMs));
    const isPeeking = aheadMs === 0 && !isLeft;
    const next = isPeeking ? await this.#reader.nextDues(owners, nowMs, this.#allAtMs) : seen;
    for (const [bucket, dueMs] of next) comesNext(this.#dueAtMs, bucket, dueMs);
    this.#wakeAtMs = Math.min(this.#allAtMs, ...this.#dueAtMs.values());
    return Math.max(0, this.#wakeAtMs - time.nowMs());
  }

  /** Those to look at now; what was known of them is about to be read. */
  #takeDue(nowMs: number, isOfAll: boolean): readonly OwnedBucket[] {
    const isDue = (bucket: Bucket): boolean =>
      isOfAll || (this.#dueAtMs.get(bucket) ?? Number.POSITIVE_INFINITY) <= nowMs;
    const owners = this.#deps.owners().filter(({ bucket }) => isDue(bucket));
    for (const bucket of [...this.#dueAtMs.keys()]) if (isDue(bucket)) this.#dueAtMs.delete(bucket);
    return owners;
  }
}
