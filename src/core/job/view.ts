// A job as people and programs see it: its row and its attempts, merged into one account.
import { fenceSequence, type JobId, jobBucket, jobDueMs, jobPriority } from '../model/ids.ts';
import { type AttemptRow, type AttemptState, type JobRow, type JobState, jobState } from '../model/job.ts';
import { isoTime, isoTimeOrNull } from '../model/time.ts';
import type { JobStore, Truth } from '../ports/store.ts';
import { attemptsMax } from './transitions.ts';

export interface AttemptView {
  /** 1 for the first; starts again after a replay. */
  readonly number: number;
  readonly fence: number;
  /** `rejected`: an outcome that came after the attempt had been declared lost; it does not count. */
  readonly state: AttemptState | 'rejected';
  readonly worker: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly error: string | null;
  readonly result: unknown;
}

export interface OriginView {
  readonly name: string;
  /** When the slot was due. */
  readonly slotAt: string;
  /** It was caught up with. */
  readonly isLate: boolean;
  readonly isBackfill: boolean;
}

export interface JobView {
  readonly id: JobId;
  readonly type: string;
  readonly queue: string;
  readonly state: JobState;
  readonly payload: unknown;
  readonly bucket: number;
  readonly priority: number;
  readonly maxAttempts: number;
  readonly createdAt: string;
  readonly dueAt: string;
  /** When it runs next; null while it runs and once it is finished. */
  readonly nextDueAt: string | null;
  readonly key: string | null;
  readonly partitionKey: string | null;
  readonly replayOf: JobId | null;
  /** The slot of a schedule that it is for. */
  readonly schedule: OriginView | null;
  readonly attempts: readonly AttemptView[];
}

export interface JobListItem {
  readonly id: JobId;
  readonly type: string;
  readonly state: JobState;
  readonly bucket: number;
  readonly priority: number;
  /** Number of the newest attempt, 0 before the first. */
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly error: string | null;
  readonly createdAt: string;
  readonly dueAt: string;
  readonly nextDueAt: string | null;
}

/** Null when the store has no such job. */
export const jobGet = async (store: JobStore, id: JobId): Promise<JobView | null> => {
  const [jobs, rows] = await Promise.all([store.jobGet([id]), store.attemptList(id)]);
  const job = jobs.get(id);
  return job === undefined ? null : jobView(job, rows);
};

/** `rows` as the store lists them: highest fence first. */
const jobView = (job: JobRow, rows: readonly AttemptRow[]): JobView => ({
  id: job.jobId,
  type: job.type,
  queue: job.queue,
  state: jobState(rows[0]),
  payload: JSON.parse(job.payload) as unknown,
  bucket: jobBucket(job.jobId),
  priority: jobPriority(job.jobId),
  maxAttempts: attemptsMax(job.spec),
  createdAt: isoTime(job.createdMs),
  dueAt: isoTime(jobDueMs(job.jobId)),
  nextDueAt: isoTimeOrNull(nextDueMs(job.jobId, rows[0])),
  key: job.spec.key ?? null,
  partitionKey: job.spec.partitionKey ?? null,
  replayOf: job.spec.replayOf ?? null,
  schedule: originView(job),
  attempts: attemptViews(rows),
});

const originView = ({ spec: { schedule } }: JobRow): JobView['schedule'] => {
  if (schedule === undefined) return null;
  const { name, slotMs, isLate, isBackfill = false } = schedule;
  return { name, slotAt: isoTime(slotMs), isLate, isBackfill };
};

export const listItem = (job: JobRow, truth: Truth | undefined): JobListItem => ({
  id: job.jobId,
  type: job.type,
  state: jobState(truth),
  bucket: jobBucket(job.jobId),
  priority: jobPriority(job.jobId),
  attempt: truth?.attempt ?? 0,
  maxAttempts: attemptsMax(job.spec),
  error: truth?.error ?? null,
  createdAt: isoTime(job.createdMs),
  dueAt: isoTime(jobDueMs(job.jobId)),
  nextDueAt: isoTimeOrNull(nextDueMs(job.jobId, truth)),
});

/** When it is due (again), ms; null while it runs and once it is finished. */
export const nextDueMs = (id: JobId, truth: Truth | undefined): number | null =>
  truth === undefined ? jobDueMs(id) : truth.nextDueMs;

/** Null when the store has no such job. */
export const jobHistory = async (store: JobStore, id: JobId): Promise<readonly AttemptView[] | null> => {
  const [jobs, rows] = await Promise.all([store.jobGet([id]), store.attemptList(id)]);
  return jobs.has(id) ? historyViews(rows) : null;
};

/** Oldest first. An attempt that a takeover declared lost has two rows: they are one attempt here. Orders are none. */
export const attemptViews = (rows: readonly AttemptRow[]): readonly AttemptView[] => {
  const oldestFirst = [...rows].reverse();
  const orders = new Set(oldestFirst.filter((row, index) => isOrder(row, oldestFirst.slice(0, index))));
  return historyViews(rows.filter((row) => !orders.has(row)));
};

/** As attemptViews, with what was ordered about the job between its attempts. */
export const historyViews = (rows: readonly AttemptRow[]): readonly AttemptView[] => {
  const oldestFirst = [...rows].reverse();
  return oldestFirst.flatMap((row, index): readonly AttemptView[] => {
    const next = oldestFirst[index + 1];
    if (next === undefined) return [attemptView(row, row.state)];
    if (isLostRowOf(next, row)) return row.state === 'running' ? [] : [attemptView(row, 'rejected')];
    return [attemptView(row, row.state === 'running' ? 'lost' : row.state)];
  });
};

/** Written at a takeover about the same attempt. */
const isLostRowOf = (later: AttemptRow, row: AttemptRow): boolean =>
  later.attempt === row.attempt &&
  later.startedMs === row.startedMs &&
  later.worker === row.worker &&
  fenceSequence(later.fence) === fenceSequence(row.fence) + 1;

/** A cancellation or a new due time while nothing ran is no attempt. */
const isOrder = (row: AttemptRow, earlier: readonly AttemptRow[]): boolean => {
  if (row.state === 'rescheduled' || row.attempt === 0) return true;
  return row.state === 'cancelled' && row.startedMs === row.endedMs && earlier.some(isUsedUp(row.attempt));
};

const isUsedUp =
  (attempt: number) =>
  (row: AttemptRow): boolean =>
    row.attempt === attempt && row.state !== 'snoozed' && row.state !== 'released';

const attemptView = (row: AttemptRow, state: AttemptView['state']): AttemptView => ({
  number: row.attempt,
  fence: row.fence,
  state,
  worker: row.worker,
  startedAt: isoTime(row.startedMs),
  endedAt: isoTimeOrNull(row.endedMs),
  error: row.error,
  result: row.result === null ? null : (JSON.parse(row.result) as unknown),
});
