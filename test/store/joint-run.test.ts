// Work that is shared: what a caller gets was begun after he asked.
import { expect, test } from 'vitest';
import { jointRun } from '../../src/store/joint-run.ts';

test('many at a time cost two runs, and nobody gets what was begun before he asked', async () => {
  let begun = 0;
  const ends: (() => void)[] = [];
  const read = jointRun(() => {
    begun += 1;
    const run = begun;
    return new Promise<number>((resolve) => ends.push(() => resolve(run)));
  });
  const first = read();
  await null;
  await null;
  const others = [read(), read(), read()];
  expect(begun).toBe(1);
  ends[0]?.();
  expect(await first).toBe(1);
  await expect.poll(() => ends.length).toBe(2);
  const late = read();
  ends[1]?.();
  expect(await Promise.all(others)).toEqual([2, 2, 2]);
  await expect.poll(() => ends.length).toBe(3);
  ends[2]?.();
  expect(await late).toBe(3);
});

test('a run that fails fails for those who share it, and for nobody else', async () => {
  let runs = 0;
  const read = jointRun(async () => {
    runs += 1;
    if (runs === 1) throw new Error('away');
    return runs;
  });
  const failed = await Promise.allSettled([read(), read()]);
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await read()).toBe(2);
});
