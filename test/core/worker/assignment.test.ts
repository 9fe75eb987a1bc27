// Who should own which bucket: every willing set has exactly one, whatever operators order.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Bucket } from '../../../src/core/model/ids.ts';
import type { PlacementRow } from '../../../src/core/model/placement.ts';
import { assignBuckets, formatRanges, parseRanges } from '../../../src/core/worker/assignment.ts';
import { bucketOf, memberRow } from '../../support/rows.ts';

const buckets = Array.from({ length: 64 }, (_, bucket) => bucketOf(bucket));
const ORDER = { reason: '', by: 'ann', atMs: 0 };
const pin = (bucket: number, worker: string): PlacementRow => ({
  kind: 'pin',
  bucket: bucketOf(bucket),
  worker,
  ...ORDER,
});
const drain = (worker: string): PlacementRow => ({ kind: 'drain', worker, ...ORDER });
const all = (...names: readonly string[]) => names.map((name) => memberRow(name, { buckets: '0-63' }));
const ownedBy = (assignment: ReadonlyMap<Bucket, string | null>, worker: string): readonly Bucket[] =>
  buckets.filter((bucket) => assignment.get(bucket) === worker);

test('a bucket that somebody is willing to own is assigned to one who is, whatever is ordered; the order of lists is nothing', () => {
  const NAMES = ['a', 'b', 'c', 'd'];
  const ranges = fc.subarray(buckets.map(Number)).map(formatRanges);
  const members = fc
    .array(ranges, { minLength: 4, maxLength: 4 })
    .chain((given) => fc.subarray(NAMES.map((name, index) => memberRow(name, { buckets: given[index] ?? '' }))));
  const name = fc.constantFrom(...NAMES, 'nobody');
  const placement = fc.oneof(
    fc.tuple(fc.nat(63), name).map(([bucket, worker]) => pin(bucket, worker)),
    name.map(drain),
  );
  fc.assert(
    fc.property(members, fc.array(placement, { maxLength: 12 }), (living, placements) => {
      const assignment = assignBuckets(buckets, living, placements);
      for (const bucket of buckets) {
        const willing = living.filter(({ buckets: range }) => parseRanges(range).has(bucket));
        const target = assignment.get(bucket) ?? null;
        if (willing.length === 0) expect(target).toBeNull();
        else expect(willing.map(({ memberId }) => memberId)).toContain(target);
      }
      expect(assignBuckets(buckets, living.toReversed(), placements)).toEqual(assignment);
    }),
  );
});

test('when a member leaves, only its buckets move', () => {
  const before = assignBuckets(buckets, all('a', 'b', 'c'), []);
  const after = assignBuckets(buckets, all('a', 'b'), []);
  for (const bucket of buckets) {
    if (before.get(bucket) !== 'c') expect(after.get(bucket)).toBe(before.get(bucket));
  }
  expect(ownedBy(before, 'c').length).toBeGreaterThan(0);
  expect(ownedBy(after, 'c')).toEqual([]);
});

describe('an operator', () => {
  test('pins a bucket, and no other moves', () => {
    const before = assignBuckets(buckets, all('a', 'b'), []);
    const [theirs = bucketOf(0)] = ownedBy(before, 'b');
    const after = assignBuckets(buckets, all('a', 'b'), [pin(theirs, 'a')]);
    expect(buckets.filter((bucket) => before.get(bucket) !== after.get(bucket))).toEqual([theirs]);
  });

  test('cannot pin to somebody who is not there, or does not take the bucket', () => {
    const free = assignBuckets(buckets, all('a', 'b'), []);
    expect(assignBuckets(buckets, all('a', 'b'), [pin(5, 'gone')])).toEqual(free);
    const narrow = [...all('a'), memberRow('b', { buckets: '0-3' })];
    expect(assignBuckets(buckets, narrow, [pin(5, 'b')]).get(bucketOf(5))).toBe('a');
  });

  test('drains a worker, whose pins count for nothing meanwhile', () => {
    const assignment = assignBuckets(buckets, all('a', 'b'), [drain('a'), pin(5, 'a')]);
    expect(ownedBy(assignment, 'a')).toEqual([]);
    expect(ownedBy(assignment, 'b')).toEqual(buckets);
  });

  test('cannot drain a bucket away from the last who takes it', () => {
    const members = [...all('a'), memberRow('b', { buckets: '0-3' })];
    const assignment = assignBuckets(buckets, members, [drain('a')]);
    expect(formatRanges(ownedBy(assignment, 'a'))).toBe('4-63');
    expect(ownedBy(assignBuckets(buckets, all('a', 'b'), [drain('a'), drain('b')]), 'a').length).toBeGreaterThan(0);
  });
});

test('ranges are written short, and read again', () => {
  expect(formatRanges([5, 0, 1, 2, 9, 8])).toBe('0-2,5,8-9');
  expect([...parseRanges('0-2,5,8-9')]).toEqual([0, 1, 2, 5, 8, 9]);
  expect(parseRanges('').size).toBe(0);
});
