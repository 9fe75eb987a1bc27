// The jobs of one slot with their truths: every job once, in the store's order, over as many pages as it takes.
import { expect, test } from 'vitest';
import { mergeSlot, type SlotEntry } from '../../../src/core/job/merge.ts';
import { type JobId, slotOf } from '../../../src/core/model/ids.ts';
import { MUTATION_ROWS_MAX, PAGE_ROWS } from '../../../src/core/model/limits.ts';
import { openStore } from '../../../src/store/open.ts';
import { attemptRow, bucketOf, fenceOf, jobRow } from '../../support/rows.ts';

const NOW = Date.UTC(2027, 0, 1);
const place = { bucket: bucketOf(3), slot: slotOf(NOW) };

const entriesOf = async (source: AsyncIterable<SlotEntry>): Promise<readonly SlotEntry[]> => {
  const entries: SlotEntry[] = [];
  for await (const entry of source) entries.push(entry);
  return entries;
};

test('each job comes once with its newest attempt, and reading can go on after any of them', async () => {
  await using store = await openStore('sqlite::memory:');
  // Many jobs of one due time: their order is the store's own.
  const jobs = Array.from({ length: 2 * PAGE_ROWS + 10 }, (_, index) =>
    jobRow({ dueMs: NOW + (index % 3), priority: index % 2 === 0 ? 2 : 7 }),
  );
  for (let from = 0; from < jobs.length; from += MUTATION_ROWS_MAX) {
    await store.append({ ...place, jobs: jobs.slice(from, from + MUTATION_ROWS_MAX) });
  }
  const attempted = jobs.filter((_, index) => index % 5 === 0);
  for (const sequence of [1, 2]) {
    const attempts = attempted.map((job) => attemptRow(job, { fence: fenceOf(1, sequence), attempt: sequence }));
    await store.append({ ...place, attempts });
  }
  const read = (after: JobId | null = null): Promise<readonly SlotEntry[]> => entriesOf(mergeSlot(store, place, after));

  const all = await read();
  expect(all.map(({ jobId }) => jobId).toSorted()).toEqual(jobs.map(({ jobId }) => jobId).toSorted());
  const truths = new Map(all.map(({ jobId, truth }) => [jobId, truth?.attempt]));
  expect(attempted.every(({ jobId }) => truths.get(jobId) === 2)).toBe(true);
  expect([...truths.values()].filter((attempt) => attempt === undefined)).toHaveLength(jobs.length - attempted.length);
  for (const index of [0, 300, PAGE_ROWS, jobs.length - 1]) {
    expect(await read(all[index]?.jobId)).toEqual(all.slice(index + 1));
  }
});

test('an empty slot yields nothing', async () => {
  await using store = await openStore('sqlite::memory:');
  expect(await entriesOf(mergeSlot(store, place))).toEqual([]);
});
