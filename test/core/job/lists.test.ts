// Lists of jobs, dead letters and buckets: filters, pages without gaps, and counts, on the embedded store.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bucketList } from '../../../src/core/job/buckets.ts';
import { deadLetterGet, deadLetterList } from '../../../src/core/job/dead-letter.ts';
import { jobList } from '../../../src/core/job/list.ts';
import { jobBucket, type SessionId, slotOf } from '../../../src/core/model/ids.ts';
import type { AttemptRow, JobRow } from '../../../src/core/model/job.ts';
import { NO_COUNTERS } from '../../../src/core/model/lock.ts';
import type { Store } from '../../../src/core/ports/store.ts';
import { openStore } from '../../../src/store/open.ts';
import {
  attemptRow,
  bucketOf,
  checkpointRow,
  fenceOf,
  jobRow,
  memberRow,
  operationId,
  pointerRow,
  sessionRow,
} from '../../support/rows.ts';

const NOW = Date.UTC(2027, 0, 1);
const HOUR = 3_600_000;
let store: Store;
beforeEach(async () => {
  store = await openStore('sqlite::memory:', { bucketCount: 4, wallMs: () => NOW });
});
afterEach(() => store[Symbol.asyncDispose]());

const put = async (job: JobRow, attempt?: Partial<AttemptRow>): Promise<JobRow> => {
  const attempts = attempt === undefined ? [] : [attemptRow(job, attempt)];
  await store.append({ bucket: jobBucket(job.jobId), slot: slotOf(job.createdMs), jobs: [job], attempts });
  return job;
};
const put100 = async (): Promise<readonly JobRow[]> => {
  const jobs: JobRow[] = [];
  for (let index = 0; index < 100; index += 1) {
    const job = jobRow({ bucket: index % 4, dueMs: NOW - index * 600_000 }, { type: index % 2 === 0 ? 'even' : 'odd' });
    jobs.push(await put(job, index % 3 === 0 ? { state: 'succeeded', endedMs: NOW } : undefined));
  }
  return jobs;
};

test('pages of jobs go backwards in time, without gaps or repeats', async () => {
  const jobs = await put100();
  const seen: string[] = [];
  for (let next: string | null | undefined; next !== null; ) {
    const page = await jobList(store, NOW, { limit: 7, ...(next === undefined ? {} : { next }) });
    seen.push(...page.items.map(({ id }) => id));
    next = page.next;
  }
  expect(seen).toEqual(jobs.map(({ jobId }) => jobId));
});

test('filters: state, type, bucket, time', async () => {
  await put100();
  const count = async (filter: object): Promise<number> =>
    (await jobList(store, NOW, { limit: 1_000, ...filter })).items.length;
  expect(await count({})).toBe(100);
  expect(await count({ states: ['succeeded'] })).toBe(34);
  expect(await count({ states: ['pending', 'running'] })).toBe(66);
  expect(await count({ types: ['odd'] })).toBe(50);
  expect(await count({ buckets: [bucketOf(1)] })).toBe(25);
  expect(await count({ sinceMs: NOW - HOUR })).toBe(7);
  expect(await count({ untilMs: NOW - HOUR })).toBe(94);
  expect(await count({ sinceMs: NOW - HOUR + 1 })).toBe(6);
  expect(await count({ untilMs: NOW - HOUR - 1 })).toBe(93);
  await expect(jobList(store, NOW, { limit: 5, next: 'x' })).rejects.toMatchObject({ code: 'OPTION_INVALID' });
});

test('a job far in the future is listed, too', async () => {
  const job = await put(jobRow({ bucket: 1, dueMs: NOW + 5 * 365 * 24 * HOUR }));
  expect((await jobList(store, NOW, { limit: 5 })).items[0]).toMatchObject({
    id: job.jobId,
    state: 'pending',
    attempt: 0,
  });
});

test('dead letters: newest first over days and shards, without those whose job has moved on', async () => {
  const letters = await Promise.all(
    Array.from({ length: 60 }, async (_, index) => {
      const failedMs = NOW - index * 2 * HOUR;
      const job = jobRow({ bucket: 1, dueMs: failedMs }, { type: index % 2 === 0 ? 'even' : 'odd' });
      await put(job, { state: 'dead', endedMs: failedMs, fence: fenceOf(1, 2) });
      return { job, fence: fenceOf(1, 2), failedMs, attempts: 2, reason: `no ${index}` };
    }),
  );
  await store.deadLetterAppend(letters);
  const moved = letters[3];
  if (moved === undefined) throw new Error('unreachable');
  await put(moved.job, { state: 'running', fence: fenceOf(1, 3) });
  const seen: string[] = [];
  for (let next: string | null | undefined; next !== null; ) {
    const page = await deadLetterList(store, NOW, { limit: 7, ...(next === undefined ? {} : { next }) });
    seen.push(...page.items.map(({ reason }) => reason));
    next = page.next;
  }
  expect(seen).toEqual(letters.filter((letter) => letter !== moved).map(({ reason }) => reason));
  const count = async (filter: object) => (await deadLetterList(store, NOW, { limit: 100, ...filter })).items.length;
  expect(await count({ types: ['odd'] })).toBe(29);
  expect(await count({ sinceMs: NOW - 9 * HOUR })).toBe(4);
  expect(await deadLetterGet(store, NOW, moved.job.jobId)).toBeNull();
  expect((await deadLetterGet(store, NOW, letters[50]?.job.jobId ?? moved.job.jobId))?.reason).toBe('no 50');
});

test('buckets: owner, what waits, what runs, and retries of jobs from before the low-water mark', async () => {
  const session = sessionRow();
  await store.sessionInsert(session);
  await store.lockTake({
    name: 'bucket/0001',
    expected: null,
    session: session.id,
    operationId: operationId(),
    note: 'w1',
  });
  await store.memberWrite(memberRow('w1', { session: session.id }), HOUR);
  await store.checkpointWrite(
    checkpointRow({ bucket: bucketOf(1), lowWaterMs: NOW - 60_000, counters: { ...NO_COUNTERS, succeeded: 5 } }),
  );
  await put(jobRow({ bucket: 1, dueMs: NOW - 30_000 }));
  await put(jobRow({ bucket: 1, dueMs: NOW - 20_000 }), { state: 'running' });
  await put(jobRow({ bucket: 1, dueMs: NOW - 10_000 }), { state: 'succeeded' });
  await put(jobRow({ bucket: 1, dueMs: NOW + HOUR }));
  const old = await put(jobRow({ bucket: 1, dueMs: NOW - 5 * HOUR }), { state: 'retrying', nextDueMs: NOW + 1_000 });
  await store.append({ bucket: bucketOf(1), slot: slotOf(NOW + 1_000), pointers: [pointerRow(old, NOW + 1_000)] });
  const [none, owned] = await bucketList(store, NOW);
  expect(none).toMatchObject({ bucket: 0, owner: null, depth: 0, oldestDueAt: null, lowWaterAt: null });
  expect(owned).toMatchObject({
    owner: 'w1',
    session: session.id,
    token: 1,
    depth: 4,
    depthExact: true,
    running: 1,
    oldestDueAt: new Date(NOW - 30_000).toISOString(),
    counters: { succeeded: 5 },
  });
  await store.sessionEnd({ id: session.id as SessionId, beat: 0, operationId: operationId() });
  expect((await bucketList(store, NOW, [bucketOf(1)]))[0]).toMatchObject({ owner: null, session: null });
});
