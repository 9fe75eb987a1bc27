// bin/jobctl.js as a user starts it: every way in, one process, signals, early-closed pipes. Needs `npm run build`.
import { spawn } from 'node:child_process';
import { mkdtempSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test, vi } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = join(ROOT, 'bin/jobctl.js');
const folder = mkdtempSync(join(tmpdir(), 'jobctl-bin-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

const run = (command: string, args: readonly string[]): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { ...process.env, HOME: folder, JOBCTL_STORE: `sqlite:${folder}/jobs.db` },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += String(chunk)));
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });

const VERSION = /^jobctl \d+\.\d+\.\d+ \(node \d+/;

describe('every way in', () => {
  test('as a program, by its own first line', async () => {
    expect((await run(BIN, ['version'])).stdout).toMatch(VERSION);
  });

  test('through a link, as npm makes one', async () => {
    symlinkSync(BIN, join(folder, 'jobctl'));
    expect((await run(join(folder, 'jobctl'), ['version'])).stdout).toMatch(VERSION);
  });

  test('with node', async () => {
    expect((await run(process.execPath, [BIN, 'version'])).stdout).toMatch(VERSION);
  });

  test('with the node on the PATH, however old', async () => {
    const ended = await run('sh', ['-c', `node ${BIN} job get xx`]);
    expect([ended.code, ended.stderr.split('\n')[0]]).toEqual([2, 'error: "xx" is not a job id']);
  });
});

test('there is no wrapper process: what was started becomes node, and dies of a signal as itself', async () => {
  // Waits for ids on stdin, which stays open.
  const child = spawn(BIN, ['job', 'get', '-'], { stdio: ['pipe', 'ignore', 'ignore'] });
  await vi.waitUntil(() => readlinkSync(`/proc/${child.pid}/exe`).endsWith('/node'), { timeout: 5_000 });
  const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve([code, signal])));
  child.kill('SIGTERM');
  expect(await ended).toEqual([null, 'SIGTERM']);
});

test('a reader that leaves early is no error', async () => {
  const ended = await run('sh', ['-c', `${BIN} bucket list | head -1`]);
  expect(ended.stdout).toMatch(/^BUCKET/);
  expect(ended.stderr).toBe('');
});
