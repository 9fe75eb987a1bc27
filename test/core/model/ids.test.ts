// A job's id carries its whole key, and fences order attempts across owners.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as ids from '../../../src/core/model/ids.ts';

const random: ids.Random = { uint32: () => 0xdeadbeef };

test('bucket, priority and due time come back out of the id, and text order is key order', () => {
  const place = fc.record({
    bucket: fc.integer({ min: 0, max: 65_535 }).map((bucket) => bucket as ids.Bucket),
    priority: fc.integer({ min: 0, max: 9 }),
    dueMs: fc.integer({ min: 0, max: 2 ** 44 - 1 }),
  });
  fc.assert(
    fc.property(place, place, (a, b) => {
      const [idA, idB] = [ids.makeJobId(a, random), ids.makeJobId(b, random)];
      expect([ids.jobBucket(idA), ids.jobPriority(idA), ids.jobDueMs(idA)]).toEqual([a.bucket, a.priority, a.dueMs]);
      expect(ids.parseJobId(`job/${idA.toUpperCase()}`)).toBe(idA);
      const order = a.bucket - b.bucket || a.priority - b.priority || a.dueMs - b.dueMs;
      expect(Math.sign(idA < idB ? -1 : idA > idB ? 1 : 0)).toBe(Math.sign(order));
    }),
  );
});

test('a newer token outranks every sequence of an older one', () => {
  const fence = (token: number, sequence: number) => ids.makeFence(token as ids.FencingToken, sequence);
  expect(fence(8, 0)).toBeGreaterThan(fence(7, 2 ** 20 - 1));
  expect(ids.fenceToken(fence(7, 5))).toBe(7);
  expect(ids.fenceSequence(fence(7, 5))).toBe(5);
  expect(() => fence(1, 2 ** 20)).toThrow(RangeError);
  expect(() => fence(2 ** 33, 0)).toThrow(RangeError);
});

test('a text that is no id is a usage error', () => {
  expect(() => ids.parseJobId('nonsense')).toThrow(/"nonsense" is not a job id/);
});
