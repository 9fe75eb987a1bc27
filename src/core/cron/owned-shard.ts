// The schedules of one shard, in the hands of the scheduler that holds its lock: decides every slot as it becomes due, in the
// order "intent, job, confirmation, progress", so that whoever comes next finds what was begun and goes on from there. Nothing
// but the store remembers anything: a scheduler that dies loses no slot and fires none twice.
import type { Submitter } from '../job/submit.ts';
import { hashText } from '../model/hash.ts';
import { type Bucket, type FencingToken, type JobId, makeJobId, type Random } from '../model/ids.ts';
import { isTerminal } from '../model/job.ts';
import type { ProgressRow, RunRow, ScheduleRow } from '../model/schedule.ts';
import { persist, type Scope } from '../worker/scope.ts';
import { type Decision, decideSlots } from './decide.ts';
import { type Calendar, calendarOf, nextFire } from './next-fire.ts';

/** Schedules are read again this often, ms: a change takes effect within it. */
const RELOAD_MS = 2_000;
/** Slots of one schedule that are decided before others get their turn. */
const SLOTS_AT_ONCE = 200;
/** A slot that is decided later than this was late, ms: longer than it takes until another scheduler has taken over. */
const LATE_AFTER_MS = 60_000;
/** Progress is written when it has moved this far, ms: what the next owner reads again. */
const PROGRESS_MS = 10_000;
/** Schedules whose slots are decided at the same time. */
const CONCURRENCY = 64;

export interface ShardDeps {
  readonly scope: Scope;
  readonly submitter: Submitter;
  readonly shard: Bucket;
  readonly token: FencingToken;
}

interface Entry {
  row: ScheduleRow;
  calendar: Calendar;
  /** Every slot up to here is decided, and its job durable. */
  doneToMs: number;
  savedToMs: number;
  lastJobId: JobId | null;
  /** The next slot; null = none any more. */
  nextMs: number | null;
  /** What earlier owners began after `doneToMs`; null = not read yet. */
  begun: Map<number, RunRow> | null;
}

export class OwnedShard {
  readonly shard: Bucket;
  readonly token: FencingToken;
  readonly #deps: ShardDeps;
  readonly #entries = new Map<string, Entry>();
  #progress: ReadonlyMap<string, ProgressRow> = new Map();
  #reloadMs = Number.NEGATIVE_INFINITY;
  #stepping: Promise<number> | null = null;
  #isClosed = false;

  constructor(deps: ShardDeps) {
    this.#deps = deps;
    this.shard = deps.shard;
    this.token = deps.token;
  }

  get schedules(): number {
    return this.#entries.size;
  }

  /** Reads how far earlier owners came. Nothing may be decided before. */
  async load(): Promise<void> {
    const rows = await this.#deps.scope.store.progressList(this.shard);
    this.#progress = new Map(rows.map((row) => [row.schedule, row]));
    await this.#reload();
  }

  /** Decides what is due. Resolves with how long there is nothing to do, ms. Never overlaps: a second call gets the first one's. */
  step(): Promise<number> {
    if (this.#isClosed) return Promise.resolve(RELOAD_MS);
    this.#stepping ??= this.#step().finally(() => {
      this.#stepping = null;
    });
    return this.#stepping;
  }

  /** Nothing is decided any more once it resolves; the next owner need not look at what was. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#stepping?.catch(() => {});
    for (const entry of this.#entries.values()) if (entry.doneToMs > entry.savedToMs) await this.#save(entry);
  }

  async #step(): Promise<number> {
    const { clock, time } = this.#deps.scope;
    if (clock.monotonicMs() >= this.#reloadMs) await this.#reload();
    const nowMs = time.nowMs();
    const due = [...this.#entries.values()].filter(({ nextMs }) => nextMs !== null && nextMs <= nowMs).values();
    const lane = async (): Promise<void> => {
      for (const entry of due) if (!this.#isClosed) await this.#decide(entry, nowMs);
    };
    // All of them, also when one fails: what a lane has begun must be over before anybody looks at its schedule again.
    const lanes = await Promise.allSettled(Array.from({ length: CONCURRENCY }, lane));
    const failed = lanes.find((each) => each.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    let nextMs = nowMs + RELOAD_MS;
    for (const entry of this.#entries.values()) nextMs = Math.min(nextMs, entry.nextMs ?? nextMs);
    return Math.max(0, nextMs - time.nowMs());
  }

  async #reload(): Promise<void> {
    const { store, clock, time } = this.#deps.scope;
    const rows = await store.scheduleList(this.shard);
    this.#reloadMs = clock.monotonicMs() + RELOAD_MS;
    const names = new Set(rows.map(({ name }) => name));
    for (const name of this.#entries.keys()) if (!names.has(name)) this.#entries.delete(name);
    for (const row of rows) {
      const entry = this.#entries.get(row.name);
      if (entry === undefined) this.#entries.set(row.name, this.#newEntry(row));
      else if (entry.row.version !== row.version) await this.#change(entry, row, time.nowMs());
    }
  }

  #newEntry(row: ScheduleRow): Entry {
    const progress = this.#progress.get(row.name);
    // A schedule that was deleted and made anew has progress of its former life.
    const doneToMs = Math.max(row.fromMs, progress?.doneToMs ?? 0);
    const calendar = calendarOf(row);
    const nextMs = nextFire(calendar, doneToMs)?.atMs ?? null;
    const lastJobId = progress?.lastJobId ?? null;
    return { row, calendar, doneToMs, savedToMs: doneToMs, lastJobId, nextMs, begun: null };
  }

  /** Slots up to the change are of the calendar before. */
  async #change(entry: Entry, row: ScheduleRow, nowMs: number): Promise<void> {
    while (entry.nextMs !== null && entry.nextMs <= Math.min(row.fromMs, nowMs)) {
      if (!(await this.#decide(entry, Math.min(row.fromMs, nowMs)))) return;
    }
    entry.row = row;
    entry.calendar = calendarOf(row);
    entry.doneToMs = Math.max(entry.doneToMs, row.fromMs);
    entry.nextMs = nextFire(entry.calendar, entry.doneToMs)?.atMs ?? null;
  }

  /** False: the session was lost, and the next owner decides. */
  async #decide(entry: Entry, nowMs: number): Promise<boolean> {
    const { scope } = this.#deps;
    const slots: number[] = [];
    let followingMs = entry.nextMs;
    while (followingMs !== null && followingMs <= nowMs && slots.length < SLOTS_AT_ONCE) {
      slots.push(followingMs);
      followingMs = nextFire(entry.calendar, followingMs)?.atMs ?? null;
    }
    entry.begun ??= await this.#begunAfter(entry, nowMs);
    const hasMore = followingMs !== null && followingMs <= nowMs;
    const decisions = decideSlots(entry.row, { slots, hasMore, nowMs, lateAfterMs: LATE_AFTER_MS });
    for (const [index, decision] of decisions.entries()) {
      if (!(await this.#account(entry, decision))) return false;
      entry.doneToMs = decision.slotMs;
      entry.nextMs = slots[index + 1] ?? followingMs;
    }
    if (entry.doneToMs - entry.savedToMs >= PROGRESS_MS) await this.#save(entry);
    return scope.session.isTrusted();
  }

  async #begunAfter({ row, doneToMs }: Entry, nowMs: number): Promise<Map<number, RunRow>> {
    const range = { schedule: row.name, fromMs: doneToMs + 1, toMs: nowMs, limit: Number.MAX_SAFE_INTEGER };
    return new Map((await this.#deps.scope.store.runList(range)).map((run) => [run.slotMs, run]));
  }

  async #account(entry: Entry, decision: Decision): Promise<boolean> {
    const begun = entry.begun?.get(decision.slotMs);
    if (begun !== undefined) return this.#goOn(entry, begun);
    if (decision.state !== 'fire') {
      const { state, reason } = decision;
      return this.#write(this.#run(entry, decision, { state, reason, jobId: null }));
    }
    const overlap = await this.#overlap(entry);
    if (overlap !== null)
      return this.#write(this.#run(entry, decision, { state: 'skipped', reason: overlap, jobId: null }));
    const jobId = this.#jobId(entry.row, decision);
    const intent = this.#run(entry, decision, { state: 'firing', reason: null, jobId });
    return (await this.#write(intent)) && this.#fire(entry, intent, jobId);
  }

  /** An earlier owner decided it. What he meant to submit may not be durable. */
  #goOn(entry: Entry, begun: RunRow): Promise<boolean> {
    const { jobId, state } = begun;
    if (state === 'firing' && jobId !== null) return this.#fire(entry, { ...begun, token: this.token }, jobId);
    if (jobId !== null) entry.lastJobId = jobId;
    return Promise.resolve(true);
  }

  async #fire(entry: Entry, intent: RunRow, jobId: JobId): Promise<boolean> {
    const { scope, submitter } = this.#deps;
    const { job, name } = entry.row;
    const origin = { name, slotMs: intent.slotMs, isLate: intent.isLate };
    const request = { ...job, spec: { ...job.spec, schedule: origin } };
    if (!(await persist(scope, 'cron.submit', () => submitter.submitAs(jobId, request)))) return false;
    entry.lastJobId = jobId;
    return this.#write({ ...intent, state: 'fired' });
  }

  /** Why the slot is left out: the job before is not over. */
  async #overlap({ row, lastJobId }: Entry): Promise<string | null> {
    if (row.overlap === 'allow' || lastJobId === null) return null;
    const { store } = this.#deps.scope;
    const truth = (await store.truthGet([lastJobId])).get(lastJobId);
    if (truth !== undefined)
      return isTerminal(truth.state) ? null : `job ${lastJobId} of an earlier slot is ${truth.state}`;
    // No attempt: it waits, or its rows were deleted long ago.
    return (await store.jobGet([lastJobId])).has(lastJobId) ? `job ${lastJobId} of an earlier slot waits` : null;
  }

  #run(entry: Entry, { slotMs, isLate }: Decision, what: Pick<RunRow, 'state' | 'reason' | 'jobId'>): RunRow {
    const { token } = this;
    return { schedule: entry.row.name, slotMs, token, isLate, decidedMs: this.#deps.scope.time.nowMs(), ...what };
  }

  async #write(run: RunRow): Promise<boolean> {
    const { store, events, time } = this.#deps.scope;
    if (!(await persist(this.#deps.scope, 'cron.run', () => store.runWrite(run)))) return false;
    const { schedule, slotMs, state, reason } = run;
    const lagMs = Math.max(0, time.nowMs() - slotMs);
    if (state !== 'firing') events.emit({ type: 'slot.decided', schedule, slotMs, state, reason, lagMs });
    return true;
  }

  async #save(entry: Entry): Promise<void> {
    const { doneToMs, lastJobId, row } = entry;
    const progress = { schedule: row.name, token: this.token, doneToMs, lastJobId };
    if (await persist(this.#deps.scope, 'cron.progress', () => this.#deps.scope.store.progressWrite(progress))) {
      entry.savedToMs = doneToMs;
    }
  }

  /** Follows from schedule and slot. A late one is due now: its slot may have been closed, and deleted, long ago. */
  #jobId({ name, createdMs, job }: ScheduleRow, { slotMs, isLate }: Decision): JobId {
    const text = `${name}/${createdMs}/${slotMs}`;
    const bucket = (hashText(text) % this.#deps.scope.store.bucketCount) as Bucket;
    const dueMs = isLate ? this.#deps.scope.time.nowMs() : slotMs;
    return makeJobId({ bucket, priority: job.priority, dueMs }, numbersOf(text));
  }
}

/** Numbers that follow from a text. */
const numbersOf = (text: string): Random => {
  let count = 0;
  return {
    uint32: () => {
      count += 1;
      return hashText(`${text}/${count}`);
    },
  };
};
