// Submitting: what is acknowledged is durable, batches are shared out, keys answer the same job, late rows are announced.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/chaos/seeded-random.ts';
import { createSubmitter, type Submitter } from '../../../src/core/job/submit.ts';
import { unavailableError } from '../../../src/core/model/errors.ts';
import { jobBucket, jobDueMs, jobPriority, slotOf } from '../../../src/core/model/ids.ts';
import type { Event } from '../../../src/core/ports/events.ts';
import type { Mutation, Store } from '../../../src/core/ports/store.ts';
import { openStore } from '../../../src/store/open.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

let clock: VirtualClock;
let store: Store;
let submitter: Submitter;
let events: Event[];
/** How often the next writes fail, whether applied or not; how long they take, ms; how far the store's clock is off, ms. */
let failures: { readonly isApplied: boolean }[];
let delayMs: number;
let offsetMs: number;
let written: Mutation[];

beforeEach(async () => {
  clock = new VirtualClock();
  events = [];
  failures = [];
  written = [];
  delayMs = 0;
  offsetMs = 0;
  const real = await openStore('sqlite::memory:', { wallMs: () => clock.wallMs() + offsetMs });
  store = {
    ...real,
    append: async (mutation) => {
      const failure = failures.shift();
      if (delayMs > 0) await clock.sleep(delayMs);
      if (failure?.isApplied !== false) await real.append(mutation);
      if (failure !== undefined) throw unavailableError('STORE_UNAVAILABLE', 'no answer');
      written.push(mutation);
    },
  };
  submitter = createSubmitter({
    store,
    clock,
    random: seededRandom(9),
    events: { emit: (event) => events.push(event) },
  });
});
afterEach(() => store[Symbol.asyncDispose]());

const during = async <Result>(work: Promise<Result>, ms = 60_000): Promise<Result> => {
  work.catch(() => {});
  await clock.advance(ms);
  return work;
};
const noop = { type: 'noop', payload: '{}' };

describe('batches', () => {
  test('submits of one turn are shared out in groups of about ten, over buckets in turn', async () => {
    const submitted = await during(submitter.submitAll(Array.from({ length: 100 }, () => noop)));
    expect(written.map(({ jobs = [] }) => jobs.length)).toEqual(Array.from({ length: 10 }, () => 10));
    expect(new Set(written.map(({ bucket }) => bucket)).size).toBe(10);
    expect((await store.jobGet(submitted.map(({ id }) => id))).size).toBe(100);
  });

  test('a single one is alone, and the next goes elsewhere', async () => {
    const [first, second] = [await during(submitter.submit(noop)), await during(submitter.submit(noop))];
    expect(written.map(({ jobs = [] }) => jobs.length)).toEqual([1, 1]);
    expect(jobBucket(first.id)).not.toBe(jobBucket(second.id));
  });

  test('a few that come while others are being written wait for those; as many as fill a group do not', async () => {
    delayMs = 100;
    const submitted = [submitter.submit(noop)];
    await clock.advance(10);
    submitted.push(...Array.from({ length: 9 }, () => submitter.submit(noop)));
    await clock.advance(100);
    expect(written.map(({ jobs = [] }) => jobs.length)).toEqual([1]);
    await clock.advance(100);
    expect(written.map(({ jobs = [] }) => jobs.length)).toEqual([1, 9]);
    submitted.push(submitter.submit(noop));
    await clock.advance(10);
    submitted.push(...Array.from({ length: 20 }, () => submitter.submit(noop)));
    await clock.advance(100);
    expect(written.map(({ jobs = [] }) => jobs.length)).toEqual([1, 9, 1, 20]);
    expect(await Promise.all(submitted)).toHaveLength(31);
  });

  const twenty = Array.from({ length: 20 }, () => noop);

  test('a write that takes long keeps nobody waiting but its own jobs', async () => {
    delayMs = 5_000;
    const slow = submitter.submitAll(twenty);
    await clock.advance(1);
    delayMs = 10;
    await during(submitter.submitAll(twenty), 10);
    expect(written.map(({ jobs = [] }) => jobs.length)).toEqual([20]);
    await during(slow);
    const late = [0, 0]; // pointers: they were due long before
    expect(written.map(({ jobs = [] }) => jobs.length)).toEqual([20, 10, 10, ...late]);
  });

  test('only a few batches are in flight: what comes meanwhile is one batch, in larger groups', async () => {
    delayMs = 100;
    const submitted: Promise<unknown>[] = [];
    for (let batch = 0; batch < 25; batch += 1) {
      submitted.push(submitter.submitAll(twenty));
      await clock.advance(1);
    }
    await during(Promise.all(submitted));
    expect(written.map(({ jobs = [] }) => jobs.length)).toEqual([
      ...[10, 10, 20, 20, 20],
      ...Array.from({ length: 15 }, () => 27),
      15,
    ]);
  });

  test('jobs of one partition key share a bucket', async () => {
    const requests = Array.from({ length: 30 }, (_, index) => ({ ...noop, partitionKey: index < 15 ? 'a' : 'b' }));
    const buckets = (await during(submitter.submitAll(requests))).map(({ id }) => jobBucket(id));
    expect(new Set(buckets.slice(0, 15)).size).toBe(1);
    expect(new Set(buckets.slice(15)).size).toBe(1);
  });

  test('the id carries bucket, priority and due time', async () => {
    const submitted = await during(submitter.submit({ ...noop, priority: 2, delayMs: 90_000 }), 0);
    expect([jobPriority(submitted.id), jobDueMs(submitted.id)]).toEqual([2, clock.wallMs() + 90_000]);
    const past = await during(submitter.submit({ ...noop, atMs: 5 }), 0);
    expect(past.dueMs).toBe(clock.wallMs());
  });
});

describe('a store that does not answer', () => {
  test('the same rows are written again: one job, whether the first write was applied or not', async () => {
    failures = [{ isApplied: true }, { isApplied: false }];
    const { id } = await during(submitter.submit(noop));
    expect(await store.jobScan({ bucket: jobBucket(id), slot: slotOf(jobDueMs(id)), after: null, limit: 9 })).toEqual([
      id,
    ]);
  });

  test('after some tries the caller gets the error', async () => {
    failures = Array.from({ length: 9 }, () => ({ isApplied: false }));
    await expect(during(submitter.submit(noop))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
  });

  test('a late acknowledgement leaves a LATE pointer: the owner may have read past the row', async () => {
    delayMs = 3_000;
    const { id } = await during(submitter.submit(noop));
    const pointers = written.flatMap((mutation) => mutation.pointers ?? []);
    expect(pointers).toMatchObject([{ jobId: id, op: 'late', fence: 0 }]);
    expect(pointers[0]?.dueMs).toBeGreaterThan(jobDueMs(id) + 2_500);
  });

  test('a job that is stamped by a badly measured clock has one, too, where the owner cannot have read yet', async () => {
    const wallMs = async (): Promise<number> => {
      const storeMs = await store.wallMs();
      await clock.sleep(4_000); // measured as if it had been read in the middle: two seconds behind
      return storeMs;
    };
    const deps = { store: { ...store, wallMs }, clock, random: seededRandom(11), events: { emit: () => {} } };
    const { id } = await during(createSubmitter(deps).submit(noop));
    const pointers = written.flatMap((mutation) => mutation.pointers ?? []);
    expect(pointers).toMatchObject([{ jobId: id, op: 'late' }]);
    expect((pointers[0]?.dueMs ?? 0) - jobDueMs(id)).toBe(2_000);
  });
});

describe('idempotency keys', () => {
  test('the same key answers the same job, also at the same moment and from another submitter', async () => {
    const keyed = { ...noop, key: 'order-17' };
    const other = createSubmitter({ store, clock, random: seededRandom(10), events: { emit: () => {} } });
    const all = await during(Promise.all([submitter.submit(keyed), submitter.submit(keyed), other.submit(keyed)]));
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(all.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    const later = await during(submitter.submit(keyed));
    expect(later).toMatchObject({ id: all[0]?.id, duplicate: true });
    expect(events.some(({ type }) => type === 'job.duplicate')).toBe(true);
  });

  test('a crash between key and job heals when it is submitted again', async () => {
    const keyed = { ...noop, key: 'k' };
    failures = Array.from({ length: 4 }, () => ({ isApplied: false }));
    await expect(during(submitter.submit(keyed))).rejects.toMatchObject({ retryable: true });
    const { id } = await during(submitter.submit(keyed));
    expect((await store.jobGet([id])).size).toBe(1);
  });

  test('the key is free again after a day', async () => {
    const keyed = { ...noop, key: 'k' };
    const first = await during(submitter.submit(keyed));
    const second = await during(submitter.submit(keyed), 25 * 3_600_000);
    expect(second.id).toBe(first.id);
    expect((await during(submitter.submit(keyed))).id).not.toBe(first.id);
  });
});

describe('the clock', () => {
  test("jobs are stamped by the store's clock", async () => {
    offsetMs = 2_000;
    const { dueMs } = await during(submitter.submit(noop), 0);
    expect(dueMs).toBe(clock.wallMs() + 2_000);
    expect(events).toContainEqual({ type: 'clock.skewed', offsetMs: 2_000 });
  });

  test('more than 5 s off is refused', async () => {
    offsetMs = -6_000;
    await expect(during(submitter.submit(noop))).rejects.toMatchObject({ code: 'CLOCK_SKEW', exitCode: 6 });
  });
});

test.each([
  [{ type: ' ' }, 'JOBS_INVALID'],
  [{ type: 'x'.repeat(129) }, 'JOBS_INVALID'],
  [{ payload: JSON.stringify('ü'.repeat(33_000)) }, 'PAYLOAD_TOO_LARGE'],
  [{ key: '' }, 'JOBS_INVALID'],
  [{ partitionKey: 'x'.repeat(513) }, 'JOBS_INVALID'],
  [{ priority: 10 }, 'JOBS_INVALID'],
  [{ priority: 1.5 }, 'JOBS_INVALID'],
  [{ delayMs: -1 }, 'JOBS_INVALID'],
  [{ delayMs: 11 * 365 * 86_400_000 }, 'JOBS_INVALID'],
  [{ atMs: Number.NaN }, 'JOBS_INVALID'],
])('bad input is refused before anything is written: %j', async (fields, code) => {
  await expect(submitter.submitAll([noop, { ...noop, ...fields }])).rejects.toMatchObject({ code, exitCode: 2 });
  expect(written).toEqual([]);
});
