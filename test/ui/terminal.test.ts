// The dashboard as a person has it: the whole program, keys in, a terminal's screen out.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Io } from '../../src/commands/context.ts';
import { type FencingToken, type JobId, makeFence } from '../../src/core/model/ids.ts';
import { main } from '../../src/main.ts';
import { openStore } from '../../src/store/open.ts';
import { TestHome } from '../cli/run-main.ts';
import { Screen } from '../support/screen.ts';

const home = new TestHome();
afterAll(() => home[Symbol.dispose]());

const LETTERS = ['no such customer', 'no such customer', 'connection reset'];

beforeAll(async () => {
  const lines = [...Array(40).keys()].map((n) =>
    JSON.stringify({ type: n === 7 ? 'invoice' : 'report', payload: { n } }),
  );
  await home.run(['submit', '-f', '-'], { stdin: lines.join('\n') });
  await home.run(['submit', 'report', '--cron', '0 3 * * *', '--name', 'nightly']);
  await home.run(['lock', 'acquire', 'billing', '--lease', '10m']);
  await using store = await openStore(home.storeUrl);
  for (const [index, reason] of LETTERS.entries()) {
    const id = (await home.run(['submit', 'export', '-o', 'name'])).stdout.trim().slice('job/'.length) as JobId;
    const job = (await store.jobGet([id])).get(id);
    if (job === undefined) throw new Error('the submitted job is not there');
    const fence = makeFence(1 as FencingToken, 1);
    await store.deadLetterAppend([{ job, fence, failedMs: (await store.wallMs()) + index, attempts: 5, reason }]);
  }
});

interface Opened {
  readonly screen: Screen;
  readonly exit: Promise<number>;
  signal(name: 'SIGTERM'): void;
}

const open = (line = '', size: readonly [number, number] = [100, 30], env: Record<string, string> = {}): Opened => {
  const screen = new Screen(...size);
  const listeners = new Set<(name: 'SIGTERM') => void>();
  const io: Io = {
    stdout: { isTTY: true, columns: size[0], write: (text) => screen.stdout.write(text) },
    stderr: { isTTY: true, write: (text) => screen.stdout.write(text) },
    stdin: { isTTY: true, async *[Symbol.asyncIterator]() {} },
    terminal: screen,
    env: { HOME: home.folder, JOBCTL_STORE: home.storeUrl, TERM: 'xterm', ...env },
    cwd: home.folder,
    onSignal: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const signal = (name: 'SIGTERM'): void => {
    for (const listener of listeners) listener(name);
  };
  const exit = main(['dash', ...line.split(' ').filter((word) => word !== '')], io);
  return { screen, exit, signal };
};

/** Header, tabs, panels from side to side, and the keys at the bottom. */
const isFrame = (lines: readonly string[], columns: number): boolean =>
  /1 overview 2 jobs/.test(lines[1] ?? '') &&
  /throughput/.test(lines[2] ?? '') &&
  lines.some((line) => line.length === columns) &&
  lines.at(-1)?.includes('<q> quit') === true;

describe('the screen', () => {
  test('is another one while it is open, and given back when it is left', async () => {
    const { screen, exit } = open();
    await screen.until('throughput /s');
    expect([screen.isAlternate, screen.isRaw]).toEqual([true, true]);
    screen.type('q');
    expect(await exit).toBe(0);
    await screen.until(() => !screen.isAlternate);
    expect(screen.isRaw).toBe(false);
  });

  test('tells when its window is left and come back to: those are no keys', async () => {
    const { screen, exit } = open('--view jobs');
    await screen.until('jobs (43');
    expect(screen.terminal.modes.sendFocusMode).toBe(true);
    screen.type('/inv');
    await screen.until('/inv');
    screen.type('\u001b[O');
    screen.type('\u001b[I');
    screen.type('oice');
    await screen.until('/invoice');
    screen.type('\r');
    screen.type('q');
    expect(await exit).toBe(0);
    await screen.until(() => !screen.terminal.modes.sendFocusMode);
  });

  test('Ctrl-C leaves with 130, SIGTERM in order', async () => {
    const first = open();
    await first.screen.until('throughput /s');
    first.screen.type('\u0003');
    expect(await first.exit).toBe(130);
    const second = open();
    await second.screen.until('throughput /s');
    second.signal('SIGTERM');
    expect(await second.exit).toBe(0);
    await second.screen.until(() => !second.screen.isAlternate);
  });

  test('fits whatever size the terminal has, also after it has changed', async () => {
    const { screen, exit } = open('', [160, 50]);
    await screen.until('needs attention');
    expect(screen.lines().at(-1)).toContain('<q> quit');
    for (const [columns, rows] of [
      [80, 24],
      [60, 16],
      [120, 40],
    ] as const) {
      screen.resize(columns, rows);
      await screen.until((text) => isFrame(text.split('\n'), columns));
    }
    screen.resize(40, 10);
    await screen.until('jobctl dash needs 50x12');
    screen.resize(80, 24);
    await screen.until('throughput');
    screen.type('q');
    expect(await exit).toBe(0);
  });

  test('has letters only where the locale has no more', async () => {
    const { screen, exit } = open('', [100, 30], { LANG: 'C' });
    await screen.until('throughput');
    expect(screen.text()).not.toMatch(/[^\x20-\x7e\n]/);
    screen.type('q');
    await exit;
  });
});

describe('keys', () => {
  test('that come in one piece are taken one by one', async () => {
    const { screen, exit } = open('--view jobs');
    await screen.until('jobs (43');
    screen.type('jjj');
    await screen.until((text) => text.split('\n').findIndex((line) => line.startsWith('▸')) === 7);
    screen.type('G');
    await screen.until('19-43');
    screen.type('/invoice\r');
    await screen.until('jobs (1 of 43, /invoice)');
    screen.type('\u001b');
    await screen.until('jobs (43');
    screen.type('q');
    expect(await exit).toBe(0);
  });

  test('open a row, and lead back', async () => {
    const { screen, exit } = open('--view jobs --filter invoice');
    await screen.until('jobs (1 of 43');
    screen.type('\r');
    await screen.until('but no worker owns its bucket');
    expect(screen.text()).toContain('payload:       {"n":7}');
    screen.type('\u001b');
    await screen.until('jobs (1 of 43');
    screen.type('y');
    await screen.until('type: invoice');
    screen.type('\u001bq');
    expect(await exit).toBe(0);
  });

  test('go from a bucket to its jobs, and by command to any view', async () => {
    const { screen, exit } = open('--view buckets');
    await screen.until('buckets (16)');
    screen.type('>>>o');
    await screen.until('DEPTH↓');
    screen.type('\r');
    await screen.until(/jobs bucket=\d+ \(\d+\)/);
    screen.type(':lo\t\r');
    await screen.until('locks (1)');
    screen.type(':lokcs\r');
    await screen.until('did you mean locks?');
    screen.type('?');
    await screen.until('take over (here)');
    screen.type('\u001b3');
    await screen.until('nightly');
    screen.type('\r');
    await screen.until('T03:00:00+00:00');
    screen.type('q');
    expect(await exit).toBe(0);
  });
});

describe('what changes something', () => {
  test('is asked first, with the command that does the same; no is the default', async () => {
    const { screen, exit } = open('--view dlq');
    await screen.until('dlq (3)');
    screen.type('e');
    await screen.until('2 jobs');
    screen.type('/customer\rD');
    await screen.until('discard 2 jobs?');
    expect(screen.text()).toMatch(/jobctl dlq discard \w{26} \w{26}/);
    screen.type('\r');
    await screen.until((text) => text.includes('dlq (1 of 3') && !text.includes('discard 2 jobs?'));
    screen.type('D\t\r');
    await screen.until('2 done');
    await screen.until('0 of 1');
    screen.type('\u001b');
    await screen.until('connection reset');
    expect((await home.run(['dlq', 'list', '-o', 'name'])).stdout.trim().split('\n')).toHaveLength(1);
    screen.type('q');
    expect(await exit).toBe(0);
  });

  test('takes the name where it hurts others', async () => {
    const { screen, exit } = open('--view locks');
    await screen.until('billing');
    screen.type('Tnot-it\r');
    await screen.until('that is not the name: nothing was done');
    screen.type('Tbilling\r');
    await screen.until('lock/billing taken over under token 2');
    screen.type('q');
    expect(await exit).toBe(0);
  });

  test('is not done READ-ONLY', async () => {
    const { screen, exit } = open('--view dlq --read-only');
    await screen.until('READ-ONLY');
    await screen.until('connection reset');
    screen.type('D');
    await screen.until(/READ-ONLY; to do it: jobctl dlq discard \w{26}/);
    screen.type('q');
    expect(await exit).toBe(0);
    expect((await home.run(['dlq', 'list', '-o', 'name'])).stdout.trim().split('\n')).toHaveLength(1);
  });

  test('says what went wrong', async () => {
    const { screen, exit } = open('--view buckets');
    await screen.until('buckets (16)');
    screen.type('dy');
    await screen.until('nobody owns bucket 0');
    screen.type('q');
    await exit;
  });
});
