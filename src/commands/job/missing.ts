// The one answer to an id that the store does not know.
import { type JobctlError, notFoundError } from '../../core/model/errors.ts';
import type { JobId } from '../../core/model/ids.ts';

export const jobMissing = (id: JobId): JobctlError =>
  notFoundError('JOB_NOT_FOUND', `there is no job ${id}`, {
    detail: 'it may be in another store, or finished longer ago than the retention time',
    hint: 'see which store is meant with `jobctl config view --origin`, and its jobs with `jobctl job list`',
  });
