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
