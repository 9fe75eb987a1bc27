// How a job's state looks, and the exit code that waiting for it yields.
import { EXIT, JobctlError } from '../../core/model/errors.ts';
import type { JobId } from '../../core/model/ids.ts';
import type { JobState } from '../../core/model/job.ts';
import type { Ask } from '../ask.ts';
import type { Context } from '../context.ts';

/** How long `--wait` and `job wait` wait unless told otherwise, ms. */
export const WAIT_DEFAULT_MS = 600_000;

/** Said when an order was recorded while no live worker owns the bucket. */
export const NOT_EXECUTED =
  'no live worker owns the bucket: the order is recorded, and executed as soon as one does (`jobctl worker`)';

/** The worst of several: a dead letter (11), a failure or a cancellation (10), success. */
export const exitOf = (states: readonly JobState[]): number => {
  if (states.includes('dlq')) return EXIT.jobDead;
  return states.every((state) => state === 'succeeded') ? EXIT.ok : EXIT.jobFailed;
};

/** Answers of the API come within this, ms: a longer wait is several. */
const WAIT_AT_ONCE_MS = 30_000;

/** Resolves with the outcome. Throws WAIT_TIMEOUT, JOB_NOT_FOUND. */
export const outcomeOf = async (context: Context, ask: Ask, id: JobId, waitMs: number): Promise<JobState> => {
  const endsMs = context.clock.monotonicMs() + waitMs;
  for (;;) {
    const leftMs = Math.max(0, Math.ceil(endsMs - context.clock.monotonicMs()));
    const timeoutMs = Math.min(leftMs, WAIT_AT_ONCE_MS);
    try {
      const asked = { params: { id }, query: { timeoutMs }, waitMs: timeoutMs };
      return (await ask<{ readonly state: JobState }>('jobWait', asked)).state;
    } catch (error) {
      if (!(error instanceof JobctlError) || error.code !== 'WAIT_TIMEOUT') throw error;
      if (leftMs > timeoutMs) continue;
      const message = error.message.replace(/after \d+ ms/, `after ${waitMs} ms`);
      throw new JobctlError(error.code, error.exitCode, message, { hint: error.hint ?? '' });
    }
  }
};
