// What every store must do with schedules, their runs and their progress.
import { describe, expect, test } from 'vitest';
import type { FencingToken } from '../../src/core/model/ids.ts';
import { type ProgressRow, type RunRow, scheduleShard } from '../../src/core/model/schedule.ts';
import type { Store } from '../../src/core/ports/store.ts';
import { jobRow, scheduleRow } from '../support/rows.ts';

const DAY_MS = 86_400_000;
const T0 = Date.UTC(2027, 0, 1, 12);
const token = (number: number): FencingToken => number as FencingToken;

export const scheduleLaws = (withStore: (use: (store: Store) => Promise<void>) => Promise<void>): void => {
  const law = (name: string, use: (store: Store) => Promise<void>): void => test(name, () => withStore(use));

  describe('schedules', () => {
    law('are made once, changed by their version, and gone when deleted', async (store) => {
      const row = scheduleRow('nightly "ü" 2/3');
      expect(await store.scheduleGet(row.name)).toBeNull();
      expect(await store.scheduleWrite(row, null)).toBe('applied');
      expect(await store.scheduleWrite({ ...row, cron: '@hourly' }, null)).toBe('refused');
      expect(await store.scheduleGet(row.name)).toEqual(row);
      const next = { ...row, version: 2, paused: { reason: 'a "disk"\nfails', atMs: T0 } };
      expect(await store.scheduleWrite(next, 2)).toBe('refused');
      expect(await store.scheduleWrite(next, 1)).toBe('applied');
      expect(await store.scheduleGet(row.name)).toEqual(next);
      expect(await store.scheduleDelete(row.name, 1)).toBe('refused');
      expect(await store.scheduleDelete(row.name, 2)).toBe('applied');
      expect(await store.scheduleGet(row.name)).toBeNull();
      expect(await store.scheduleWrite(row, null)).toBe('applied');
    });

    law('of two changes to one version one wins', async (store) => {
      const row = scheduleRow('contended');
      await store.scheduleWrite(row, null);
      const changes = ['a', 'b'].map((reason) => ({ ...row, version: 2, paused: { reason, atMs: T0 } }));
      await Promise.all(changes.map((change) => store.scheduleWrite(change, 1)));
      expect(changes).toContainEqual(await store.scheduleGet(row.name));
    });

    law('are listed by shard', async (store) => {
      const rows = Array.from({ length: 20 }, (_, index) => scheduleRow(`s${index}`));
      for (const row of rows) await store.scheduleWrite(row, null);
      await store.scheduleDelete('s3', 1);
      const expected = rows.filter(({ name }) => name !== 's3');
      const listed = [];
      for (let shard = 0; shard < store.bucketCount; shard += 1) {
        const found = await store.scheduleList(shard as never);
        expect(found.map(({ name }) => name)).toEqual(found.map(({ name }) => name).toSorted());
        for (const { name } of found) expect(scheduleShard(name, store.bucketCount)).toBe(shard);
        listed.push(...found);
      }
      expect(listed.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual(
        expected.toSorted((a, b) => a.name.localeCompare(b.name)),
      );
    });
  });

  describe('former versions of a schedule', () => {
    law('come newest first, also of those of that name that were deleted', async (store) => {
      const row = scheduleRow('nightly', { createdMs: T0 });
      const [second, reborn] = [
        { ...row, version: 2, cron: '@daily', maxFires: 3, pauseAfterFailures: 2, startMs: T0, endMs: T0 + 1 },
        { ...row, createdMs: T0 + DAY_MS, jitterMs: 5 },
      ];
      expect(await store.scheduleVersionList(row.name)).toEqual([]);
      for (const each of [second, row, reborn, row]) await store.scheduleVersionWrite(each);
      await store.scheduleVersionWrite(scheduleRow('other'));
      expect(await store.scheduleVersionList(row.name)).toEqual([reborn, second, row]);
    });
  });

  describe('runs', () => {
    const run = (slotMs: number, fields: Partial<RunRow> = {}): RunRow => ({
      ...{
        schedule: 'nightly',
        slotMs,
        token: token(1),
        state: 'fired',
        reason: null,
        isLate: false,
        isBackfill: false,
        decidedMs: slotMs,
      },
      jobId: jobRow({ dueMs: slotMs }).jobId,
      ...fields,
    });

    law('of a range come in order, over days, the one with the highest token of each slot', async (store) => {
      const skipped = run(T0 + DAY_MS, {
        state: 'skipped',
        jobId: null,
        reason: 'the one before still runs',
        isLate: true,
        isBackfill: true,
      });
      const [first, stale, later] = [run(T0), run(T0 + DAY_MS), run(T0 + 2 * DAY_MS)];
      const newer = { ...skipped, token: token(7) };
      for (const row of [later, newer, first, stale, first]) await store.runWrite(row);
      await store.runWrite(run(T0, { schedule: 'other' }));
      const range = { schedule: 'nightly', fromMs: T0, toMs: T0 + 2 * DAY_MS, limit: 100 };
      expect(await store.runList(range)).toEqual([first, newer, later]);
      expect(await store.runList({ ...range, limit: 2 })).toEqual([first, newer]);
      expect(await store.runList({ ...range, fromMs: T0 + 1, toMs: T0 + 2 * DAY_MS - 1 })).toEqual([newer]);
      expect(await store.runList({ ...range, schedule: 'nobody' })).toEqual([]);
    });
  });

  describe('progress', () => {
    law('of a schedule is the one with the highest token, whatever comes late', async (store) => {
      const shard = scheduleShard('nightly', store.bucketCount);
      const jobId = jobRow({ dueMs: T0 }).jobId;
      const at = (number: number, doneToMs: number): ProgressRow => ({
        ...{ schedule: 'nightly', token: token(number), doneToMs },
        memory: {
          ...{ createdMs: 7, openJobs: [jobId], buffered: [T0 - 1], fires: 3, failures: 1 },
          backfill: doneToMs % 2 === 0 ? null : { askedMs: 5, toMs: 9, doneToMs: 8, openJobs: [] },
        },
      });
      expect(await store.progressList(shard)).toEqual([]);
      await store.progressWrite(at(1, T0));
      await store.progressWrite(at(1, T0 + 5));
      expect(await store.progressList(shard)).toEqual([at(1, T0 + 5)]);
      await store.progressWrite(at(3, T0 + 2));
      await store.progressWrite(at(2, T0 + 9));
      expect(await store.progressList(shard)).toEqual([at(3, T0 + 2)]);
    });
  });
};
