// The smaller decisions of a worker: who owns what, what starts next, how rows are packed, what is durable first.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FencingToken } from '../../../src/core/model/ids.ts';
import { MUTATION_BYTES_MAX, MUTATION_ROWS_MAX } from '../../../src/core/model/limits.ts';
import { assignedBuckets, formatRanges } from '../../../src/core/worker/assignment.ts';
import { Frontier, slotsBetween } from '../../../src/core/worker/frontier.ts';
import { packRows } from '../../../src/core/worker/mutations.ts';
import { makeItem, OwnedBucket } from '../../../src/core/worker/owned-bucket.ts';
import { ReadyQueue } from '../../../src/core/worker/ready-queue.ts';
import { attemptRow, bucketOf, jobRow, memberRow, pointerRow } from '../../support/rows.ts';

const buckets = Array.from({ length: 64 }, (_, bucket) => bucketOf(bucket));

test('every bucket is assigned to exactly one willing member', () => {
  const ranges = fc.subarray(buckets.map(Number), { minLength: 1 }).map(formatRanges);
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 5 }),
      fc.array(ranges, { minLength: 5, maxLength: 5 }),
      (names, given) => {
        const members = names.map((name, index) => memberRow(name, { buckets: given[index] ?? '' }));
        const willing = (name: string) =>
          buckets.filter((bucket) =>
            rangesHold(members.find(({ memberId }) => memberId === name)?.buckets ?? '', bucket),
          );
        const owned = names.flatMap((name) => [...assignedBuckets(name, willing(name), members)]);
        expect(new Set(owned).size).toBe(owned.length);
        for (const bucket of buckets) {
          const wanted = names.some((name) => willing(name).includes(bucket));
          expect(owned.includes(bucket)).toBe(wanted);
        }
      },
    ),
  );
});

const rangesHold = (text: string, bucket: number): boolean =>
  text.split(',').some((range) => {
    const [from = Number.NaN, to = from] = range.split('-').map(Number);
    return bucket >= from && bucket <= to;
  });

test('when a member leaves, only its buckets move', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((name) => memberRow(name, { buckets: '0-63' }));
  if (a === undefined || b === undefined || c === undefined) throw new Error('unreachable');
  const before = assignedBuckets('a', buckets, [a, b, c]);
  const after = assignedBuckets('a', buckets, [a, b]);
  for (const bucket of before) expect(after.has(bucket)).toBe(true);
  expect(after.size).toBeGreaterThan(before.size);
});

test('ranges are written short', () => {
  expect(formatRanges([5, 0, 1, 2, 9, 8])).toBe('0-2,5,8-9');
});

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
