// The rows that an outcome consists of: the attempt row (the truth), and what must be durable before or with it.
import { type Fence, jobDueMs } from '../model/ids.ts';
import { type AttemptRow, type DeadLetterRow, isWaiting, type JobRow, type PointerRow } from '../model/job.ts';
import { type DecideInput, decide, type Ending } from './transitions.ts';

export interface AttemptIdentity {
  readonly job: JobRow;
  readonly fence: Fence;
  readonly attempt: number;
  readonly worker: string;
  readonly startedMs: number;
}

/** When something is decided, and the chance that goes into it. */
export type Moment = Pick<DecideInput, 'nowMs' | 'random'>;

/** What becomes of an attempt that ended so. */
export const attemptRow = (
  { job, fence, attempt, worker, startedMs }: AttemptIdentity,
  ending: Ending,
  { nowMs, random }: Moment,
): AttemptRow => {
  const transition = decide({ spec: job.spec, attempt, ending, nowMs, random });
  return {
    jobId: job.jobId,
    fence,
    attempt,
    state: transition.state,
    worker,
    startedMs,
    endedMs: nowMs,
    nextDueMs: 'nextDueMs' in transition ? transition.nextDueMs : null,
    error: 'error' in transition ? transition.error : null,
    result: transition.result,
  };
};

/** The pointer that leads on from a waiting truth. It is written before the truth: a crash in between leaves a ghost. */
export const retryPointer = (row: AttemptRow): PointerRow | null =>
  isWaiting(row.state) && row.nextDueMs !== null
    ? { dueMs: row.nextDueMs, jobId: row.jobId, fence: row.fence, op: 'retry', targetMs: null }
    : null;

/** Written before the truth, too: a dead job is never without its letter. */
export const deadLetter = (job: JobRow, row: AttemptRow): DeadLetterRow | null =>
  row.state === 'dead'
    ? { job, fence: row.fence, failedMs: row.endedMs ?? 0, attempts: row.attempt, reason: row.error ?? '' }
    : null;

/**
 * A truth decided before the job was due gets a marker at the job's own place, written before it: whoever reads the job's
 * row when it is due has read the marker by then, and passes the row over.
 */
export const duePassedOver = (row: AttemptRow): PointerRow | null => {
  const dueMs = jobDueMs(row.jobId);
  if (row.endedMs === null || row.endedMs >= dueMs) return null;
  return { dueMs, jobId: row.jobId, fence: row.fence, op: 'marker', targetMs: null };
};
