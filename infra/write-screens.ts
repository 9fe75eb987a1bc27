// Writes the pictures of the README (`npm run screens`): the dashboard of a real system, with work, failures, dead letters and a worker
// that is killed, captured from a terminal. On the store of JOBCTL_STORE, else on an embedded one of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Screen } from '../test/support/screen.ts';
import { screenSvg } from './screen-svg.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(ROOT, 'bin/jobctl.js');
const FOLDER = join(ROOT, 'docs/screens');
const [COLUMNS, ROWS] = [110, 30];
/** Long enough for a curve, ms. */
const WORK_MS = 45_000;
const SETTLE_MS = 4_000;

const home = mkdtempSync(join(tmpdir(), 'jobctl-screens-'));
const store = process.env.JOBCTL_STORE ?? `sqlite:${join(home, 'jobs.db')}`;
const env = { ...process.env, HOME: home, JOBCTL_STORE: store, TERM: 'xterm-256color', LANG: 'C.UTF-8' };
const children: ChildProcess[] = [];

const start = (...argv: readonly string[]): ChildProcess => {
  const child = spawn(BIN, argv, { env, stdio: ['ignore', 'ignore', 'ignore'] });
  children.push(child);
  return child;
};

const run = (...argv: readonly string[]): Promise<void> =>
  new Promise((resolve) => {
    spawn(BIN, argv, { env, stdio: 'ignore' }).on('close', () => resolve());
  });

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const HANDLERS = `const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export default {
  'report.build': async () => { await wait(200 + 600 * Math.random()); },
  'email.send': async () => { await wait(50); if (Math.random() < 0.2) throw new Error('connection reset by mail.example.org'); },
  'invoice.export': async () => { throw new Error('no such customer: 4711'); },
};
`;

const submit = async (): Promise<void> => {
  const jobs = [
    ...Array.from({ length: 400 }, (_, n) => ({ type: 'report.build', payload: { page: n }, delay: `${n * 250}ms` })),
    ...Array.from({ length: 600 }, (_, n) => ({ type: 'email.send', payload: { to: n }, delay: `${n * 150}ms` })),
    ...Array.from({ length: 4 }, (_, n) => ({
      type: 'invoice.export',
      payload: { customer: 4711 },
      maxAttempts: 2,
      delay: `${n * 9}s`,
    })),
    ...Array.from({ length: 300 }, (_, n) => ({ type: 'report.build', payload: { page: n }, delay: '2h' })),
  ];
  const file = join(home, 'jobs.jsonl');
  writeFileSync(file, jobs.map((job) => JSON.stringify(job)).join('\n'));
  await run('submit', '-f', file);
};

const capture = async (screen: Screen, name: string, title: string, keys: string): Promise<void> => {
  screen.type(keys);
  await sleep(SETTLE_MS);
  writeFileSync(join(FOLDER, `${name}.svg`), screenSvg(screen.terminal, title));
};

try {
  mkdirSync(FOLDER, { recursive: true });
  const handlers = join(home, 'handlers.mjs');
  writeFileSync(handlers, HANDLERS);
  const worker = (id: string) => start('worker', '--handlers', handlers, '--id', id, '--lease', '4s');
  const [, second] = [worker('worker-a'), worker('worker-b')];
  start('scheduler', '--port', '0', '--id', 'scheduler-1');
  await sleep(SETTLE_MS);
  await run('submit', 'report.build', '--cron', '0 3 * * *', '--tz', 'Europe/Rome', '--name', 'nightly');
  start('lock', 'run', 'month-end', '--note', 'closing May', '--', 'sleep', '600');
  const screen = new Screen(COLUMNS, ROWS);
  const dash = await openDash(screen);
  await submit();
  await sleep(WORK_MS / 2);
  second?.kill('SIGKILL');
  await sleep(WORK_MS / 2);
  await capture(screen, 'overview', 'jobctl dash: the overview', '1');
  await capture(screen, 'dlq', 'jobctl dash: dead letters', '4');
  await capture(screen, 'job', 'jobctl dash: why a job ended as it did', '\r');
  screen.type('q');
  await dash.left;
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(home, { recursive: true, force: true });
}

/** The program itself, in this process, on a terminal without a window. */
async function openDash(screen: Screen): Promise<{ readonly left: Promise<number> }> {
  const { main } = (await import(join(ROOT, 'dist/main.js'))) as typeof import('../src/main.ts');
  const stream = { isTTY: true, columns: COLUMNS, write: (text: string) => void screen.stdout.write(text) };
  process.env.FORCE_COLOR = '1';
  const running = main(['dash', '--color', 'always'], {
    ...{ stdout: stream, stderr: stream, terminal: screen, env, cwd: home, onSignal: () => () => undefined },
    stdin: { isTTY: true, async *[Symbol.asyncIterator]() {} },
  });
  return { left: running };
}
