// Changes of schedules that meet.
import { expect, test } from 'vitest';
import { scheduleFind, scheduleUpdate } from '../../../src/core/cron/manage.ts';
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
