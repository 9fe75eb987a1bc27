// What is said about few numbers, against numbers that were calculated elsewhere.
import { expect, test } from 'vitest';
import { confidence, mannWhitney, median, variation } from '../../src/bench/results/statistics.ts';
import { seededRandom } from '../../src/chaos/seeded-random.ts';

test('median, and spread', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(variation([9, 10, 11])).toBeCloseTo(0.1, 10);
});

test('the median lies within its confidence, and the confidence within the values', () => {
  const random = seededRandom(1);
  const values = [10, 12, 11, 30, 9, 10, 11];
  const [low, high] = confidence(values, () => random.uint32() / 2 ** 32);
  expect(low).toBeLessThanOrEqual(median(values));
  expect(high).toBeGreaterThanOrEqual(median(values));
  expect(low).toBeGreaterThanOrEqual(9);
  expect(high).toBeLessThanOrEqual(30);
});

test.each([
  // The tables of Mann and Whitney: U = 0 of five and five is 2 in 252 orders.
  [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], 2 / 252],
  [[1, 2, 3], [4, 5, 6], 2 / 20],
  [[1, 3, 5, 7, 9], [2, 4, 6, 8, 10], 0.690476],
  [[1, 2, 4], [3, 5, 6, 7], 0.114286],
])('p of %j and %j', (left, right, p) => {
  expect(mannWhitney(left, right)).toBeCloseTo(p, 5);
  expect(mannWhitney(right, left)).toBeCloseTo(p, 5);
});

test('with ties it is the normal distribution: nothing differs where all is equal', () => {
  expect(mannWhitney([1, 1, 1], [1, 1, 1])).toBe(1);
  expect(mannWhitney([1, 1, 2, 2, 3], [7, 7, 8, 8, 9])).toBeLessThan(0.05);
});
