// The order in which a round reads and admits, and what it remembers of reads that failed.
import { expect, test } from 'vitest';
import { unavailableError } from '../../../src/core/model/errors.ts';
import {
  type FencingToken,
  type JobId,
  jobDueMs,
  NO_FENCE,
  SLOT_MS,
  type Slot,
  slotOf,
} from '../../../src/core/model/ids.ts';
import type { JobRow, PointerRow } from '../../../src/core/model/job.ts';
import type { Store } from '../../../src/core/ports/store.ts';
import { OwnedBucket } from '../../../src/core/worker/owned-bucket.ts';
import { Reader } from '../../../src/core/worker/reader.ts';
import { openStore } from '../../../src/store/open.ts';
import { bucketOf, checkpointRow, jobRow, pointerRow } from '../../support/rows.ts';

/** A slot begins. */
const T0 = 30_000_000 * SLOT_MS;
const OUTAGE_MS = 40_000;
const HOUR_MS = 3_600_000;
/** Re-reads look at more rows than sweeps. */
const SWEEP_LIMIT = 100;
const BUCKET = bucketOf(3);

/** A reader of one bucket on a store that can be made to fail, and the jobs that it took in hand. */
const makeScene = async (store: Store, isLost: (slot: number | null) => boolean) => {
  const lost = () => Promise.reject(unavailableError('STORE_UNAVAILABLE', 'no quorum'));
  const flaky: Store = {
    ...store,
    jobSweep: (sweep) => (isLost(sweep.slot) ? lost() : store.jobSweep(sweep)),
    jobPage: (page) => (isLost(null) ? lost() : store.jobPage(page)),
    pointerSweep: (sweep) => (sweep.limit > SWEEP_LIMIT && isLost(null) ? lost() : store.pointerSweep(sweep)),
  };
  const taken: JobId[] = [];
  const judged: JobId[] = [];
  const admitPointers = async (_: OwnedBucket, rows: readonly PointerRow[]) =>
    void judged.push(...rows.map(({ jobId }) => jobId));
  const admitJobs = async (_: OwnedBucket, rows: readonly JobRow[]) =>
    void taken.push(...rows.map(({ jobId }) => jobId));
  const reader = new Reader(flaky, { admitJobs, admitPointers });
  const owner = new OwnedBucket(BUCKET, 1 as FencingToken, checkpointRow({ lowWaterMs: T0 - 2_000 }), T0 - 2_000);
  owner.verifyToMs = 0; // it has owned the bucket for long
  const read = (nowMs: number, aheadMs = 0) => reader.read([owner], { nowMs, aheadMs, room: () => 1_000 });
  return { owner, taken, judged, read };
};

test('after an outage, rows that a sweep took before it failed halfway are compared with their truth', async () => {
  await using store = await openStore('sqlite::memory:', { bucketCount: 4 });
  let failsFrom: Slot | null = slotOf(T0);
  // A sweep over the end of a slot is two statements: the second one fails. Later both do, and pages.
  const isLost = (slot: number | null) => failsFrom !== null && (slot === null || slot >= failsFrom);
  const { owner, taken, read } = await makeScene(store, isLost);
  const job = jobRow({ bucket: BUCKET, dueMs: T0 - 1_000 });
  await store.append({ bucket: BUCKET, slot: slotOf(T0 - 1_000), jobs: [job] });

  // Pointers are read all the time, jobs are not.
  for (let afterMs = 500; afterMs < OUTAGE_MS; afterMs += 5_000) {
    await expect(read(T0 + afterMs)).rejects.toThrow('no quorum');
    expect(taken).toEqual([job.jobId]);
    failsFrom = slotOf(0);
  }
  expect(owner.jobs.sweptToMs).toBeLessThan(jobDueMs(job.jobId)); // the sweep never came to its end

  failsFrom = null;
  taken.length = 0;
  await read(T0 + OUTAGE_MS);
  expect(taken).toEqual([job.jobId]);
  expect(owner.verifyToMs).toBeGreaterThanOrEqual(jobDueMs(job.jobId));
});

test('so are rows of less urgent jobs that were taken before a burst made the bucket fall behind', async () => {
  await using store = await openStore('sqlite::memory:', { bucketCount: 4 });
  let isFailing = false;
  const { owner, taken, read } = await makeScene(store, (slot) => isFailing && slot === null); // pages fail

  const patient = jobRow({ bucket: BUCKET, dueMs: T0 + 100, priority: 9 });
  await store.append({ bucket: BUCKET, slot: slotOf(T0), jobs: [patient] });
  await read(T0 + 1_000, 1_000);
  expect(taken).toContain(patient.jobId);

  isFailing = true;
  const burst = Array.from({ length: 150 }, () => jobRow({ bucket: BUCKET, dueMs: T0 + 1_200, priority: 1 }));
  await store.append({ bucket: BUCKET, slot: slotOf(T0), jobs: burst });
  for (let afterMs = 1_500; afterMs < OUTAGE_MS; afterMs += 5_000) {
    await expect(read(T0 + afterMs, 1_000)).rejects.toThrow('no quorum');
  }
  isFailing = false;
  taken.length = 0;
  await read(T0 + OUTAGE_MS);
  expect(taken).toContain(patient.jobId);
  expect(owner.verifyToMs).toBeGreaterThanOrEqual(jobDueMs(patient.jobId));
  expect(owner.verifyToMs).toBeLessThan(T0 + 1_200); // the burst itself is new
});

test('a pointer that became visible late, while re-reads failed, is found by pages', async () => {
  await using store = await openStore('sqlite::memory:', { bucketCount: 4 });
  let isFailing = false;
  const { owner, judged, read } = await makeScene(store, (slot) => isFailing && slot === null); // re-reads fail
  await read(T0 + 1_000);
  const late = pointerRow(jobRow({ bucket: BUCKET, dueMs: T0 - HOUR_MS }), T0 + 500, { op: 'late', fence: NO_FENCE });
  await store.append({ bucket: BUCKET, slot: slotOf(T0), pointers: [late] });
  isFailing = true;
  for (let afterMs = 3_000; afterMs < OUTAGE_MS; afterMs += 2_000) {
    await read(T0 + afterMs).catch(() => {});
    if (!judged.includes(late.jobId)) expect(owner.checkpoint(T0 + afterMs).lowWaterMs).toBeLessThanOrEqual(late.dueMs);
  }
  expect(judged).toContain(late.jobId);
});

test('so are rows that pages took, after a pause without any sweep', async () => {
  await using store = await openStore('sqlite::memory:', { bucketCount: 4 });
  const { owner, taken, read } = await makeScene(store, () => false);
  await read(T0 + 1_000);
  const job = jobRow({ bucket: BUCKET, dueMs: T0 + 29_000 });
  await store.append({ bucket: BUCKET, slot: slotOf(T0), jobs: [job] });
  await read(T0 + 30_000); // after a pause: by pages
  expect(taken).toContain(job.jobId);
  taken.length = 0;
  await read(T0 + 30_000 + OUTAGE_MS);
  expect(taken).toContain(job.jobId);
  expect(owner.verifyToMs).toBeGreaterThanOrEqual(jobDueMs(job.jobId));
});

test('jobs are read while pointers still are, and admitted after them', async () => {
  await using store = await openStore('sqlite::memory:', { bucketCount: 4 });
  const [pointersRead, jobsRead] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const pointerSweep: Store['pointerSweep'] = async (sweep) => {
    await pointersRead.promise;
    return store.pointerSweep(sweep);
  };
  let jobSweeps = 0;
  const jobSweep: Store['jobSweep'] = async (sweep) => {
    jobSweeps += 1;
    jobsRead.resolve();
    return store.jobSweep(sweep);
  };
  const { taken, judged, read } = await makeScene({ ...store, pointerSweep, jobSweep }, () => false);
  const job = jobRow({ bucket: BUCKET, dueMs: T0 + 500 });
  const pointer = pointerRow(jobRow({ bucket: BUCKET, dueMs: T0 - HOUR_MS }), T0 + 500, { op: 'late' });
  await store.append({ bucket: BUCKET, slot: slotOf(T0), jobs: [job], pointers: [pointer] });
  const reading = read(T0 + 1_000);
  await jobsRead.promise;
  expect(taken).toEqual([]);
  pointersRead.resolve();
  await reading;
  expect([judged[0], taken[0]]).toEqual([pointer.jobId, job.jobId]);
  expect(jobSweeps).toBe(2); // the end of the slot before, and this one: none of them twice
});

test('a job that was read is not admitted where pointers due by then could not be', async () => {
  await using store = await openStore('sqlite::memory:', { bucketCount: 4 });
  const pointerPage: Store['pointerPage'] = () => Promise.reject(unavailableError('STORE_UNAVAILABLE', 'no quorum'));
  const { taken, judged, read } = await makeScene({ ...store, pointerPage }, () => false);
  const job = jobRow({ bucket: BUCKET, dueMs: T0 + 900 });
  const burst = Array.from({ length: SWEEP_LIMIT + 1 }, () =>
    pointerRow(jobRow({ bucket: BUCKET, dueMs: T0 - HOUR_MS }), T0 + 500, { op: 'late' }),
  );
  await store.append({ bucket: BUCKET, slot: slotOf(T0), jobs: [job], pointers: burst });
  await expect(read(T0 + 1_000)).rejects.toThrow('no quorum');
  expect([judged.length, taken]).toEqual([SWEEP_LIMIT, []]);
});
