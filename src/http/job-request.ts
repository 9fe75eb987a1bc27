// The body of a request for a job, as core takes it.
import type { z } from 'zod';
import type { SubmitRequest } from '../core/job/submit-request.ts';
import { usageError } from '../core/model/errors.ts';
import { completeBackoff, type JobSpec } from '../core/model/job.ts';
import type { due, jobRequest, spec } from './schemas.ts';

type Fields<Shape extends z.ZodRawShape> = z.output<z.ZodObject<Shape>>;

/** Throws a usage error. */
export const toRequest = (body: z.output<typeof jobRequest>, key: string | undefined): SubmitRequest => {
  if (key !== undefined && body.key !== undefined && key !== body.key) {
    throw usageError('REQUEST_INVALID', 'the header Idempotency-Key and the field "key" differ', {
      hint: 'give one of them',
    });
  }
  const { type, payload = null, priority, partitionKey } = body;
  const chosen = key ?? body.key;
  return {
    type,
    payload: jsonText(payload),
    ...dueOf(body),
    ...(chosen === undefined ? {} : { key: chosen }),
    ...(priority === undefined ? {} : { priority }),
    ...(partitionKey === undefined ? {} : { partitionKey }),
    spec: specOf(body),
  };
};

/** Throws REQUEST_INVALID when more than one is said. */
export const dueOf = ({
  runAt,
  delaySeconds,
  delayMs,
}: Fields<typeof due>): Pick<SubmitRequest, 'delayMs' | 'atMs'> => {
  if ([runAt, delaySeconds, delayMs].filter((each) => each !== undefined).length > 1) {
    throw usageError('REQUEST_INVALID', '"runAt", "delaySeconds" and "delayMs" exclude each other', {
      hint: 'keep one of them',
    });
  }
  if (runAt !== undefined) return { atMs: runAt };
  if (delayMs !== undefined) return { delayMs };
  return delaySeconds === undefined ? {} : { delayMs: delaySeconds * 1_000 };
};

export const specOf = ({ maxAttempts, backoff, runTimeoutMs, onCrash }: Fields<typeof spec>): JobSpec => ({
  ...(maxAttempts === undefined ? {} : { maxAttempts }),
  ...(backoff === undefined ? {} : { backoff: completeBackoff(backoff) }),
  ...(runTimeoutMs === undefined ? {} : { runTimeoutMs }),
  ...(onCrash === undefined ? {} : { onCrash }),
});

/** Writing JSON needs a stack as deep as it is nested. */
export const jsonText = (value: unknown): string => {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    throw usageError('JOBS_INVALID', 'the payload is nested too deeply', { hint: 'flatten it', cause });
  }
};
