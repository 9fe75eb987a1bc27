// Schedules and locks by HTTP.
import { expect, test } from 'vitest';
import { ApiScene } from './api-scene.ts';

test('schedules are made, patched, paused, audited and deleted', async () => {
  await using scene = await ApiScene.open();
  const made = { name: 'tock', type: 'do', cron: '0 9 * * *', zone: 'Europe/Rome', payload: { n: 1 }, maxAttempts: 2 };
  expect((await scene.ask('POST', '/cronjobs', { body: made })).status).toBe(201);
  expect((await scene.ask('POST', '/v1/cronjobs', { body: { ...made, cron: '@daily' } })).body).toMatchObject({
    code: 'SCHEDULE_EXISTS',
  });
  const patched = await scene.ask('PATCH', '/v1/cronjobs/tock', { body: { misfire: 'all', priority: 1 } });
  expect(patched.body).toMatchObject({
    cron: '0 9 * * *',
    zone: 'Europe/Rome',
    misfire: 'all',
    priority: 1,
    payload: { n: 1 },
  });
  expect(await scene.post('/v1/cronjobs/tock/pause', { reason: 'upgrade' })).toMatchObject({
    paused: { reason: 'upgrade' },
  });
  expect(await scene.post('/v1/cronjobs/tock/resume')).toMatchObject({ paused: null });
  const { version } = patched.body;
  const late = { body: { misfire: 'one', ifVersion: version } };
  expect((await scene.ask('PATCH', '/v1/cronjobs/tock', late)).body).toMatchObject({
    code: 'SCHEDULE_CHANGED',
    status: 409,
  });
  const triggered = await scene.post('/v1/cronjobs/tock/trigger', { payload: { n: 2 } });
  expect(await scene.get(`/v1/jobs/${triggered.id}`)).toMatchObject({
    payload: { n: 2 },
    maxAttempts: 2,
    schedule: null,
  });
  expect((await scene.get('/cronjobs')).items).toHaveLength(1);
  expect(await scene.get('/v1/cronjobs/tock/audit')).toMatchObject({ complete: true, slots: 0 });
  const next = await scene.get(
    '/v1/cron/next?cron=30+2+*+*+*&zone=Australia/Lord_Howe&count=2&from=2026-09-30T00:00:00Z',
  );
  expect((next.items as readonly { readonly at: string }[])[0]?.at).toBe('2026-09-30T16:00:00.000Z');
  expect((await scene.ask('DELETE', '/cronjobs/tock')).body).toEqual({ name: 'tock', deleted: true });
  expect((await scene.ask('GET', '/v1/cronjobs/tock')).status).toBe(404);
  expect((await scene.ask('POST', '/v1/cronjobs', { body: { ...made, cron: '* * 30 2 *' } })).body).toMatchObject({
    code: 'CRON_INVALID',
  });
});

test('schedules have limits, are backfilled, and can be rolled back', async () => {
  await using scene = await ApiScene.open();
  const fields = {
    overlap: 'buffer(3)',
    jitterMs: 500,
    maxFires: 7,
    pauseAfterFailures: 2,
    endAt: '2040-01-01T00:00:00Z',
  };
  const made = { name: 'sums', type: 'do', cron: '@hourly', ...fields };
  expect((await scene.ask('POST', '/v1/cronjobs', { body: made })).body).toMatchObject({
    ...{ ...fields, endAt: '2040-01-01T00:00:00.000Z', startAt: null, backfill: null },
  });
  await scene.ask('PATCH', '/v1/cronjobs/sums', { body: { endAt: null, maxFires: null, overlap: 'cancel-previous' } });
  const [change] = (await scene.get('/v1/cronjobs/sums/history')).items as readonly Record<string, unknown>[];
  expect(change).toMatchObject({
    version: 2,
    changes: [
      { field: 'overlap', from: 'buffer(3)', to: 'cancel-previous' },
      { field: 'endAt', from: '2040-01-01T00:00:00.000Z', to: null },
      { field: 'maxFires', from: 7, to: null },
    ],
  });
  expect(await scene.post('/v1/cronjobs/sums/rollback')).toMatchObject({
    version: 3,
    overlap: 'buffer(3)',
    maxFires: 7,
  });
  const fromMs = Date.now() - 7_200_000;
  const from = new Date(fromMs).toISOString();
  expect(await scene.post('/v1/cronjobs/sums/backfill', { from, everyMs: 100 })).toMatchObject({
    backfill: { from, everyMs: 100, concurrency: 1 },
  });
  const again = await scene.ask('POST', '/v1/cronjobs/sums/backfill', { body: { from } });
  expect(again.body).toMatchObject({ code: 'SCHEDULE_BACKFILLING', status: 409 });
  expect((await scene.ask('DELETE', '/v1/cronjobs/sums/backfill')).body).toMatchObject({ backfill: null });
  const wrong = await scene.ask('PATCH', '/v1/cronjobs/sums', { body: { overlap: 'buffer' } });
  expect(wrong.body).toMatchObject({ code: 'REQUEST_INVALID', status: 400 });
  const many = await scene.ask('PATCH', '/v1/cronjobs/sums', { body: { overlap: 'buffer(999)' } });
  expect(many.body).toMatchObject({ code: 'OVERLAP_INVALID', status: 400 });
});

test('locks are taken, checked, renewed, taken over and released', async () => {
  await using scene = await ApiScene.open();
  const taken = await scene.post('/v1/locks/billing%2Fclose/acquire', { leaseMs: 5_000, note: 'why' });
  expect(taken).toMatchObject({ name: 'billing/close', token: 1 });
  expect((await scene.ask('POST', '/v1/locks/billing%2Fclose/acquire')).body).toMatchObject({
    code: 'LOCK_HELD',
    status: 409,
  });
  expect(await scene.get('/v1/locks/billing%2Fclose/check?token=1')).toMatchObject({ state: 'held', note: 'why' });
  expect((await scene.ask('GET', '/v1/locks/billing%2Fclose/check?token=2')).status).toBe(409);
  await scene.post('/v1/locks/billing%2Fclose/renew', { handle: taken.handle });
  const over = await scene.post('/v1/locks/billing%2Fclose/takeover', { expectedToken: 1, reason: 'gone' });
  expect(over).toMatchObject({ token: 2, previous: { token: 1 } });
  expect(
    (await scene.ask('POST', '/v1/locks/billing%2Fclose/release', { body: { handle: taken.handle } })).status,
  ).toBe(409);
  expect(await scene.post('/v1/locks/billing%2Fclose/release', { handle: over.handle })).toMatchObject({
    released: true,
  });
  expect((await scene.get('/v1/locks')).items).toEqual([expect.objectContaining({ state: 'free' })]);
});
