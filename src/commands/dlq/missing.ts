// The one answer to an id that is no dead letter.
import { type JobctlError, notFoundError } from '../../core/model/errors.ts';
import type { JobId } from '../../core/model/ids.ts';

export const letterMissing = (id: JobId): JobctlError =>
  notFoundError('JOB_NOT_FOUND', `there is no dead letter ${id}`, {
    detail: 'it may have been retried or discarded already',
    hint: `see \`jobctl job get ${id}\`, and all dead letters with \`jobctl dlq list\``,
  });
