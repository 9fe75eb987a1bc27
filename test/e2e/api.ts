// The story of the README by command line and by HTTP: submit, delay, run now, look, schedule, pause. For any store.
import { expect } from 'vitest';
import { freePort, runDocument } from './documents.ts';
import type { Running, Sandbox } from './processes.ts';

type Json = Readonly<Record<string, unknown>>;

export interface Api {
  readonly scheduler: Running;
  readonly url: string;
  ask(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: Json }>;
}

/** A scheduler with an API on any free port. */
export const startApi = async (sandbox: Sandbox, ...flags: readonly string[]): Promise<Api> => {
  const scheduler = sandbox.start('scheduler', '--port', '0', '--lease', '2s', '--log-format', 'json', ...flags);
  const [, url = ''] = await scheduler.until('stderr', /API on (\S+)/);
  return {
    scheduler,
    url,
    ask: async (method, path, body) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const response = await fetch(`${url}${path}`, {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
      });
      return { status: response.status, body: (await response.json()) as Json };
    },
  };
};

export const apiStory = async (sandbox: Sandbox): Promise<void> => {
  await sandbox.worker('w1');
  const { ask, url, scheduler } = await startApi(sandbox);
  const date = { type: 'exec', payload: { command: ['date'] } };

  const delayed = await ask('POST', '/jobs', { ...date, delaySeconds: 2 });
  expect(delayed.status).toBe(201);
  const later = await ask('POST', '/jobs', { ...date, delaySeconds: 3_600 });
  expect(await sandbox.json('job', 'get', String(later.body.id))).toMatchObject({ state: 'pending' });
  expect((await ask('POST', `/jobs/${later.body.id}/run`)).body).toMatchObject({ executed: true });
  for (const { body } of [later, delayed]) {
    expect((await ask('GET', `/v1/jobs/${body.id}/wait?timeoutMs=30000`)).body).toEqual({
      id: body.id,
      state: 'succeeded',
    });
    expect(await sandbox.json('job', 'get', String(body.id))).toEqual((await ask('GET', `/jobs/${body.id}`)).body);
  }

  // A command says the same by the API; a stream that is read late tells of every attempt.
  const id = String(delayed.body.id);
  expect(await sandbox.json('job', 'get', id, '--api', url)).toEqual(await sandbox.json('job', 'get', id));
  const failing = ['submit', 'exec', '--payload', '{"command":["false"]}', '--max-attempts', '2', '--api', url];
  const failed = await sandbox.json<{ id: string }>(...failing, '--backoff', 'fixed', '--backoff-base', '10ms');
  const watched = await sandbox.run('job', 'watch', failed.id, '--api', url, '-o', 'json');
  expect(watched.code).toBe(11);
  const last = JSON.parse(watched.stdout.trim().split('\n').at(-1) ?? '') as Json;
  expect(last).toMatchObject({ id: failed.id, state: 'dlq', attempt: 2 });
  const begun = Buffer.from(JSON.stringify({ jobs: { [failed.id]: '0/' }, schedules: {} })).toString('base64url');
  const stream = await fetch(`${url}/v1/events?job=${failed.id}`, { headers: { 'last-event-id': begun } });
  expect((await stream.text()).match(/"state":"\w+","attempt":\d/g)).toEqual([
    ...['"state":"retrying","attempt":1', '"state":"dlq","attempt":2'],
  ]);

  // Of one schedule both ways say the same.
  const tick = [
    'submit',
    'exec',
    '--payload',
    '{"command":["date"]}',
    '--cron',
    '*/1 * * * * *',
    '--tz',
    'Europe/Rome',
  ];
  await sandbox.json(...tick, '--name', 'tick');
  expect((await ask('POST', '/cronjobs', { ...date, name: 'tock', cron: '* * * * *' })).status).toBe(201);
  const audit = async () => (await ask('GET', '/v1/cronjobs/tick/audit')).body;
  while (Number((await audit()).fired) === 0);
  expect(await sandbox.json('cron', 'audit', 'tick', '--from', '-5m')).toMatchObject({ complete: true });
  await sandbox.json('cron', 'pause', 'tick', '--reason', 'enough');
  expect((await ask('GET', '/v1/cronjobs/tick')).body).toMatchObject({ paused: { reason: 'enough' } });
  expect((await ask('POST', '/v1/cronjobs/tick/resume')).body).toMatchObject({ paused: null });
  const names = await sandbox.json<{ items: readonly { readonly name: string }[] }>('cron', 'list');
  expect(names.items.map(({ name }) => name)).toEqual(['tick', 'tock']);

  const smoke = await sandbox.run('doctor', '--smoke', '--api', url, '-o', 'json');
  expect(smoke.code, smoke.stdout).toBe(0);
  expect(
    (await sandbox.json<{ items: readonly Json[] }>('api', 'get', '/v1/jobs?limit=5', '--api', url)).items.length,
  ).toBeGreaterThan(2);
  const refused = await sandbox.run('api', 'post', '/v1/jobs', '--body', '{"type":1}', '--api', url, '-o', 'json');
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('REQUEST_INVALID')]);

  scheduler.child.kill('SIGTERM');
  expect((await scheduler.ended).code).toBe(0);
  const gone = await sandbox.run('doctor', '--smoke', '--api', url, '-o', 'json');
  expect([gone.code, gone.stdout]).toEqual([6, expect.stringContaining('cannot reach the API')]);
};

/** What the README has a newcomer type. */
export const readmeStory = async (sandbox: Sandbox): Promise<void> => {
  const section = 'By HTTP, and on a schedule';
  const stdout = await runDocument(sandbox, { name: 'README.md', section, port: await freePort() });
  for (const expected of [' succeeded', 'schedule/tick paused', '"executed":true', '"paused":null', 'ok ']) {
    expect(stdout).toContain(expected);
  }
};
