// What commands print, in every format: with -o json stdout holds JSON and nothing else. It is the same whether they work on the
// store or ask a scheduler.
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { COMMANDS } from '../../src/commands/registry.ts';
import { FAULT_NAMES } from '../../src/core/model/chaos.ts';
import { type FencingToken, type JobId, makeFence } from '../../src/core/model/ids.ts';
import { openStore } from '../../src/store/open.ts';
import type { TestHome } from './run-main.ts';

export const outputSuite = (home: TestHome): void => {
  afterAll(() => home[Symbol.dispose]());

  let waiting = '';
  let dead = '';
  /** Handles of the locks `kept` and `given`. */
  const handles = { kept: '', given: '' };

  /** A job that waits for ever, since no worker lives, and one that is a dead letter. */
  beforeAll(async () => {
    waiting = (await home.run(['submit', 'report', '-o', 'name'])).stdout.trim();
    dead = (await home.run(['submit', 'report', '-o', 'name'])).stdout.trim();
    for (const name of ['kept', 'given'] as const) {
      const { stdout } = await home.run(['lock', 'acquire', name, '-o', 'json']);
      handles[name] = (JSON.parse(stdout) as { readonly handle: string }).handle;
    }
    for (const name of ['kept-schedule', 'gone-schedule']) {
      await home.run(['submit', 'report', '--cron', '@daily', '--name', name]);
    }
    await using store = await openStore(home.storeUrl);
    const jobId = dead.slice('job/'.length) as JobId;
    const job = (await store.jobGet([jobId])).get(jobId);
    if (job === undefined) throw new Error('the submitted job is not there');
    const nowMs = await store.wallMs();
    const fence = makeFence(1 as FencingToken, 1);
    await store.deadLetterAppend([{ job, fence, failedMs: nowMs, attempts: 5, reason: 'it broke' }]);
  });

  /** Arguments of every command that ends by itself. Nobody executes orders here: they are accepted for later. */
  const argumentsOf = (): Readonly<Record<string, readonly (readonly [argv: string, exits: readonly number[]])[]>> => ({
    doctor: [['', [6]]],
    completion: [['bash', [0]]],
    dash: [
      ['--once', [0]],
      ['--once --view jobs --filter report', [0]],
    ],
    status: [['', [0]]],
    events: [['--since 1h', [0]]],
    help: [['exit-codes', [0]]],
    submit: [
      ['report --delay 1h --priority 3', [0]],
      ['-f jobs.jsonl', [0]],
    ],
    'job get': [
      [waiting, [0]],
      [`${waiting} ${dead}`, [0]],
    ],
    'job list': [['--state pending', [0]]],
    'job watch': [[`${waiting} --wait-timeout 50ms`, [124]]],
    'job wait': [[`${waiting} --wait-timeout 50ms`, [124]]],
    'job cancel': [[waiting, [0]]],
    'job retry': [[waiting, [0]]],
    'job reschedule': [[`${waiting} --delay 1h`, [0]]],
    'job history': [[waiting, [0]]],
    'job explain': [[waiting, [0]]],
    'job logs': [[waiting, [0]]],
    'dlq list': [['', [0]]],
    'dlq get': [[dead, [0]]],
    'dlq export': [['--all', [0]]],
    'dlq retry': [['--type other', [0]]],
    'dlq discard': [['--type other', [0]]],
    'lock acquire': [['new --lease 10s --wait 0s --note why', [0]]],
    'lock renew': [[`kept --handle ${handles.kept}`, [0]]],
    'lock release': [[`given --handle ${handles.given}`, [0]]],
    'lock check': [['kept --token 1', [0]]],
    'lock takeover': [['new --reason why --yes --confirm new', [0]]],
    'lock list': [['--all', [0]]],
    'lock get': [['kept', [0]]],
    'worker list': [['', [0]]],
    'bucket list': [['', [0]]],
    'bucket get': [['3', [0]]],
    'cron create': [[`report --cron @daily --name created`, [0]]],
    'cron list': [['', [0]]],
    'cron get': [['kept-schedule', [0]]],
    'cron update': [['kept-schedule --misfire all', [0]]],
    'cron pause': [['kept-schedule', [0]]],
    'cron resume': [['kept-schedule', [0]]],
    'cron trigger': [['kept-schedule --payload 1', [0]]],
    'scheduler list': [['', [0]]],
    'cron backfill': [['kept-schedule --from -2d', [0]]],
    'cron history': [['kept-schedule', [0]]],
    'cron rollback': [['kept-schedule', [0]]],
    'cron delete': [['gone-schedule --yes', [0]]],
    'cron audit': [['kept-schedule', [0]]],
    'cron next': [['@daily --tz Europe/Rome', [0]]],
    'db fsck': [['--buckets 0-1', [0]]],
    'bucket owners': [['--buckets 0-3', [0]]],
    'bucket move': [['0-1 --to auto', [0]]],
    'bucket drain': [['gone --undo', [0]]],
    // Without a scheduler; test/http and test/e2e have more.
    'api request': [['get /v1/jobs --api http://127.0.0.1:1', [5]]],
    'api spec': [['', [0]]],
    'api token': [['ci --role operate', [0]]],
    // Without a cluster; test/cluster and test/integration have more.
    'cluster up': [['--runtime process --cassandra-home nowhere', [2]]],
    'cluster status': [['--runtime process', [3]]],
    'cluster cql': [['--runtime process -e x', [3]]],
    'cluster logs': [['--runtime process', [3]]],
    'cluster scale': [['--runtime process --nodes 2', [3]]],
    'cluster down': [['--runtime process', [3]]],
    ...Object.fromEntries(FAULT_NAMES.map((fault) => [`chaos ${fault}`, [['--runtime process --dry-run', [3]]]])),
    'chaos run': [['kill-node --runtime process --yes', [3]]],
    'chaos scenarios': [['', [0]]],
    'chaos sim': [['kill-node --seeds 1', [0]]],
    'chaos check': [['nowhere', [1]]],
    'chaos report': [['nowhere', [1]]],
    'chaos actor': [['--part holder', [2]]],
    'chaos trouble': [['', [2]]],
    'chaos heal': [['', [0]]],
    'bench run': [['submit --reps 1 --duration 30ms --jobs 100', [0]]],
    'bench list': [['', [0]]],
    'bench show': [['nowhere.csv', [2]]],
    'bench compare': [['nowhere.csv nowhere.csv', [2]]],
    'bench report': [['nowhere.csv', [2]]],
    'chaos list': [['', [0]]],
    'db init': [['', [2]]],
    'db migrate': [['', [2]]],
    'db status': [['', [2]]],
    'db reset': [['', [2]]],
    'config view': [['--origin', [0]]],
    'config path': [['', [0]]],
    'config get': [['timeout', [0]]],
    'config set': [['timeout 20s --config other.yaml', [0]]],
    'config use': [['prod --config other.yaml', [0]]],
    'config validate': [['--config other.yaml', [0]]],
    'config schema': [['', [0]]],
    init: [['--force', [0]]],
    version: [['', [0]]],
  });

  /** Or whose stdout belongs to somebody else. */
  const ENDLESS = ['dev', 'lock run', 'lock watch', 'scheduler run', 'worker run'];

  describe('every command', () => {
    beforeAll(() => {
      writeFileSync(home.file('jobs.jsonl'), '{"type":"a"}\n{"type":"b","payload":{"n":1}}\n');
      writeFileSync(home.file('other.yaml'), `store: '${home.storeUrl}'\nprofiles:\n  prod: { time: iso }\n`);
    });

    test('is in the table above', () => {
      const named = [...Object.keys(argumentsOf()), ...ENDLESS].sort();
      expect(named).toEqual(COMMANDS.map(({ name }) => name).sort());
    });

    test.each(
      COMMANDS.map(({ name }) => name).filter((name) => !ENDLESS.includes(name)),
    )('%s writes JSON, YAML and names', async (name) => {
      for (const [line, exits] of argumentsOf()[name] ?? []) {
        const argv = [...name.split(' '), ...line.split(' ').filter((word) => word !== '')];
        const json = await home.run([...argv, '-o', 'json']);
        expect(exits, `${argv.join(' ')}\n${json.stderr}`).toContain(json.code);
        if (json.code === 0) expect(typeof JSON.parse(json.stdout)).toBe('object');
        const lines = (await home.run([...argv, '-o', 'jsonl'])).stdout.split('\n').filter((each) => each !== '');
        for (const each of lines) expect(typeof JSON.parse(each)).toBe('object');
        parseYaml((await home.run([...argv, '-o', 'yaml'])).stdout);
        const table = await home.run(argv);
        if (table.code === 0) expect(table.stderr).not.toContain('error:');
      }
    });
  });

  describe('submit', () => {
    test('prints what it did in each format', async () => {
      const json = JSON.parse((await home.run(['submit', 'report', '-o', 'json'])).stdout) as Record<string, unknown>;
      expect(json).toMatchObject({ duplicate: false, type: 'report' });
      expect(Object.keys(json)).toEqual(['id', 'duplicate', 'type', 'dueAt', 'bucket']);
      expect((await home.run(['submit', 'report', '-o', 'name'])).stdout).toMatch(/^job\/[0-9a-z]{26}\n$/);
      expect((await home.run(['submit', 'report'])).stdout).toMatch(/^job\/[0-9a-z]{26} submitted\n$/);
    });

    test('with a key answers the same job again', async () => {
      const submit = async () =>
        JSON.parse((await home.run(['submit', 'report', '--key', 'order-17', '-o', 'json'])).stdout) as Record<
          string,
          unknown
        >;
      const first = await submit();
      expect(await submit()).toEqual({ ...first, duplicate: true });
    });

    test('reads its payload from a file and from stdin', async () => {
      writeFileSync(home.file('payload.json'), '{"from":"file"}');
      const payloadOf = async (argv: readonly string[], stdin = ''): Promise<unknown> => {
        const { stdout } = await home.run(['submit', 'report', '-o', 'name', ...argv], { stdin });
        const job = await home.run(['job', 'get', stdout.trim(), '-o', 'json']);
        return (JSON.parse(job.stdout) as { readonly payload: unknown }).payload;
      };
      expect(await payloadOf(['--payload', '@payload.json'])).toEqual({ from: 'file' });
      expect(await payloadOf(['--payload', '-'], '{"from":"stdin"}')).toEqual({ from: 'stdin' });
      expect(await payloadOf([])).toBeNull();
    });

    test('a bulk from stdin prints one id a line, which other commands read', async () => {
      const stdin = Array.from({ length: 50 }, (_, n) => JSON.stringify({ type: 'bulk', payload: { n } })).join('\n');
      const { stdout } = await home.run(['submit', '-f', '-', '-o', 'name'], { stdin });
      expect(new Set(stdout.trim().split('\n')).size).toBe(50);
      const got = await home.run(['job', 'get', '-', '-o', 'jsonl'], { stdin: stdout });
      expect(
        got.stdout
          .trim()
          .split('\n')
          .map((line) => (JSON.parse(line) as { readonly type: string }).type),
      ).toEqual(Array.from({ length: 50 }, () => 'bulk'));
    });
  });

  describe('submit -f', () => {
    test('prints in the order of the lines', async () => {
      const stdin = Array.from({ length: 3_000 }, (_, n) =>
        JSON.stringify({ type: 'ordered', payload: n, ...(n % 7 === 0 ? { key: `n${n}` } : {}) }),
      ).join('\n');
      const ran = await home.run(['submit', '-f', '-', '-o', 'name'], { stdin });
      expect([ran.code, ran.stderr]).toEqual([0, '3000 jobs submitted\n']);
      const got = await home.run(['job', 'get', '-', '-o', 'jsonl'], { stdin: ran.stdout });
      const payloads = new Map(
        got.stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as { readonly id: string; readonly payload: number })
          .map(({ id, payload }) => [`job/${id}`, payload]),
      );
      const names = ran.stdout.trim().split('\n');
      expect(names.map((name) => payloads.get(name))).toEqual(Array.from({ length: 3_000 }, (_, n) => n));
    });

    test('prints what was submitted before a bad line of a pipe, and says which line is bad', async () => {
      const stdin = '{"type":"a"}\n{"type":"b"}\n{"typ":"c"}\n{"type":"d"}\n';
      const ran = await home.run(['submit', '-f', '-', '-o', 'json'], { stdin });
      expect(ran.code).toBe(2);
      const { items } = JSON.parse(ran.stdout) as { readonly items: readonly { readonly type: string }[] };
      expect(items.map(({ type }) => type)).toEqual(['a', 'b']);
      expect(ran.stderr).toContain('2 jobs were submitted before the error');
      expect(ran.stderr).toContain('line 3 of stdin');
    });
  });

  test('an order that nobody can execute now says so', async () => {
    const id = (await home.run(['submit', 'report', '-o', 'name'])).stdout.trim();
    const ran = await home.run(['job', 'cancel', id, '-o', 'json']);
    expect(JSON.parse(ran.stdout)).toEqual({ id: id.slice('job/'.length), state: 'accepted', executed: false });
    expect(ran.stderr).toContain('the order is recorded');
    expect((await home.run(['job', 'cancel', id])).stdout).toBe(`${id} accepted, not executed yet\n`);
  });

  test('names of dead letters are read back', async () => {
    const names = await home.run(['dlq', 'list', '-o', 'name']);
    expect(names.stdout).toBe(`${dead}\n`);
    const got = await home.run(['dlq', 'get', '-', '-o', 'json'], { stdin: names.stdout });
    expect(JSON.parse(got.stdout)).toMatchObject({ type: 'report', error: 'it broke', attempts: 5 });
  });

  describe('a bulk change', () => {
    test('needs --yes where nobody can be asked, and says how', async () => {
      const ran = await home.run(['dlq', 'discard', '--type', 'report', '--error', 'it (broke|burnt)']);
      expect(ran.code).toBe(2);
      expect(ran.stderr).toContain(dead);
      expect(ran.stderr).toMatch(/jobctl dlq discard --type report --error 'it \(broke\|burnt\)'.* --yes/);
    });

    test('asks at a terminal, and no is the default', async () => {
      const ran = await home.run(['dlq', 'discard', '--all'], { terminal: true, stdin: '\n' });
      expect([ran.code, ran.stdout]).toEqual([0, '']);
      expect((await home.run(['dlq', 'list', '-o', 'name'])).stdout).toBe(`${dead}\n`);
    });

    test('is done with --yes', async () => {
      const ran = await home.run(['dlq', 'discard', '--all', '--yes']);
      expect([ran.code, ran.stdout]).toEqual([0, `${dead} discarded\n`]);
      expect((await home.run(['dlq', 'list', '-o', 'name'])).stdout).toBe('');
    });
  });

  describe('tables', () => {
    test('have headers unless told otherwise', async () => {
      expect((await home.run(['job', 'list'])).stdout).toMatch(/^ID +TYPE +STATE +BKT +TRY +NEXT +AGE\n/);
      expect((await home.run(['job', 'list', '--no-headers'])).stdout).not.toContain('TYPE');
    });

    test('are coloured only when asked or at a terminal', async () => {
      expect((await home.run(['bucket', 'list', '--color', 'always'])).stdout).toContain('\u001b[');
      expect((await home.run(['bucket', 'list'])).stdout).not.toContain('\u001b[');
    });
  });
};
