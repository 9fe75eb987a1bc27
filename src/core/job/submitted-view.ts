// What was submitted, as people and programs see it.
import { type JobId, jobBucket } from '../model/ids.ts';
import { isoTime } from '../model/time.ts';
import type { Submitted } from './submit.ts';

export interface SubmittedView {
  readonly id: JobId;
  readonly duplicate: boolean;
  readonly type: string;
  readonly dueAt: string;
  readonly bucket: number;
}

export const submittedView = (type: string, { id, duplicate, dueMs }: Submitted): SubmittedView => ({
  ...{ id, duplicate, type, dueAt: isoTime(dueMs), bucket: jobBucket(id) },
});
