// Catching up: what is read of a bucket that is behind, and by how many requests.
import { expect, test } from 'vitest';
import type { FencingToken, JobId } from '../../../src/core/model/ids.ts';
import { jobPriority, SLOT_MS, slotOf } from '../../../src/core/model/ids.ts';
import type { JobRow } from '../../../src/core/model/job.ts';
import type { Store } from '../../../src/core/ports/store.ts';
import { catchUp } from '../../../src/core/worker/catch-up.ts';
import { OwnedBucket } from '../../../src/core/worker/owned-bucket.ts';
import { jobTable } from '../../../src/core/worker/tables.ts';
import { openStore } from '../../../src/store/open.ts';
import { bucketOf, checkpointRow, jobRow } from '../../support/rows.ts';

/** A slot begins. */
const T0 = 30_000_000 * SLOT_MS;
const BUCKET = bucketOf(3);

/** A bucket of which nothing was read since `fromMs`, and what is asked of the store to read it. */
const makeScene = async (fromMs: number, jobs: readonly JobRow[]) => {
  const store = await openStore('sqlite::memory:', { bucketCount: 4 });
  for (const [slot, rows] of Map.groupBy(jobs, ({ jobId }) => slotOf(dueOf(jobs, jobId)))) {
    await store.append({ bucket: BUCKET, slot, jobs: rows });
  }
  const asked = { sweeps: 0, pages: 0 };
  const counting: Store = {
    ...store,
    jobSweep: (sweep) => {
      asked.sweeps += 1;
      return store.jobSweep(sweep);
    },
    jobPage: (page) => {
      asked.pages += 1;
      return store.jobPage(page);
    },
  };
  const taken: JobId[] = [];
  const admitJobs = async (_: OwnedBucket, rows: readonly JobRow[]) =>
    void taken.push(...rows.map(({ jobId }) => jobId));
  const table = jobTable(counting, { admitJobs, admitPointers: async () => {} });
  const owner = new OwnedBucket(BUCKET, 1 as FencingToken, checkpointRow({ lowWaterMs: fromMs }), fromMs);
  owner.jobs.startBehind(T0);
  const read = (toMs: number, room = 10_000) =>
    catchUp(counting, table, [owner], { toMsOf: () => toMs, room: () => room - taken.length });
  return { store, owner, asked, taken, read };
};

const dueOf = (jobs: readonly JobRow[], id: JobId): number => jobs.find(({ jobId }) => jobId === id)?.createdMs ?? 0;
const jobAt = (dueMs: number, priority = 5): JobRow => jobRow({ bucket: BUCKET, dueMs, priority });
const idsOf = (jobs: readonly JobRow[]): readonly JobId[] => jobs.map(({ jobId }) => jobId);

test('after a takeover, a slot with few rows is one request, whatever their priorities', async () => {
  const jobs = [jobAt(T0 - 30_000, 9), jobAt(T0 + 1_000, 0), jobAt(T0 + 2_000, 5), jobAt(T0 + 50_000, 5)];
  const { store, owner, asked, taken, read } = await makeScene(T0 - 40_000, jobs);
  await using _store = store;
  await read(T0 + 10_000);
  expect(taken).toEqual(idsOf(jobs.slice(0, 3)));
  expect(asked).toEqual({ sweeps: 2, pages: 0 });
  expect(owner.jobs).toMatchObject({ behind: null, sweptToMs: T0 + 10_000 });
});

test('the rest of a slot with many rows is paged, urgent ones first, and nothing is taken twice', async () => {
  const jobs = [0, 5, 9].flatMap((priority) => Array.from({ length: 80 }, (_, index) => jobAt(T0 + index, priority)));
  const { store, owner, asked, taken, read } = await makeScene(T0 - 20_000, jobs);
  await using _store = store;
  await read(T0 + 10_000);
  expect(taken.toSorted()).toEqual(idsOf(jobs).toSorted());
  expect(taken.map(jobPriority)).toEqual(taken.map(jobPriority).toSorted());
  expect(asked.sweeps).toBe(1);
  expect(asked.pages).toBeGreaterThan(0);
  expect(owner.jobs.behind).toBeNull();
});

test('where there is no room it stops, and goes on from there', async () => {
  const jobs = Array.from({ length: 30 }, (_, index) => jobAt(T0 + index, index % 10));
  const { store, owner, taken, read } = await makeScene(T0, jobs);
  await using _store = store;
  for (let room = 8; room <= 32; room += 8) {
    await read(T0 + 10_000, room);
    expect(taken.length).toBeLessThanOrEqual(room);
    expect(owner.jobs.behind === null).toBe(taken.length === jobs.length);
  }
  expect(taken.toSorted()).toEqual(idsOf(jobs).toSorted());
});

test('over many slots urgent jobs come first, however late they are due', async () => {
  const [patient, urgent] = [jobAt(T0 + 1_000, 9), jobAt(T0 + 5 * SLOT_MS, 0)];
  const others = [1, 2, 3, 4].map((slot) => jobAt(T0 + slot * SLOT_MS, 5));
  const { store, taken, read } = await makeScene(T0, [patient, urgent, ...others]);
  await using _store = store;
  await read(T0 + 6 * SLOT_MS);
  expect(taken).toEqual([urgent.jobId, ...idsOf(others), patient.jobId]);
});
