// The backfill of a schedule: slots of the past that were never fired are fired now, in their order, not faster than was asked for.
import type { Backfill, RunRow, ScheduleMemory, ScheduleRow } from '../model/schedule.ts';
import type { Scope } from '../worker/scope.ts';
import type { Firing } from './firing.ts';
import { scheduleBackfilled } from './manage.ts';
import { type Calendar, nextFire } from './next-fire.ts';
import { OpenJobs } from './open-jobs.ts';

/** Slots that are looked at before others get their turn. */
const SLOTS_AT_ONCE = 200;
/** While jobs before are not over, it is looked this often, ms. */
const POLL_MS = 500;

type Memory = NonNullable<ScheduleMemory['backfill']>;

export interface BackfillDeps {
  readonly scope: Scope;
  readonly firing: Firing;
  readonly memory: Memory | null;
}

export class BackfillRun {
  readonly #deps: BackfillDeps;
  #doing: Memory | null;
  #jobs: OpenJobs;
  /** Not before, ms by the store's clock. */
  #nextMs = Number.NEGATIVE_INFINITY;
  #isOver = false;

  constructor(deps: BackfillDeps) {
    this.#deps = deps;
    this.#doing = deps.memory;
    this.#jobs = this.#jobsOf(deps.memory);
  }

  /** For the next owner. */
  get memory(): Memory | null {
    return this.#doing === null ? null : { ...this.#doing, openJobs: this.#jobs.ids };
  }

  /** When there is something to do, ms by the store's clock. */
  wakeMs({ backfill }: ScheduleRow): number {
    if (this.#doing?.askedMs !== backfill?.askedMs) return Number.NEGATIVE_INFINITY;
    return backfill === null || this.#isOver ? Number.POSITIVE_INFINITY : this.#nextMs;
  }

  /** Goes on with it, among slots up to `decidedToMs`. True: it came further, and this is worth remembering. */
  async step(row: ScheduleRow, calendar: Calendar, decidedToMs: number): Promise<boolean> {
    const { backfill } = row;
    const nowMs = this.#deps.scope.time.nowMs();
    if (this.#doing?.askedMs !== backfill?.askedMs) return this.#begin(row);
    if (backfill === null || this.#doing === null || this.#isOver || nowMs < this.#nextMs) return false;
    await this.#jobs.settle();
    this.#nextMs = nowMs + POLL_MS;
    if (this.#jobs.ids.length >= backfill.concurrency) return false;
    return this.#goOn(row, { calendar, backfill, toMs: Math.min(backfill.toMs, decidedToMs) });
  }

  /** Another one was asked for, or none any more: what was begun of the one before becomes durable first. */
  async #begin(row: ScheduleRow): Promise<boolean> {
    const { backfill, name } = row;
    if (this.#doing !== null) {
      const { doneToMs, toMs } = this.#doing;
      const range = { schedule: name, fromMs: doneToMs + 1, toMs, limit: SLOTS_AT_ONCE };
      for (const run of await this.#deps.scope.store.runList(range)) {
        if (run.isBackfill && !(await this.#complete(row, run))) return false;
      }
    }
    this.#doing = backfill === null ? null : startOf(backfill);
    this.#jobs = this.#jobsOf(this.#doing);
    this.#isOver = false;
    this.#nextMs = Number.NEGATIVE_INFINITY;
    return true;
  }

  #jobsOf(doing: Memory | null): OpenJobs {
    return new OpenJobs(this.#deps.scope.store, { openJobs: doing?.openJobs ?? [], failures: 0 });
  }

  async #goOn(
    row: ScheduleRow,
    { calendar, backfill, toMs }: { readonly calendar: Calendar; readonly backfill: Backfill; readonly toMs: number },
  ): Promise<boolean> {
    const { scope, firing } = this.#deps;
    let doneToMs = this.#doing?.doneToMs ?? 0;
    const page = { schedule: row.name, fromMs: doneToMs + 1, toMs, limit: SLOTS_AT_ONCE };
    const runs = toMs <= doneToMs ? [] : await scope.store.runList(page);
    const bySlot = new Map(runs.map((run) => [run.slotMs, run]));
    const knownToMs = runs.length < SLOTS_AT_ONCE ? toMs : (runs.at(-1)?.slotMs ?? toMs);
    for (let count = 0; count < SLOTS_AT_ONCE; count += 1) {
      const slotMs = nextFire(calendar, doneToMs)?.atMs ?? Number.POSITIVE_INFINITY;
      if (slotMs > backfill.toMs) return this.#end(row, backfill);
      if (slotMs > knownToMs) break;
      const run = bySlot.get(slotMs);
      if (run === undefined || run.state === 'skipped' || run.state === 'missed') {
        const slot = { slotMs, isLate: false, isBackfill: true };
        const fired = await firing.fire(row, slot, scope.time.nowMs());
        if (fired === null) return false;
        this.#jobs.add(fired.jobId);
        this.#nextMs = scope.time.nowMs() + backfill.everyMs;
        return this.#cameTo(slotMs);
      }
      if (!(await this.#complete(row, run))) return false;
      doneToMs = slotMs;
    }
    const isMore = (nextFire(calendar, doneToMs)?.atMs ?? Number.POSITIVE_INFINITY) <= toMs;
    if (isMore) this.#nextMs = Number.NEGATIVE_INFINITY;
    return this.#cameTo(doneToMs);
  }

  /** What an earlier owner began. False: the session was lost. */
  #complete(row: ScheduleRow, run: RunRow): Promise<boolean> {
    const { jobId, state, isBackfill } = run;
    if (jobId === null) return Promise.resolve(true);
    if (isBackfill) this.#jobs.add(jobId);
    return state === 'firing' ? this.#deps.firing.complete(row, { ...run, jobId }) : Promise.resolve(true);
  }

  #cameTo(doneToMs: number): boolean {
    if (this.#doing === null || this.#doing.doneToMs >= doneToMs) return false;
    this.#doing = { ...this.#doing, doneToMs };
    return true;
  }

  async #end({ name }: ScheduleRow, { askedMs, toMs }: Backfill): Promise<boolean> {
    await scheduleBackfilled(this.#deps.scope.store, name, askedMs);
    this.#isOver = true;
    return this.#cameTo(toMs);
  }
}

const startOf = ({ askedMs, fromMs, toMs }: Backfill): Memory => ({
  ...{ askedMs, toMs, doneToMs: fromMs - 1, openJobs: [] },
});
