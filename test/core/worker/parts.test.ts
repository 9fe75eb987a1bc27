// The smaller decisions of a worker: what starts next, how rows are packed, what is durable first.
import { expect, test } from 'vitest';
import type { FencingToken } from '../../../src/core/model/ids.ts';
import { MUTATION_BYTES_MAX, MUTATION_ROWS_MAX } from '../../../src/core/model/limits.ts';
import { Frontier, slotsBetween } from '../../../src/core/worker/frontier.ts';
import { packRows } from '../../../src/core/worker/mutations.ts';
import { makeItem, OwnedBucket } from '../../../src/core/worker/owned-bucket.ts';
import { ReadyQueue } from '../../../src/core/worker/ready-queue.ts';
import { attemptRow, bucketOf, jobRow, pointerRow } from '../../support/rows.ts';

const owner = (): OwnedBucket => {
  const made = new OwnedBucket(bucketOf(3), 1 as FencingToken, null, 0);
  made.isOpen = true;
  return made;
};

test('the ready queue gives urgent jobs first, in the order they came, and no withdrawn ones', () => {
  const queue = new ReadyQueue();
  const [staying, leaving] = [owner(), owner()];
  const push = (priority: number, of = staying) => {
    const item = makeItem({ owner: of, job: jobRow({ priority, dueMs: 0 }), truth: undefined, foundMs: 0 });
    queue.push(item);
    return item;
  };
  const [late, urgent, second, withdrawn] = [push(9), push(0), push(0), push(5)];
  push(0, leaving);
  leaving.isOpen = false;
  withdrawn.stage = 'recording';
  expect(queue.take(2)).toEqual([urgent, second]);
  expect(queue.take(9)).toEqual([late]);
  expect(queue.size).toBe(0);
});

test('rows are packed by partition, within the limits of rows and bytes', () => {
  const jobs = Array.from({ length: 1_203 }, (_, index) => jobRow({ bucket: index % 2, dueMs: 0 }));
  const large = jobs.slice(0, 30).map((job) => attemptRow(job, { result: 'x'.repeat(60_000) }));
  const small = jobs.slice(30).map((job) => attemptRow(job));
  const mutations = packRows(
    [...large, ...small],
    jobs.map((job) => pointerRow(job, 61_000)),
  );
  expect(mutations.flatMap(({ attempts = [] }) => attempts)).toHaveLength(jobs.length);
  for (const { attempts = [], pointers = [], slot } of mutations) {
    expect(attempts.length + pointers.length).toBeLessThanOrEqual(MUTATION_ROWS_MAX);
    expect(attempts.reduce((sum, { result }) => sum + (result?.length ?? 0), 0)).toBeLessThanOrEqual(
      MUTATION_BYTES_MAX,
    );
    expect(slot).toBe(pointers.length > 0 ? 1 : 0);
  }
});

test('a frontier that fell behind has read what is before its cursors, and catches up', () => {
  const frontier = new Frontier(1_000);
  frontier.fallBehind(900, 2_000, { priority: 5, dueMs: 1_500, jobId: null });
  expect(frontier.behind?.map(({ dueMs }) => dueMs)).toEqual([
    2_001, 2_001, 2_001, 2_001, 2_001, 1_500, 900, 900, 900, 900,
  ]);
  expect(frontier.readToMs()).toBe(900);
  frontier.catchUp(2_000);
  expect(frontier.behind).not.toBeNull();
  frontier.behind = frontier.behind?.map(() => ({ dueMs: 2_001, jobId: null })) ?? null;
  frontier.catchUp(2_000);
  expect([frontier.behind, frontier.sweptToMs]).toEqual([null, 2_000]);
});

test('slots between two times include both ends', () => {
  expect(slotsBetween(59_999, 120_000)).toEqual([0, 1, 2]);
  expect(slotsBetween(5, 4)).toEqual([0]);
});
