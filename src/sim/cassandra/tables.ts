// How the rows of the ports lie in tables: partition, key (sorts as the clustering columns do) and columns.
import type { DeadLetterKey } from '../../core/model/dead-letter.ts';
import { type JobId, jobBucket, jobDueMs, jobSlot } from '../../core/model/ids.ts';
import type { AttemptRow, DeadLetterRow, JobRow, Partition, PointerRow } from '../../core/model/job.ts';
import type { Range } from './replica.ts';

const FENCE_SPAN = 2 ** 53;
const DIGITS = 16;
/** After every key of a text. */
const END = '~';

const number = (value: number): string => String(Math.floor(value)).padStart(DIGITS, '0');
/** For DESC. */
const inverse = (value: number): string => number(FENCE_SPAN - value);

export const TABLES = ['jobs_sharded', 'job_history', 'jobs_pending_by_bucket'] as const;

export const partitionName = (table: string, { bucket, slot }: Partition): string => `${table}/${bucket}/${slot}`;

/** A job's id sorts by (bucket, priority, due): within a partition as (prio, due_ms, job_id). */
const JOB_KEY_HEAD = 4;

/** Rows of a slot due in [from, to], of every priority. */
export const dueRange = (
  table: (typeof TABLES)[number],
  partition: Partition,
  due: { readonly fromMs: number; readonly toMs: number },
): Range => {
  const dueMs = table === 'jobs_sharded' ? jobKeyDueMs : pointerKeyDueMs;
  return {
    partition: partitionName(table, partition),
    from: '',
    to: END,
    wants: (key) => dueMs(key) >= due.fromMs && dueMs(key) <= due.toMs,
  };
};

export const afterJob = (table: string, partition: Partition, after: JobId | null): Range => ({
  partition: partitionName(table, partition),
  from: after === null ? '' : `${after}/${END}`,
  to: END,
});

export const jobRange = (id: JobId): Range => ({
  partition: partitionName('jobs_sharded', { bucket: jobBucket(id), slot: jobSlot(id) }),
  from: id,
  to: `${id}${END}`,
});

export const attemptRange = (id: JobId): Range => ({
  partition: partitionName('job_history', { bucket: jobBucket(id), slot: jobSlot(id) }),
  from: `${id}/`,
  to: `${id}/${END}`,
});

export const attemptKey = ({ jobId, fence }: Pick<AttemptRow, 'jobId' | 'fence'>): string =>
  `${jobId}/${inverse(fence)}`;

/** (prio, due_ms, job_id, fence): the head of the id is bucket and priority. */
export const pointerKey = ({ jobId, dueMs, fence, op }: PointerRow): string =>
  `${jobId.slice(0, JOB_KEY_HEAD)}/${number(dueMs)}/${jobId}/${number(fence)}/${op}`;

const jobKeyDueMs = (key: string): number => jobDueMs(key as JobId);
const pointerKeyDueMs = (key: string): number => Number(key.slice(JOB_KEY_HEAD + 1, JOB_KEY_HEAD + 1 + DIGITS));

export const letterPartition = ({ queue, day, shard }: Pick<DeadLetterKey, 'queue' | 'day' | 'shard'>): string =>
  `jobs_dlq/${queue}/${day}/${shard}`;

export const letterKey = ({ failedMs, jobId, fence }: Pick<DeadLetterKey, 'failedMs' | 'jobId' | 'fence'>): string =>
  `${inverse(failedMs)}/${jobId}/${inverse(fence)}`;

/** After this letter, or all. */
export const letterRange = (
  partition: Pick<DeadLetterKey, 'queue' | 'day' | 'shard'>,
  after: DeadLetterKey | null,
): Range => ({
  partition: letterPartition(partition),
  from: after === null ? '' : `${letterKey(after)}/`,
  to: END,
});

export const checkpointKey = (token: number): string => inverse(token);

type Columns = Readonly<Record<string, unknown>>;

export const readJob = (columns: Columns): JobRow => columns as unknown as JobRow;

const ATTEMPT_BLANK = { endedMs: null, nextDueMs: null, error: null, result: null };
export const readAttempt = (columns: Columns): AttemptRow =>
  ({ ...ATTEMPT_BLANK, ...columns }) as unknown as AttemptRow;

const POINTER_BLANK = { targetMs: null };
export const readPointer = (columns: Columns): PointerRow =>
  ({ ...POINTER_BLANK, ...columns }) as unknown as PointerRow;

export const readLetter = (columns: Columns): DeadLetterRow => columns as unknown as DeadLetterRow;
