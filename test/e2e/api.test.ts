// The API as a process, on the embedded store; test/integration has the same on three nodes.

import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { apiStory, readmeStory, startApi } from './api.ts';
import { freePort, runDocument } from './documents.ts';
import { HANDLERS, Sandbox } from './processes.ts';

test('the story: submit, delay, run now, schedule, pause, look; by command line and by HTTP', async () => {
  await using sandbox = new Sandbox();
  await apiStory(sandbox);
});

test('the commands of docs/api.md', async () => {
  await using sandbox = new Sandbox();
  const stdout = await runDocument(sandbox, { name: 'docs/api.md', port: await freePort() });
  expect(stdout).toContain('"duplicate":true');
  expect(stdout).toContain('"state":"succeeded"');
});

test('the commands of docs/cron.md', async () => {
  await using sandbox = new Sandbox();
  const stdout = await runDocument(sandbox, { name: 'docs/cron.md', port: await freePort() });
  expect(stdout).toContain('schedule/sums rolled back');
  expect(stdout).toContain('schedule/sums is being backfilled');
});

test('the commands of docs/tasks.md', async () => {
  await using sandbox = new Sandbox();
  const stdout = await runDocument(sandbox, { name: 'docs/tasks.md', port: await freePort() });
  expect(stdout).toContain('token 1');
  expect(stdout).toContain('schedule/morning rolled back');
});

/** Files that a reader has. */
const withFiles = (sandbox: Sandbox): void => {
  copyFileSync(HANDLERS, join(sandbox.folder, 'handlers.ts'));
  for (const step of ['step-one', 'step-two'])
    writeFileSync(join(sandbox.folder, step), '#!/bin/sh\n', { mode: 0o755 });
};

test.each([
  ['docs/buckets.md', /worker\/w2|w2/],
  ['docs/handlers.md', /email\.send/],
  ['docs/locks.md', /token 1[\s\S]*deploy/],
])('the commands of %s', async (name, shows) => {
  await using sandbox = new Sandbox();
  withFiles(sandbox);
  expect(await runDocument(sandbox, { name })).toMatch(shows);
});

test('the story of the README', async () => {
  await using sandbox = new Sandbox();
  await readmeStory(sandbox);
});

test('tokens come from a file, and name who did what; a wrong file or a public address without one is refused', async () => {
  await using sandbox = new Sandbox();
  const { secret, entry } = await sandbox.json<{ secret: string; entry: object }>(
    'api',
    'token',
    'ops',
    '--role',
    'operate',
  );
  const [tokens, secretFile] = [join(sandbox.folder, 'tokens.yaml'), join(sandbox.folder, 'secret')];
  writeFileSync(tokens, JSON.stringify({ tokens: [entry] }));
  writeFileSync(secretFile, `${secret}\n`);
  const { url, scheduler } = await startApi(sandbox, '--tokens', tokens, '--host', '0.0.0.0');
  const local = url.replace('0.0.0.0', '127.0.0.1');
  expect((await sandbox.run('api', 'get', '/v1/jobs', '--api', local)).stderr).toContain('a token is needed');
  sandbox.env = { JOBCTL_API_TOKEN_FILE: secretFile, JOBCTL_API: local };
  await sandbox.json('api', 'post', '/v1/jobs', '--body', '{"type":"exec"}');
  await scheduler.until('stderr', /"event":"api.requested"[^\n]*"actor":"ops"/);
  expect((await sandbox.run('api', 'delete', '/v1/cronjobs/x')).stderr).toContain('takes admin');
  writeFileSync(tokens, 'tokens: []\n');
  const bad = await sandbox.run('scheduler', '--port', '0', '--tokens', tokens, '-o', 'json');
  expect([bad.code, bad.stderr]).toEqual([2, expect.stringContaining('CONFIG_INVALID')]);
  const open = await sandbox.run('scheduler', '--port', '0', '--host', '0.0.0.0', '-o', 'json');
  expect([open.code, open.stderr]).toEqual([2, expect.stringContaining('without --tokens only this machine')]);
});
