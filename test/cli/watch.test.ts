// What --watch tells until a signal comes: elsewhere than on a terminal one line for what is new or has changed. And what a bug leaves behind.
import { readFileSync } from 'node:fs';
import { afterAll, expect, test, vi } from 'vitest';
import { withReport } from '../../src/commands/bug-report.ts';
import type { Io, ShutdownSignal } from '../../src/commands/context.ts';
import { asJobctlError } from '../../src/commands/failure.ts';
import { main } from '../../src/main.ts';
import { TestHome } from './run-main.ts';

const home = new TestHome();
afterAll(() => home[Symbol.dispose]());

/** Longer than between two looks, ms. */
const SEEN_WITHIN_MS = 8_000;

const watch = (argv: readonly string[], isTTY = false) => {
  const listeners = new Set<(signal: ShutdownSignal) => void>();
  const written = { stdout: '' };
  const io: Io = {
    stdout: {
      isTTY,
      write: (text) => {
        written.stdout += text;
      },
    },
    stderr: { isTTY: false, write: () => undefined },
    stdin: { isTTY: false, async *[Symbol.asyncIterator]() {} },
    env: { HOME: home.folder, JOBCTL_STORE: home.storeUrl },
    cwd: home.folder,
    onSignal: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const code = main(argv, io);
  const end = (signal: ShutdownSignal): Promise<number> => {
    for (const listener of listeners) listener(signal);
    return code;
  };
  const until = (pattern: RegExp) =>
    vi.waitFor(() => expect(written.stdout).toMatch(pattern), { timeout: SEEN_WITHIN_MS });
  return { written, end, until };
};

test('a list of jobs tells each change once, as JSON a line', async () => {
  await home.run(['submit', 'first']);
  const running = watch(['job', 'list', '-w', '-o', 'json']);
  await running.until(/"type":"first"/);
  await home.run(['submit', 'second']);
  await running.until(/"type":"second"/);
  expect(await running.end('SIGINT')).toBe(130);
  const types = running.written.stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { readonly type: string }).type);
  expect(types).toEqual(['first', 'second']);
});

test('on a terminal it is drawn anew', async () => {
  const running = watch(['status', '-w'], true);
  await running.until(/(unfinished[\s\S]*){2}/);
  expect(running.written.stdout.split('\u001b[H\u001b[2J').length).toBeGreaterThan(2);
  expect(await running.end('SIGTERM')).toBe(143);
});

test('a bug is written down, without what may be secret, and the error says where', () => {
  const error = asJobctlError(new Error('boom'));
  const argv = ['submit', 'exec', '--payload', '{"password":"x"}', '--store', 'cassandra://u:p@h/k'];
  const reported = withReport(error, argv, { HOME: home.folder }, 1_700_000_000_000);
  const file = home.file('.local/state/jobctl/bug-1700000000000.txt');
  expect([reported.exitCode, reported.hint]).toEqual([1, `report it with ${file}`]);
  const text = readFileSync(file, 'utf8');
  expect(text).toContain('jobctl submit exec --payload ... --store ...');
  expect(text).toContain('Error: boom');
  expect(text).not.toMatch(/password|u:p/);
});

test('where nothing can be written the error is what it was', () => {
  const error = asJobctlError(new Error('boom'));
  expect(withReport(error, [], { HOME: home.file('jobs.db') }, 0)).toBe(error);
});
