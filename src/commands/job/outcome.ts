// How a job's state looks, and the exit code that waiting for it yields.
import { EXIT } from '../../core/model/errors.ts';
import type { JobState } from '../../core/model/job.ts';
import type { Tone } from '../output/style.ts';

/** How long `--wait` and `job wait` wait unless told otherwise, ms. */
export const WAIT_DEFAULT_MS = 600_000;

/** Said when an order was recorded while no live worker owns the bucket. */
export const NOT_EXECUTED =
  'no live worker owns the bucket: the order is recorded, and executed as soon as one does (`jobctl worker`)';

export const STATE_TONES: Readonly<Record<JobState, Tone>> = {
  pending: 'plain',
  running: 'busy',
  retrying: 'waiting',
  succeeded: 'good',
  failed: 'bad',
  cancelled: 'dim',
  dlq: 'bad',
};

/** The worst of several: a dead letter (11), a failure or a cancellation (10), success. */
export const exitOf = (states: readonly JobState[]): number => {
  if (states.includes('dlq')) return EXIT.jobDead;
  return states.every((state) => state === 'succeeded') ? EXIT.ok : EXIT.jobFailed;
};
