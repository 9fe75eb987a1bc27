// A dry run changes nothing and says what would be; read-only refuses what would change something.
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/commands/registry.ts';
import { OPERATIONS } from '../../src/http/operations/all.ts';
import { errorOf, TestHome } from './run-main.ts';

const home = new TestHome();
afterAll(() => home[Symbol.dispose]());
let job = '';

/** Everything that is stored, as far as commands show it. */
const everything = async (): Promise<string> => {
  const lists = ['job list', 'dlq list', 'cron list', 'lock list', 'bucket owners'];
  const found = await Promise.all(lists.map((line) => home.run([...line.split(' '), '-o', 'json'])));
  return found.map(({ stdout }) => stdout.replace(/"(until|beat)":[^,]*/g, '')).join('\n');
};

beforeAll(async () => {
  job = (await home.run(['submit', 'report', '--delay', '1h', '-o', 'name'])).stdout.trim();
  await home.run(['submit', 'report', '--cron', '@daily', '--name', 'nightly']);
  await home.run(['lock', 'acquire', 'billing', '--lease', '10m']);
  writeFileSync(home.file('jobs.jsonl'), '{"type":"a"}\n{"type":"b"}\n{"type":"b"}\n');
});

const changes = (): readonly (readonly string[])[] => [
  ...[
    ['submit', 'report'],
    ['submit', 'report', '--cron', '@hourly', '--name', 'new'],
    ['submit', '-f', 'jobs.jsonl'],
  ],
  ...[
    ['job', 'cancel', job],
    ['job', 'retry', job, job],
    ['job', 'reschedule', job, '--delay', '2h'],
  ],
  ...[
    ['cron', 'pause', 'nightly'],
    ['cron', 'delete', 'nightly'],
    ['cron', 'update', 'nightly', '--misfire', 'all'],
  ],
  ...[
    ['cron', 'trigger', 'nightly'],
    ['cron', 'backfill', 'nightly', '--from', '-2d'],
  ],
  ...[
    ['lock', 'acquire', 'other'],
    ['lock', 'takeover', 'billing', '--reason', 'x'],
  ],
  ...[
    ['bucket', 'move', '3', '--to', 'auto'],
    ['bucket', 'drain', 'worker-1', '--undo'],
  ],
  ['api', 'post', '/v1/jobs', '--body', '{"type":"report"}'],
];

describe('--dry-run', () => {
  test('says which requests would be sent, and changes nothing', async () => {
    const before = await everything();
    for (const argv of changes()) {
      const ran = await home.run([...argv, '--dry-run', '-o', 'json']);
      expect([ran.code, ran.stderr], argv.join(' ')).toEqual([0, 'dry run: nothing was changed\n']);
      const { items } = JSON.parse(ran.stdout) as { readonly items: readonly { readonly path: string }[] };
      expect(items.length, argv.join(' ')).toBeGreaterThan(0);
      for (const { path } of items) expect(path).toMatch(/^\/v1\//);
    }
    expect(await everything()).toBe(before);
  });

  test('of a file counts what it would submit, and finds what is wrong in it', async () => {
    const ran = await home.run(['submit', '-f', 'jobs.jsonl', '--dry-run', '-o', 'json']);
    expect(JSON.parse(ran.stdout).items.map(({ body }: { readonly body: unknown }) => body)).toEqual([
      { type: 'a', jobs: 1 },
      { type: 'b', jobs: 2 },
    ]);
    const bad = await home.run(['submit', '-f', '-', '--dry-run', '-o', 'json'], { stdin: '{"type":"a","delay":"x"}' });
    expect([bad.code, errorOf(bad).code]).toEqual([2, 'DURATION_INVALID']);
  });

  test('is refused by what cannot say what it would do', async () => {
    const ran = await home.run(['lock', 'run', 'x', '--dry-run', '-o', 'json', '--', 'touch', 'made']);
    expect([ran.code, errorOf(ran).message]).toEqual([2, 'jobctl lock run has no dry run']);
  });
});

describe('--read-only', () => {
  test('refuses every change, by flag, variable and file', async () => {
    const before = await everything();
    writeFileSync(home.file('jobctl.yaml'), 'readOnly: true\n');
    writeFileSync(home.file('empty.yaml'), '');
    for (const argv of [...changes(), ['lock', 'run', 'x', '--', 'true'], ['worker'], ['dev'], ['db', 'reset']]) {
      const [first = '', ...rest] = argv;
      const free = { JOBCTL_CONFIG: home.file('empty.yaml') };
      const runs = [
        await home.run([first, '--read-only', '-o', 'json', ...rest], { env: free }),
        await home.run([first, '-o', 'json', ...rest], { env: { ...free, JOBCTL_READ_ONLY: 'yes' } }),
        await home.run([first, '-o', 'json', ...rest]),
      ];
      for (const ran of runs) expect([ran.code, errorOf(ran).code], argv.join(' ')).toEqual([2, 'READ_ONLY']);
    }
    writeFileSync(home.file('jobctl.yaml'), '');
    expect(await everything()).toBe(before);
  });

  test('looks at everything', async () => {
    for (const line of ['status', 'job list', 'cron next @daily', 'dash --once', 'config view']) {
      expect((await home.run([...line.split(' '), '--read-only'])).code, line).toBe(0);
    }
  });
});

test('whatever changes something is an operation that is no GET, or says that it does it itself', () => {
  const itself = COMMANDS.filter(({ changes: kind }) => kind !== undefined).map(({ name }) => name.split(' ')[0]);
  expect([...new Set(itself)].sort()).toEqual([
    'bench',
    'chaos',
    'cluster',
    'db',
    'dev',
    'lock',
    'scheduler',
    'worker',
  ]);
  expect(OPERATIONS.filter(({ method, role }) => (method === 'GET') !== (role === 'read')).map(({ id }) => id)).toEqual(
    [],
  );
});
