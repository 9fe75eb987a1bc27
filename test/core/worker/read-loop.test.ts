// Where a worker looks for work: what is known of one bucket is read there alone.
import { expect, test } from 'vitest';
import { unavailableError } from '../../../src/core/model/errors.ts';
import { type Bucket, type JobId, jobBucket } from '../../../src/core/model/ids.ts';
import type { Store } from '../../../src/core/ports/store.ts';
import { Fleet } from '../../support/fleet.ts';

const BUCKETS = 8;
/** By then a worker without work looks as seldom as it ever does, ms. */
const QUIET_MS = 10_000;
const DELAY_MS = 5_300;
const HINT_EVERY_MS = 5;
/** 6,000 jobs of 1 ms, 64 at a time, take 0.1 to 0.2 s; 0.9 s where each 500 that were read had to wait for a round over all, ms. */
const BACKLOG_MS = 500;

/** One worker that has long been idle, on a store whose hints name the bucket; with the buckets of each sweep for jobs since then. */
const idleWorker = async () => {
  const sweeps: (readonly Bucket[])[] = [];
  const listeners = new Set<(bucket: Bucket) => void>();
  const failure = { isNext: false };
  const fleet = await Fleet.open(BUCKETS, (store) => ({
    ...store,
    append: async (mutation) => {
      await store.append(mutation);
      if (mutation.hint) for (const listener of listeners) listener(mutation.bucket);
    },
    hintSubscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    jobSweep: async (sweep): ReturnType<Store['jobSweep']> => {
      sweeps.push(sweep.buckets);
      if (!failure.isNext) return store.jobSweep(sweep);
      failure.isNext = false;
      throw unavailableError('STORE_UNAVAILABLE', 'no quorum');
    },
  }));
  await fleet.start('w1', { concurrency: 64 });
  await fleet.clock.advance(QUIET_MS);
  sweeps.length = 0;
  return { fleet, sweeps, failure };
};

test('after a hint its bucket is read, at once', async () => {
  const { fleet, sweeps } = await idleWorker();
  await using _fleet = fleet;
  const id = await fleet.submit({});
  await fleet.clock.advance(10);
  expect(fleet.runsOf(id)).toHaveLength(1);
  expect(sweeps).toEqual([[jobBucket(id)]]);
});

test('a delayed job is read from its bucket when it is due', async () => {
  const { fleet, sweeps } = await idleWorker();
  await using _fleet = fleet;
  const id = await fleet.submit({}, { delayMs: DELAY_MS });
  const dueMs = fleet.clock.wallMs() + DELAY_MS;
  await fleet.clock.advance(DELAY_MS - 1);
  expect(sweeps.every((buckets) => buckets.length === BUCKETS)).toBe(true);
  sweeps.length = 0;
  await fleet.clock.advance(10);
  expect(fleet.runsOf(id)[0]?.startedMs).toBeLessThanOrEqual(dueMs + 2);
  expect(sweeps).toEqual([[jobBucket(id)]]);
});

test('without a hint, all are read within a second', async () => {
  const { fleet, sweeps } = await idleWorker();
  await using _fleet = fleet;
  await fleet.clock.advance(1_100);
  expect(sweeps).toEqual([expect.objectContaining({ length: BUCKETS })]);
});

test('when a bucket could not be read, all of them are, soon', async () => {
  const { fleet, sweeps, failure } = await idleWorker();
  await using _fleet = fleet;
  failure.isNext = true;
  const id = await fleet.submit({});
  await fleet.clock.advance(150);
  expect(fleet.runsOf(id)).toHaveLength(1);
  expect(sweeps.slice(0, 2)).toEqual([[jobBucket(id)], expect.objectContaining({ length: BUCKETS })]);
});

test('hints of one bucket do not keep a worker from the backlog of another', async () => {
  const { fleet } = await idleWorker();
  await using _fleet = fleet;
  const ids = await Promise.all(Array.from({ length: 6_000 }, () => fleet.submit({ ms: 1 }, { partitionKey: 'a' })));
  const startMs = fleet.clock.wallMs();
  const hinted: JobId[] = [];
  const backlog = new Set(ids);
  while (fleet.runs.filter(({ id }) => backlog.has(id)).length < ids.length) {
    hinted.push(await fleet.submit({}, { partitionKey: 'c' }));
    await fleet.clock.advance(HINT_EVERY_MS);
    expect(fleet.clock.wallMs() - startMs).toBeLessThan(BACKLOG_MS);
  }
  expect(new Set([...ids, ...hinted].map(jobBucket)).size).toBe(2);
});
