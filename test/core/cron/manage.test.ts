// Changes of schedules that meet, and what there was before them.
import { expect, test } from 'vitest';
import { scheduleDelete, scheduleFind, schedulePause, scheduleUpdate } from '../../../src/core/cron/manage.ts';
import { scheduleHistory, scheduleRollback } from '../../../src/core/cron/versions.ts';
import { versionView } from '../../../src/core/cron/view.ts';
import { openStore } from '../../../src/store/open.ts';
import { scheduleRow } from '../../support/rows.ts';

test('changes of different fields at the same time are all kept, those of the job, too', async () => {
  await using store = await openStore('sqlite::memory:');
  const row = scheduleRow('nightly');
  await store.scheduleWrite({ ...row, job: { ...row.job, spec: { maxAttempts: 2 } } }, null);
  await Promise.all([
    scheduleUpdate(store, 'nightly', { misfire: 'all' }),
    scheduleUpdate(store, 'nightly', { job: { payload: '{"n":2}' } }),
    scheduleUpdate(store, 'nightly', { job: { priority: 1, spec: { runTimeoutMs: 1_000 } } }),
  ]);
  const { misfire, job, version } = await scheduleFind(store, 'nightly');
  expect([misfire, job.payload, job.priority, job.spec, version - row.version]).toEqual([
    ...['all', '{"n":2}', 1, { maxAttempts: 2, runTimeoutMs: 1_000 }, 3],
  ]);
});

test('every change is in the history, and a rollback makes a schedule what it was, but for its pause', async () => {
  await using store = await openStore('sqlite::memory:');
  const row = scheduleRow('nightly', { createdMs: 5 });
  await store.scheduleWrite({ ...row, job: { ...row.job, spec: { maxAttempts: 2 } } }, null);
  await scheduleUpdate(store, 'nightly', { cron: '@daily', job: { spec: { runTimeoutMs: 1_000 } } });
  await schedulePause(store, 'nightly', 'a reason');
  const changesOf = async () =>
    (await scheduleHistory(store, 'nightly')).map(versionView).map(({ version, changes }) => [version, changes]);
  const paused = { reason: 'a reason', at: expect.any(String) };
  expect(await changesOf()).toEqual([
    ...[
      [3, [{ field: 'paused', from: null, to: paused }]],
      [
        2,
        [
          { field: 'cron', from: '0 3 * * *', to: '@daily' },
          { field: 'runTimeoutMs', from: null, to: 1_000 },
        ],
      ],
      [1, []],
    ],
  ]);
  const back = await scheduleRollback(store, 'nightly', 1);
  expect([back.version, back.cron, back.job.spec, back.paused?.reason]).toEqual([
    ...[4, '0 3 * * *', { maxAttempts: 2 }, 'a reason'],
  ]);
  await expect(scheduleRollback(store, 'nightly', 9)).rejects.toThrow(/has no version 9/);
  await scheduleDelete(store, 'nightly');
  expect((await changesOf()).map(([version]) => version)).toEqual([4, 3, 2, 1]);
  await expect(scheduleHistory(store, 'nobody')).rejects.toThrow(/no schedule "nobody"/);
});
