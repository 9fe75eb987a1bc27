// A dead letter as people and programs see it.
import type { JobId } from '../model/ids.ts';
import type { DeadLetterRow } from '../model/job.ts';
import { isoTime } from '../model/time.ts';

export interface LetterView {
  readonly id: JobId;
  readonly type: string;
  readonly queue: string;
  readonly error: string;
  readonly attempts: number;
  readonly failedAt: string;
  readonly createdAt: string;
  readonly payload: unknown;
  readonly spec: unknown;
}

export const letterView = ({ job, failedMs, attempts, reason }: DeadLetterRow): LetterView => ({
  id: job.jobId,
  type: job.type,
  queue: job.queue,
  error: reason,
  attempts,
  failedAt: isoTime(failedMs),
  createdAt: isoTime(job.createdMs),
  payload: JSON.parse(job.payload) as unknown,
  spec: job.spec,
});
