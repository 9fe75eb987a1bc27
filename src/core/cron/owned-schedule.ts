// One schedule in the hands of the scheduler that holds its shard: decides its slots as they become due, keeps those that wait for
// jobs of earlier ones, and pauses it when its jobs keep failing.
import type { RunRow, ScheduleMemory, ScheduleRow } from '../model/schedule.ts';
import { type Overlap, type ProgressRow, parseOverlap } from '../model/schedule.ts';
import { persist } from '../worker/scope.ts';
import { BackfillRun } from './backfill-run.ts';
import { decideSlot, pauseReason } from './decide.ts';
import { Firing, type FiringDeps, type Intent, jitteredMs } from './firing.ts';
import { schedulePause } from './manage.ts';
import { type Calendar, calendarOf, nextFire } from './next-fire.ts';
import { OpenJobs } from './open-jobs.ts';

/** Slots that are decided before other schedules get their turn. */
const SLOTS_AT_ONCE = 200;
/** Progress is written when it has moved this far, ms: what the next owner reads again. */
const PROGRESS_MS = 10_000;
/** While slots wait, it is looked this often whether jobs of earlier ones are over, ms. */
const BUFFER_POLL_MS = 500;
const NO_OVERLAP: Overlap = { atOnce: 1, waiting: 0, isCancelling: false };

export class OwnedSchedule {
  readonly #deps: FiringDeps;
  readonly #firing: Firing;
  readonly #jobs: OpenJobs;
  readonly #backfill: BackfillRun;
  #row: ScheduleRow;
  #calendar: Calendar;
  /** Every slot up to here is decided, and its job durable. */
  #doneToMs: number;
  #savedToMs: number;
  #buffered: readonly number[];
  #fires: number;
  /** The next slot; null = none any more. */
  #nextMs: number | null;
  /** When it was last looked whether slots that wait may be fired. */
  #lookedMs = Number.NEGATIVE_INFINITY;
  /** What earlier owners decided after `doneToMs`, or left waiting; null = not read yet. */
  #begun: ReadonlyMap<number, RunRow> | null = null;

  constructor(deps: FiringDeps, row: ScheduleRow, progress: ProgressRow | undefined) {
    this.#deps = deps;
    this.#row = row;
    this.#calendar = calendarOf(row);
    // A schedule that was deleted and made anew has progress of its former life.
    const isOfIt = (progress?.memory?.createdMs ?? row.createdMs) === row.createdMs;
    const known = isOfIt ? progress : undefined;
    this.#doneToMs = Math.max(row.fromMs, known?.doneToMs ?? 0);
    this.#savedToMs = this.#doneToMs;
    this.#nextMs = nextFire(this.#calendar, this.#doneToMs)?.atMs ?? null;
    const memory = known?.memory ?? { ...NOTHING, createdMs: row.createdMs };
    this.#buffered = memory.buffered;
    this.#fires = memory.fires;
    this.#jobs = new OpenJobs(deps.scope.store, memory);
    this.#firing = new Firing(deps);
    this.#backfill = new BackfillRun({ scope: deps.scope, firing: this.#firing, memory: memory.backfill });
  }

  get version(): number {
    return this.#row.version;
  }

  /** When there is something to do, ms by the store's clock; Infinity = not before it is changed. */
  get wakeMs(): number {
    const waitingMs = this.#buffered.length === 0 ? Number.POSITIVE_INFINITY : this.#lookedMs + BUFFER_POLL_MS;
    return Math.min(this.#nextMs ?? Number.POSITIVE_INFINITY, waitingMs, this.#backfill.wakeMs(this.#row));
  }

  /** Slots up to the change are of the calendar before. */
  async change(row: ScheduleRow, nowMs: number): Promise<void> {
    const toMs = Math.min(row.fromMs, nowMs);
    while (this.#nextMs !== null && this.#nextMs <= toMs) if (!(await this.step(toMs))) return;
    this.#row = row;
    this.#calendar = calendarOf(row);
    this.#doneToMs = Math.max(this.#doneToMs, row.fromMs);
    this.#nextMs = nextFire(this.#calendar, this.#doneToMs)?.atMs ?? null;
  }

  /** Does what is due. False: the session was lost, and the next owner goes on. */
  async step(nowMs: number): Promise<boolean> {
    if (!(await this.#recall()) || !(await this.#fireWaiting())) return false;
    for (let count = 0; count < SLOTS_AT_ONCE && this.#nextMs !== null && this.#nextMs <= nowMs; count += 1) {
      const slotMs = this.#nextMs;
      const followingMs = nextFire(this.#calendar, slotMs)?.atMs ?? null;
      if (!(await this.#account(slotMs, followingMs, nowMs))) return false;
      this.#doneToMs = slotMs;
      this.#nextMs = followingMs;
    }
    const isFurther = await this.#backfill.step(this.#row, this.#calendar, this.#doneToMs);
    if (isFurther || this.#doneToMs - this.#savedToMs >= PROGRESS_MS) await this.#save();
    return this.#deps.scope.session.isTrusted();
  }

  /** The next owner need not look at what was decided. */
  async close(): Promise<void> {
    if (this.#begun !== null && this.#doneToMs > this.#savedToMs) await this.#save();
  }

  /** Finds what earlier owners decided since they last said so. */
  async #recall(): Promise<boolean> {
    if (this.#begun !== null) return true;
    const { store, time } = this.#deps.scope;
    const buffered = this.#buffered;
    const fromMs = Math.min(this.#doneToMs + 1, ...buffered);
    const range = { schedule: this.#row.name, fromMs, toMs: time.nowMs(), limit: Number.MAX_SAFE_INTEGER };
    const begun = new Map((await store.runList(range)).map((run) => [run.slotMs, run]));
    this.#begun = begun;
    this.#buffered = [];
    for (const slotMs of buffered) {
      const run = begun.get(slotMs);
      if (run !== undefined && !(await this.#goOn(run))) return false;
    }
    return true;
  }

  /** An earlier owner decided it. What he meant to submit may not be durable. */
  async #goOn(run: RunRow): Promise<boolean> {
    const { jobId, state, isBackfill, slotMs } = run;
    if (state === 'buffered') this.#buffered = [...this.#buffered, slotMs];
    if (jobId === null) return true;
    if (state === 'firing' && !(await this.#firing.complete(this.#row, { ...run, jobId }))) return false;
    if (!isBackfill) this.#fired({ ...run, jobId });
    return true;
  }

  async #account(slotMs: number, followingMs: number | null, nowMs: number): Promise<boolean> {
    const begun = this.#begun?.get(slotMs);
    if (begun !== undefined) return this.#goOn(begun);
    await this.#settle();
    const isLast = followingMs === null || followingMs > nowMs;
    const fires = this.#fires + this.#buffered.length;
    const decision = decideSlot(this.#row, { slotMs, isLast, nowMs, fires });
    const { state, reason, isLate } = decision;
    const slot = { slotMs, isLate, isBackfill: false };
    if (state !== 'fire') return this.#firing.leaveOut(this.#row, slot, state, reason ?? '');
    if (!(await this.#fireWaiting())) return false;
    if (this.#buffered.length === 0 && this.#jobs.ids.length < this.#overlap.atOnce) {
      // A late one is due now: its slot may have been closed, and deleted, long ago.
      const dueMs = isLate ? this.#deps.scope.time.nowMs() : jitteredMs(this.#row, slotMs, followingMs);
      return this.#fired(await this.#firing.fire(this.#row, slot, dueMs));
    }
    return this.#wait(slot);
  }

  get #overlap(): Overlap {
    return parseOverlap(this.#row.overlap) ?? NO_OVERLAP;
  }

  /** False when nothing was: the session was lost. */
  #fired(run: Intent | null): boolean {
    if (run === null) return false;
    this.#fires += 1;
    const { pauseAfterFailures } = this.#row;
    if (this.#overlap.atOnce < Number.POSITIVE_INFINITY || pauseAfterFailures !== null) this.#jobs.add(run.jobId);
    return true;
  }

  /** Jobs of earlier slots are not over. */
  async #wait(slot: {
    readonly slotMs: number;
    readonly isLate: boolean;
    readonly isBackfill: boolean;
  }): Promise<boolean> {
    const { isCancelling, waiting, atOnce } = this.#overlap;
    const leaveOut = (state: 'skipped' | 'buffered', reason: string): Promise<boolean> =>
      this.#firing.leaveOut(this.#row, slot, state, reason);
    if (isCancelling && !(await this.#dropBuffered('a later slot was due before it could be fired'))) return false;
    if (this.#buffered.length >= waiting) {
      const jobs = atOnce === 1 ? this.#jobs.oldest : `${atOnce} jobs of earlier slots are not over`;
      return leaveOut('skipped', waiting === 0 ? jobs : `${waiting} slots wait already: ${jobs}`);
    }
    if (!(await leaveOut('buffered', this.#jobs.oldest))) return false;
    // Nothing may fail after this, or the slot would be decided again. Whom it waits for is looked at, and cancelled, in the next step.
    this.#buffered = [...this.#buffered, slot.slotMs];
    this.#lookedMs = Number.NEGATIVE_INFINITY;
    return true;
  }

  /** Fires slots that waited, as far as jobs of earlier ones are over. */
  async #fireWaiting(): Promise<boolean> {
    if (this.#buffered.length === 0) return true;
    const { time } = this.#deps.scope;
    this.#lookedMs = time.nowMs();
    await this.#settle();
    const { paused } = this.#row;
    if (paused !== null) return this.#dropBuffered(pauseReason(paused));
    const { atOnce, isCancelling } = this.#overlap;
    for (const slotMs of this.#buffered) {
      if (this.#jobs.ids.length >= atOnce) break;
      const slot = { slotMs, isLate: false, isBackfill: false };
      if (!this.#fired(await this.#firing.fire(this.#row, slot, time.nowMs()))) return false;
      this.#buffered = this.#buffered.filter((each) => each !== slotMs);
    }
    if (isCancelling && this.#buffered.length > 0) await this.#jobs.cancel();
    return true;
  }

  async #dropBuffered(reason: string): Promise<boolean> {
    for (const slotMs of this.#buffered) {
      const slot = { slotMs, isLate: false, isBackfill: false };
      if (!(await this.#firing.leaveOut(this.#row, slot, 'skipped', reason))) return false;
      this.#buffered = this.#buffered.filter((each) => each !== slotMs);
    }
    return true;
  }

  /** Looks which jobs are over, and pauses the schedule when too many have failed. */
  async #settle(): Promise<void> {
    await this.#jobs.settle();
    const { name, paused, pauseAfterFailures: limit } = this.#row;
    if (paused !== null) this.#jobs.failures = 0;
    else if (limit !== null && this.#jobs.failures >= limit && this.#deps.scope.session.isTrusted()) {
      const reason = `its last ${this.#jobs.failures} jobs failed`;
      const row = await schedulePause(this.#deps.scope.store, name, reason, this.#doneToMs);
      // What else has changed of it comes when schedules are read again.
      this.#row = { ...this.#row, paused: row.paused };
      this.#jobs.failures = 0;
      await this.#save();
    }
  }

  async #save(): Promise<void> {
    const { scope, token } = this.#deps;
    const { name, createdMs } = this.#row;
    const doneToMs = this.#doneToMs;
    const { ids, failures } = this.#jobs;
    const memory: ScheduleMemory = {
      ...{ createdMs, openJobs: ids, buffered: this.#buffered, fires: this.#fires, failures },
      backfill: this.#backfill.memory,
    };
    const progress = { schedule: name, token, doneToMs, memory };
    if (await persist(scope, 'cron.progress', () => scope.store.progressWrite(progress))) this.#savedToMs = doneToMs;
  }
}

const NOTHING: Omit<ScheduleMemory, 'createdMs'> = {
  openJobs: [],
  buffered: [],
  fires: 0,
  failures: 0,
  backfill: null,
};
