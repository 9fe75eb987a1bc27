// Firing a slot, in the order "intent, job, confirmation", so that whoever comes next finds what was begun and goes on from there.
import type { Submitter } from '../job/submit.ts';
import { hashText } from '../model/hash.ts';
import { type Bucket, type FencingToken, type JobId, makeJobId, type Random } from '../model/ids.ts';
import type { RunRow, ScheduleRow } from '../model/schedule.ts';
import { persist, type Scope } from '../worker/scope.ts';

export interface FiringDeps {
  readonly scope: Scope;
  readonly submitter: Submitter;
  readonly token: FencingToken;
}

/** A slot, and how it came to be fired. */
type Slot = Pick<RunRow, 'slotMs' | 'isLate' | 'isBackfill'>;
/** A run that is about a job. */
export type Intent = RunRow & { readonly jobId: JobId };

export class Firing {
  readonly #deps: FiringDeps;

  constructor(deps: FiringDeps) {
    this.#deps = deps;
  }

  /** False: the session was lost, as with all that follows. */
  leaveOut(row: ScheduleRow, slot: Slot, state: 'skipped' | 'missed' | 'buffered', reason: string): Promise<boolean> {
    return this.#write({ ...this.#run(row, slot), state, reason, jobId: null });
  }

  /** Submits the job of the slot, due at that time. */
  async fire(row: ScheduleRow, slot: Slot, dueMs: number): Promise<Intent | null> {
    const jobId = this.#jobId(row, slot, dueMs);
    const intent = { ...this.#run(row, slot), state: 'firing', reason: null, jobId } as const;
    return (await this.#write(intent)) && (await this.complete(row, intent)) ? intent : null;
  }

  /** The same again is the same job: also what an earlier owner began. */
  async complete({ name, job }: ScheduleRow, intent: Intent): Promise<boolean> {
    const { scope, submitter, token } = this.#deps;
    const { slotMs, isLate, isBackfill, jobId } = intent;
    const schedule = { name, slotMs, isLate, ...(isBackfill ? { isBackfill } : {}) };
    const request = { ...job, spec: { ...job.spec, schedule } };
    if (!(await persist(scope, 'cron.submit', () => submitter.submitAs(jobId, request)))) return false;
    return this.#write({ ...intent, token, state: 'fired' });
  }

  #run({ name }: ScheduleRow, { slotMs, isLate, isBackfill }: Slot): Omit<RunRow, 'state' | 'reason' | 'jobId'> {
    const { token, scope } = this.#deps;
    return { schedule: name, slotMs, token, isLate, isBackfill, decidedMs: scope.time.nowMs() };
  }

  async #write(run: RunRow): Promise<boolean> {
    const { store, events, time } = this.#deps.scope;
    if (!(await persist(this.#deps.scope, 'cron.run', () => store.runWrite(run)))) return false;
    const { schedule, slotMs, state, reason } = run;
    const lagMs = Math.max(0, time.nowMs() - slotMs);
    if (state !== 'firing') events.emit({ type: 'slot.decided', schedule, slotMs, state, reason, lagMs });
    return true;
  }

  /** Follows from schedule and slot. */
  #jobId({ name, createdMs, job }: ScheduleRow, { slotMs, isBackfill }: Slot, dueMs: number): JobId {
    const text = `${name}/${createdMs}/${slotMs}${isBackfill ? '/backfill' : ''}`;
    const bucket = (hashText(text) % this.#deps.scope.store.bucketCount) as Bucket;
    return makeJobId({ bucket, priority: job.priority, dueMs }, numbersOf(text));
  }
}

/** When the job of a slot is due: its jitter follows from schedule and slot, and ends before the next slot. */
export const jitteredMs = (row: ScheduleRow, slotMs: number, followingMs: number | null): number => {
  const range = Math.min(row.jitterMs + 1, (followingMs ?? Number.POSITIVE_INFINITY) - slotMs);
  return slotMs + (hashText(`${row.name}/${row.createdMs}/${slotMs}/jitter`) % range);
};

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
