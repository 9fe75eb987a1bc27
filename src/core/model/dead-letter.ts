// Where a dead letter stands: it follows from the letter, so the row of a replayed job can be deleted without a search.
import { hashText } from './hash.ts';
import type { Fence, JobId } from './ids.ts';
import { DEAD_LETTER_SHARDS } from './limits.ts';

/** Length of a day, ms. */
const DAY_MS = 86_400_000;

/** Its partition (queue, day, shard) and its place in it. */
export interface DeadLetterKey {
  readonly queue: string;
  /** Days since the epoch, of failedMs. */
  readonly day: number;
  readonly shard: number;
  readonly failedMs: number;
  readonly jobId: JobId;
  readonly fence: Fence;
}

export const deadLetterKey = (letter: Omit<DeadLetterKey, 'day' | 'shard'>): DeadLetterKey => ({
  ...letter,
  day: dayOf(letter.failedMs),
  shard: hashText(letter.jobId) % DEAD_LETTER_SHARDS,
});

/** Days since the epoch. */
export const dayOf = (ms: number): number => Math.floor(ms / DAY_MS);
