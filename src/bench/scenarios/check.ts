// What must be true of the jobs of a repetition, or it is void: every one that was acknowledged succeeded, once.
import type { JobId } from '../../core/model/ids.ts';
import type { Truth } from '../../core/ports/store.ts';
import type { Place } from '../place.ts';

interface Ran {
  readonly ids: readonly JobId[];
  /** Of all of them, once they have ended. */
  readonly truths: ReadonlyMap<JobId, Truth>;
  /** So many attempts, in all; default: one each. */
  readonly starts?: number;
}

export const wrongWith = async (
  place: Place,
  { ids, truths, starts: expected = ids.length }: Ran,
): Promise<string | null> => {
  const failed = [...truths.values()].filter(({ state }) => state !== 'succeeded').length;
  if (failed > 0) return `${failed} of ${ids.length} jobs did not succeed`;
  if (new Set(ids).size < ids.length) return 'two submissions were answered with one job';
  const starts = await place.trace.settled(expected);
  return starts === expected ? null : `${ids.length} jobs were started ${starts} times, not ${expected}`;
};

/** Of jobs that nothing runs: each is there. */
export const missingOf = async ({ store }: Place, ids: readonly JobId[]): Promise<string | null> => {
  const READ_MAX = 1_000;
  let found = 0;
  for (let from = 0; from < ids.length; from += READ_MAX) {
    found += (await store.jobGet(ids.slice(from, from + READ_MAX))).size;
  }
  return found === ids.length ? null : `${ids.length - found} of ${ids.length} acknowledged jobs are not there`;
};
