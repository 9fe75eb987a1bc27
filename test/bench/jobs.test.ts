// What jobs of a benchmark do: the shares of those that wait, compute and fail.
import { expect, test } from 'vitest';
import { SHAPES } from '../../src/bench/jobs.ts';

test('a mixed load does nothing, waits and computes by turns, and one of a hundred fails first', () => {
  const deeds = Array.from({ length: 600 }, (_, n) => SHAPES.mixed?.(n) ?? {});
  const count = (name: 'sleepMs' | 'cpuMs' | 'failures'): number =>
    deeds.filter((each) => each[name] !== undefined).length;
  expect({ wait: count('sleepMs'), compute: count('cpuMs'), fail: count('failures') }).toEqual({
    wait: 200,
    compute: 200,
    fail: 6,
  });
  expect(deeds.filter((each) => each.failures !== undefined && each.cpuMs !== undefined)).not.toHaveLength(0);
});
