// Completion: what is offered where, with ids from the store, and through bash itself.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestHome } from './run-main.ts';

const home = new TestHome();
afterAll(() => home[Symbol.dispose]());
let job = '';

const offered = async (...words: readonly string[]): Promise<readonly string[]> => {
  const { code, stdout } = await home.run(['completion', 'bash', '--', ...words]);
  expect(code).toBe(0);
  return stdout.split('\n').filter((line) => line !== '');
};

test('a tab makes no store', async () => {
  expect(await offered('job', 'get', '')).toEqual([]);
  expect(existsSync(home.file('jobs.db'))).toBe(false);
});

describe('with a store', () => {
  beforeAll(async () => {
    job = (await home.run(['submit', 'report', '-o', 'name'])).stdout.trim().slice('job/'.length);
    await home.run(['submit', 'report', '--cron', '@daily', '--name', 'nightly']);
    await home.run(['lock', 'acquire', 'team:billing', '--lease', '10m']);
  });

  test.each<[string, readonly string[], readonly string[]]>([
    ['commands', ['subm'], ['submit']],
    ['verbs', ['job', 'wa'], ['watch', 'wait']],
    ['verbs behind a global flag', ['-o', 'json', 'job', 'li'], ['list']],
    ['flags', ['job', 'list', '--stat'], ['--state']],
    ['global flags, too', ['job', 'list', '--no-h'], ['--no-headers']],
    ['values', ['job', 'list', '--state', 'ru'], ['running']],
    ['the last of several values', ['job', 'list', '--state', 'dlq,fa'], ['dlq,failed']],
    ['values as bash takes them apart', ['job', 'list', '--state', '=', 'ru'], ['running']],
    ['values behind a sign', ['job', 'list', '--state=ru'], ['running']],
    ['values of global flags', ['-o', 'js'], ['json', 'jsonl']],
    ['flags of the command that runs without a verb', ['worker', '--bu'], ['--buckets']],
    ['topics', ['help', 'exit'], ['exit-codes']],
    ['schedules', ['cron', 'pause', 'n'], ['nightly']],
    ['locks', ['lock', 'get', 'team'], ['team:billing']],
    ['nothing for the command of somebody else', ['lock', 'run', 'x', '--', 'l'], []],
    ['nothing where nothing is known', ['frobnicate', ''], []],
  ])('%s', async (_what, words, found) => {
    expect(await offered(...words)).toEqual(found);
  });

  test('ids, as many as are given', async () => {
    expect(await offered('job', 'get', '')).toEqual([job]);
    expect(await offered('job', 'cancel', job, job.slice(0, 5))).toEqual([job]);
  });

  test('a verb or a flag after a noun with a default', async () => {
    expect(await offered('worker', '')).toEqual(['run', 'list']);
  });

  test('descriptions where the shell shows them', async () => {
    const zsh = await home.run(['completion', 'zsh', '--', 'lock', 'get', '']);
    expect(zsh.stdout).toMatch(/^team\\:billing:held by /);
    const fish = await home.run(['completion', 'fish', '--', 'job', 'get', '']);
    expect(fish.stdout).toBe(`${job}\treport, pending\n`);
  });

  test('a store that does not answer offers none, and says nothing', async () => {
    const env = { JOBCTL_STORE: 'cassandra://127.0.0.99/jobctl?dc=dc1' };
    const ran = await home.run(['--timeout', '100ms', 'completion', 'bash', '--', 'job', 'get', ''], { env });
    expect(ran).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('bash sources the script twice, and completes', async () => {
    mkdirSync(home.file('bin'));
    symlinkSync(fileURLToPath(new URL('../../bin/jobctl.js', import.meta.url)), home.file('bin/jobctl'));
    writeFileSync(home.file('script'), (await home.run(['completion', 'bash'])).stdout);
    const script = `source ./script; source ./script; COMP_WORDS=(jobctl lock get t); COMP_CWORD=3; _jobctl; echo "\${COMPREPLY[@]}"`;
    const env = {
      ...process.env,
      HOME: home.folder,
      JOBCTL_STORE: home.storeUrl,
      PATH: `${home.file('bin')}:${process.env.PATH}`,
    };
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script], { cwd: home.folder, env });
    expect([stdout, stderr]).toEqual(['team:billing\n', '']);
  });
});
