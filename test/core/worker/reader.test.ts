// What reading remembers of reads that failed.
import { expect, test } from 'vitest';
import { unavailableError } from '../../../src/core/model/errors.ts';
import { type FencingToken, type JobId, jobDueMs, SLOT_MS, slotOf } from '../../../src/core/model/ids.ts';
import type { JobRow } from '../../../src/core/model/job.ts';
import { OwnedBucket } from '../../../src/core/worker/owned-bucket.ts';
import { Reader } from '../../../src/core/worker/reader.ts';
import { openStore } from '../../../src/store/open.ts';
import { bucketOf, checkpointRow, jobRow } from '../../support/rows.ts';

/** In the middle of a slot, long after the epoch. */
const T0 = 30_000_000 * SLOT_MS;
const OUTAGE_MS = 40_000;

test('after an outage, rows that a sweep took before it failed halfway are compared with their truth', async () => {
  await using store = await openStore('sqlite::memory:', { bucketCount: 4 });
  const bucket = bucketOf(3);
  let isFailing = true;
  // A sweep over the end of a slot is two statements: the second one fails.
  const flaky = {
    ...store,
    jobSweep: (sweep: Parameters<typeof store.jobSweep>[0]) =>
      isFailing && sweep.slot === slotOf(T0)
        ? Promise.reject(unavailableError('STORE_UNAVAILABLE', 'no quorum'))
        : store.jobSweep(sweep),
  };
  const taken: JobId[] = [];
  const admitJobs = async (_: OwnedBucket, rows: readonly JobRow[]) =>
    void taken.push(...rows.map(({ jobId }) => jobId));
  const reader = new Reader(flaky, { admitJobs, admitPointers: async () => {} });
  const owner = new OwnedBucket(bucket, 1 as FencingToken, checkpointRow({ lowWaterMs: T0 - 2_000 }), T0 - 2_000);
  owner.verifyToMs = 0; // it has owned the bucket for long
  const job = jobRow({ bucket: 3, dueMs: T0 - 1_000 });
  await store.append({ bucket, slot: slotOf(T0 - 1_000), jobs: [job] });
  const read = (nowMs: number) => reader.read([owner], { nowMs, aheadMs: 0, room: () => 100 });

  await expect(read(T0 + 500)).rejects.toThrow('no quorum');
  expect(taken).toEqual([job.jobId]);
  expect(owner.jobs.sweptToMs).toBeLessThan(jobDueMs(job.jobId)); // the sweep never came to its end

  isFailing = false;
  await read(T0 + OUTAGE_MS);
  expect(taken).toEqual([job.jobId, job.jobId]);
  expect(owner.verifyToMs).toBeGreaterThanOrEqual(jobDueMs(job.jobId));
});
