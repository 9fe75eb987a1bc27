// What the API does, over real sockets.
import { describe, expect, test } from 'vitest';
import { type FencingToken, type JobId, makeFence } from '../../src/core/model/ids.ts';
import { hashOf } from '../../src/http/tokens.ts';
import { ApiScene, raw } from './api-scene.ts';

const UNKNOWN = '006538gcj7wbpz51w525bjzre8';

describe('jobs', () => {
  test('are submitted, looked at, run now and waited for', async () => {
    await using scene = await ApiScene.open();
    await scene.work();
    const made = await scene.ask('POST', '/v1/jobs', { body: { type: 'do', payload: { n: 1 }, delaySeconds: 3_600 } });
    expect([made.status, made.body.duplicate]).toEqual([201, false]);
    const { id } = made.body;
    expect(await scene.get(`/v1/jobs/${id}`)).toMatchObject({ state: 'pending', payload: { n: 1 }, attempts: [] });
    expect((await scene.get(`/v1/jobs/${id}/explain`)).reasons).toEqual([expect.stringContaining('it is due at')]);
    await scene.post(`/jobs/${id}/run`);
    expect(await scene.get(`/v1/jobs/${id}/wait?timeoutMs=5000`)).toEqual({ id, state: 'succeeded' });
    expect(await scene.get(`/jobs/${id}`)).toMatchObject({ attempts: [{ number: 1, result: 'done' }] });
    expect((await scene.ask('POST', `/v1/jobs/${id}/cancel`)).body).toMatchObject({
      code: 'JOB_STATE_CONFLICT',
      status: 409,
    });
    expect((await scene.get(`/v1/jobs/${id}/history`)).items).toHaveLength(2); // the order between, and the attempt
  });

  test('of one idempotency key are one job', async () => {
    await using scene = await ApiScene.open();
    const submit = () =>
      scene.ask('POST', '/jobs', { body: { type: 'do' }, headers: { 'idempotency-key': 'order-17' } });
    const [first, second] = [await submit(), await submit()];
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body).toEqual({ ...first.body, duplicate: true });
    const both = { body: { type: 'do', key: 'other' }, headers: { 'idempotency-key': 'order-17' } };
    expect((await scene.ask('POST', '/jobs', both)).body).toMatchObject({ code: 'REQUEST_INVALID' });
  });

  test('come in bulk: all are checked before the first is written', async () => {
    await using scene = await ApiScene.open();
    const good = { type: 'do', delayMs: 60_000, priority: 0, backoff: { kind: 'fixed', baseMs: 5 } };
    const bad = await scene.ask('POST', '/v1/jobs/bulk', {
      body: { jobs: [good, { type: 'do', delayMs: 1, runAt: '2027-01-01T00:00:00Z' }] },
    });
    expect(bad.body).toMatchObject({ status: 400, detail: expect.stringContaining('jobs.1') });
    expect((await scene.get('/v1/jobs')).items).toEqual([]);
    expect((await scene.post('/v1/jobs/bulk', { jobs: Array.from({ length: 5 }, () => good) })).items).toHaveLength(5);
    const first = await scene.get('/v1/jobs?limit=3&state=pending&type=do,other');
    expect(first.items).toHaveLength(3);
    expect((await scene.get(`/v1/jobs?limit=3&next=${first.next}`)).items).toHaveLength(2);
    expect((await scene.get('/v1/jobs?state=running,dlq')).items).toEqual([]);
  });

  test('wait at another time, and are cancelled; without a worker orders are kept', async () => {
    await using scene = await ApiScene.open();
    const { id } = await scene.post('/v1/jobs', { type: 'do' });
    expect(await scene.post(`/v1/jobs/${id}/cancel?timeoutMs=0`)).toEqual({ id, state: 'accepted', executed: false });
    await scene.work();
    const later = await scene.post('/v1/jobs', { type: 'do', delayMs: 3_600_000 });
    expect(await scene.post(`/v1/jobs/${later.id}/reschedule`, { delayMs: 7_200_000 })).toMatchObject({
      executed: true,
    });
    const { nextDueAt } = await scene.get(`/v1/jobs/${later.id}`);
    expect(Date.parse(String(nextDueAt)) - Date.now()).toBeGreaterThan(7_000_000);
    expect(await scene.get(`/v1/jobs/${id}/wait`)).toMatchObject({ state: 'cancelled' });
    expect((await scene.ask('POST', `/v1/jobs/${id}/reschedule`, { body: { delayMs: 1 } })).status).toBe(409);
    expect((await scene.ask('POST', `/v1/jobs/${later.id}/reschedule`, { body: {} })).status).toBe(400);
  });

  test('of a type that no live worker knows are refused, unless that is wanted', async () => {
    await using scene = await ApiScene.open();
    await scene.work();
    const refused = await scene.ask('POST', '/v1/jobs', { body: { type: 'doo' } });
    expect(refused.body).toMatchObject({
      code: 'JOB_TYPE_UNKNOWN',
      hint: expect.stringContaining('did you mean "do"?'),
    });
    expect((await scene.ask('POST', '/v1/jobs', { body: { type: 'doo', allowUnknownType: true } })).status).toBe(201);
  });
});

test('dead letters are listed, run again and discarded', async () => {
  await using scene = await ApiScene.open();
  const { id } = await scene.post('/v1/jobs', { type: 'do' });
  const job = (await scene.store.jobGet([id as JobId])).get(id as JobId);
  if (job === undefined) throw new Error('the submitted job is not there');
  const letter = { job, fence: makeFence(1 as FencingToken, 1), failedMs: await scene.store.wallMs(), attempts: 5 };
  await scene.store.deadLetterAppend([{ ...letter, reason: 'it broke' }]);
  expect((await scene.get('/v1/dlq?type=do')).items).toEqual([expect.objectContaining({ id, error: 'it broke' })]);
  expect(await scene.get(`/v1/dlq/${id}`)).toMatchObject({ attempts: 5 });
  expect(await scene.post(`/v1/dlq/${id}/retry`)).toMatchObject({ deadLetter: id });
  expect((await scene.ask('DELETE', `/v1/dlq/${id}`)).body).toEqual({ id, discarded: true });
  expect((await scene.ask('GET', `/v1/dlq/${id}`)).body).toMatchObject({ status: 404, code: 'JOB_NOT_FOUND' });
});

test('buckets and processes are shown and placed', async () => {
  await using scene = await ApiScene.open();
  await scene.work();
  expect((await scene.get('/v1/workers')).items).toEqual([expect.objectContaining({ id: 'w1', types: ['do'] })]);
  expect((await scene.get('/v1/schedulers')).items).toEqual([]);
  expect((await scene.get('/v1/buckets?buckets=0,3')).items).toHaveLength(2);
  expect(await scene.post('/v1/buckets/move', { buckets: [1], to: 'w1', reason: 'why' })).toEqual({
    buckets: [1],
    to: 'w1',
  });
  expect((await scene.get('/v1/bucket-owners?buckets=1')).buckets).toEqual([
    expect.objectContaining({ placement: expect.objectContaining({ by: 'anonymous@127.0.0.1', reason: 'why' }) }),
  ]);
  await scene.post('/v1/buckets/move', { buckets: [1], to: 'auto' });
  expect(await scene.post('/v1/workers/w1/drain', { reason: 'disk' })).toEqual({ id: 'w1', drained: true });
  expect(await scene.post('/v1/workers/w1/undrain')).toEqual({ id: 'w1', drained: false });
  const overview = await scene.get('/v1/overview');
  expect(overview).toMatchObject({ workers: 1, schedulers: 0, deadLetters: { count: 0 } });
  expect((await scene.get('/v1/overview')).at).toBe(overview.at);
});

describe('who may', () => {
  const token = (name: string, role: 'read' | 'operate' | 'admin') => ({
    name,
    role,
    sha256: hashOf(`secret-${name}`),
  });
  const bearer = (name: string) => ({ headers: { authorization: `Bearer secret-${name}` } });
  const tokens = [token('reader', 'read'), token('ops', 'operate'), token('boss', 'admin')];

  test.each([
    ['GET', '/v1/jobs', {}, 401],
    ['GET', '/v1/jobs', { headers: { authorization: 'Bearer nonsense' } }, 401],
    ['GET', '/v1/jobs', { headers: { authorization: 'Basic c2VjcmV0' } }, 401],
    ['GET', '/v1/jobs', bearer('reader'), 200],
    ['POST', `/v1/jobs/${UNKNOWN}/cancel`, bearer('reader'), 403],
    ['POST', `/v1/jobs/${UNKNOWN}/cancel`, bearer('ops'), 404],
    ['DELETE', '/v1/cronjobs/x', bearer('ops'), 403],
    ['DELETE', '/v1/cronjobs/x', bearer('boss'), 404],
    ['GET', '/healthz', {}, 200],
    ['GET', '/metrics', {}, 200],
  ] as const)('%s %s %j: %i', async (method, path, asked, status) => {
    await using scene = await ApiScene.open({ tokens });
    expect((await scene.ask(method, path, asked)).status).toBe(status);
  });

  test('what they did is in the audit log, by name', async () => {
    await using scene = await ApiScene.open({ tokens });
    const { headers } = await scene.ask('DELETE', '/v1/cronjobs/x', {
      headers: { ...bearer('boss').headers, 'x-request-id': 'r-1' },
    });
    expect(headers.get('x-request-id')).toBe('r-1');
    await expect
      .poll(() => scene.events.filter(({ type }) => type === 'api.requested'))
      .toEqual([
        expect.objectContaining({
          operation: 'scheduleDelete',
          actor: 'boss',
          subject: 'x',
          status: 404,
          isChange: true,
          requestId: 'r-1',
        }),
      ]);
  });

  test('a web page of elsewhere may not', async () => {
    await using scene = await ApiScene.open();
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
      expect((await scene.ask('GET', '/v1/jobs', { headers })).body).toMatchObject({
        code: 'HOST_REFUSED',
        status: 403,
      });
    }
  });

  test('without tokens only this machine is answered', async () => {
    await expect(ApiScene.open({ host: '0.0.0.0' })).rejects.toMatchObject({ code: 'OPTION_INVALID' });
    await using scene = await ApiScene.open();
    const answer = await raw(scene, 'GET /v1/jobs HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 403 [\s\S]*HOST_REFUSED/);
  });
});

describe('limits', () => {
  test('a caller that asks too often is told to wait', async () => {
    await using scene = await ApiScene.open({ rateMax: 3 });
    const answers = await Promise.all(Array.from({ length: 8 }, () => scene.ask('GET', '/v1/jobs')));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(2);
    expect(refused[0]?.body).toMatchObject({ code: 'RATE_LIMITED' });
    expect(refused[0]?.headers.get('retry-after')).toBe('1');
  });

  test.each([
    ['too large a body', 'x'.repeat(1_100_000), 413, 'PAYLOAD_TOO_LARGE'],
    ['too large a payload', JSON.stringify({ type: 'do', payload: 'x'.repeat(70_000) }), 413, 'PAYLOAD_TOO_LARGE'],
    ['too deep a payload', `{"type":"do","payload":${'['.repeat(300)}${']'.repeat(300)}}`, 400, 'JOBS_INVALID'],
    [
      'much too deep a payload',
      `{"type":"do","payload":${'['.repeat(90_000)}${']'.repeat(90_000)}}`,
      400,
      'JOBS_INVALID',
    ],
    ['half a document', '{"type":', 400, 'JSON_INVALID'],
    ['no document', '', 400, 'JSON_INVALID'],
    ['a list', '[]', 400, 'REQUEST_INVALID'],
    ['an unknown field', '{"type":"do","prioritty":3}', 400, 'REQUEST_INVALID'],
    ['a prototype', '{"type":"do","__proto__":{"a":1}}', 400, 'JSON_INVALID'],
    ['a wrong type', '{"type":"do","delaySeconds":"2"}', 400, 'REQUEST_INVALID'],
    ['two times', '{"type":"do","delaySeconds":2,"delayMs":1}', 400, 'REQUEST_INVALID'],
    ['a time without an offset', '{"type":"do","runAt":"2027-01-01T00:00:00"}', 400, 'REQUEST_INVALID'],
    ['a backoff that shrinks', '{"type":"do","backoff":{"baseMs":9,"maxMs":1}}', 400, 'BACKOFF_INVALID'],
  ])('%s is refused, and nothing is written', async (_what, body, status, code) => {
    await using scene = await ApiScene.open();
    const answer = await scene.ask('POST', '/v1/jobs', { body });
    expect(answer.body).toMatchObject({ status, code });
    expect((await scene.get('/v1/jobs')).items).toEqual([]);
  });

  test.each([
    ['GET', '/v1/jobs?limit=0', 'REQUEST_INVALID'],
    ['GET', '/v1/jobs?limit=1&limit=2', 'REQUEST_INVALID'],
    ['GET', '/v1/jobs?sate=pending', 'REQUEST_INVALID'],
    ['GET', '/v1/jobs?bucket=9', 'BUCKET_RANGE_INVALID'],
    ['GET', '/v1/jobs?next=x', 'OPTION_INVALID'],
    ['GET', '/v1/jobs/%zz', 'REQUEST_INVALID'],
    ['GET', '/v1/jobs/..%2f..%2fetc', 'JOB_ID_INVALID'],
    ['GET', `/v1/jobs/${UNKNOWN}`, 'JOB_NOT_FOUND'],
    ['GET', '/v1/nothing', 'ROUTE_NOT_FOUND'],
    ['PUT', '/v1/jobs', 'ROUTE_NOT_FOUND'],
    ['GET', '/v1/locks/%00', 'LOCK_NAME_INVALID'],
    ['GET', '/v1/cron/next?cron=nonsense', 'CRON_INVALID'],
    ['GET', '/v1/cron/next?cron=@daily&zone=Mars', 'ZONE_INVALID'],
  ])('%s %s: %s', async (method, path, code) => {
    await using scene = await ApiScene.open();
    expect((await scene.ask(method, path)).body).toMatchObject({ code });
  });
});

test('a server that stops answers what is under way, and ends waits with 503', async () => {
  const scene = await ApiScene.open();
  const { id } = await scene.post('/v1/jobs', { type: 'do', delayMs: 60_000 });
  const waiting = scene.ask('GET', `/v1/jobs/${id}/wait?timeoutMs=50000`);
  await expect.poll(async () => (await scene.ask('GET', '/healthz')).status).toBe(200);
  const stopped = scene[Symbol.asyncDispose]();
  const { status, body, headers } = await waiting;
  expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'SHUTTING_DOWN', '1']);
  await stopped;
});
