// Bad input gets one clear error: what, why, what now; the right exit code; and nothing is half-written.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, test } from 'vitest';
import { reportFailure } from '../../src/commands/failure.ts';
import { plainStyle } from '../../src/commands/output/style.ts';
import { makeSessionId } from '../../src/core/model/ids.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { openStore } from '../../src/store/open.ts';
import { storeError } from '../../src/store/sqlite/errors.ts';
import { errorOf, TestHome } from './run-main.ts';

const home = new TestHome();
afterAll(() => home[Symbol.dispose]());

const UNKNOWN_ID = '006538gcj7wbpz51w525bjzre8';

writeFileSync(home.file('large.json'), JSON.stringify('x'.repeat(65_535)));
writeFileSync(home.file('lines.jsonl'), '{"type":"a"}\n\n{"type":"b","delay":"90"}\n');
writeFileSync(home.file('fields.jsonl'), '{"type":"a","prioritty":3}\n');
writeFileSync(home.file('long-key.jsonl'), `{"type":"a"}\n{"type":"a","key":"${'k'.repeat(513)}"}\n`);
writeFileSync(home.file('text.jsonl'), '{"type":"a"}\nnot json\n');
writeFileSync(home.file('backoff.jsonl'), '{"type":"a","backoff":{"kind":"fixd"}}\n');
writeFileSync(
  home.file('corrupt.db'),
  'this is not a database, but it is long enough to be looked at as one'.repeat(100),
);
const newer = new DatabaseSync(home.file('newer.db'));
newer.exec('CREATE TABLE t (x); PRAGMA user_version = 9999');
newer.close();

/** [command line, exit code, error code, what the error must contain] */
const CASES: readonly (readonly [line: string, exit: number, code: string, contains: string])[] = [
  ['submit exec --payload {a', 2, 'JSON_INVALID', 'position'],
  ['submit exec --payload @large.json', 2, 'PAYLOAD_TOO_LARGE', '65537 bytes, the limit is 65536'],
  ['submit exec --payload @nowhere.json', 2, 'FILE_UNREADABLE', 'nowhere.json'],
  ['submit exec --delay 90', 2, 'DURATION_INVALID', '90s or 90ms?'],
  ['submit exec --at tomorrow', 2, 'TIME_INVALID', '+10m'],
  ['submit exec --delay 1s --at +1s', 2, 'OPTION_INVALID', 'exclude each other'],
  ['submit exec --priority 10', 2, 'OPTION_INVALID', '0 to 9'],
  ['submit exec --backoff exponental', 2, 'OPTION_INVALID', 'did you mean "exponential"?'],
  ['submit exec --backoff-base 2m --backoff-max 1m', 2, 'BACKOFF_INVALID', '--backoff-max'],
  ['submit', 2, 'OPTION_INVALID', 'type of the job is missing'],
  ['submit -f lines.jsonl', 2, 'DURATION_INVALID', 'line 3 of lines.jsonl: "delay"'],
  ['submit -f fields.jsonl', 2, 'JOBS_INVALID', 'did you mean "priority"?'],
  ['submit -f text.jsonl', 2, 'JSON_INVALID', 'line 2 of text.jsonl'],
  ['submit -f backoff.jsonl', 2, 'OPTION_INVALID', 'backoff.kind'],
  ['submit -f nowhere.jsonl', 2, 'FILE_UNREADABLE', 'nowhere.jsonl'],
  ['submit exec -f lines.jsonl', 2, 'OPTION_INVALID', 'exclude each other'],
  ['submit -f lines.jsonl --delay 1s', 2, 'OPTION_INVALID', '--delay'],
  ['bench drian', 2, 'OPTION_INVALID', 'drain'],
  ['bench --out results.txt', 2, 'OPTION_INVALID', '.csv'],
  ['bench --reps 0', 2, 'OPTION_INVALID', '1'],
  ['bench compare a.csv b.csv --threshold much', 2, 'OPTION_INVALID', '20%'],
  ['bench show nowhere.csv', 2, 'BENCH_FILE_INVALID', 'jobctl bench --out'],
  ['chaos kill-node --duration 1h', 2, 'OPTION_INVALID', '10m'],
  ['chaos partition --mode everything', 2, 'OPTION_INVALID', 'halves'],
  ['chaos loss --share 2', 2, 'OPTION_INVALID', '20%'],
  ['chaos run no-such-scenario', 2, 'CHAOS_SCENARIO_INVALID', 'zombie-worker'],
  ['chaos check nowhere', 1, 'CHAOS_HISTORY_INVALID', 'run.json'],
  ['chaos trouble --proxy nonsense', 2, 'OPTION_INVALID', '19042=127.0.0.2:9042'],
  ['cron backfill nothing', 2, 'OPTION_INVALID', '--from'],
  ['cron backfill nothing --from -1h', 3, 'SCHEDULE_NOT_FOUND', 'jobctl cron list'],
  ['cron history nothing', 3, 'SCHEDULE_NOT_FOUND', 'jobctl cron list'],
  ['cron rollback nothing', 3, 'SCHEDULE_NOT_FOUND', 'jobctl cron list'],
  ['cron update nothing --overlap buffer', 2, 'OVERLAP_INVALID', 'buffer(n)'],
  ['cron update nothing --max-fires 0', 2, 'OPTION_INVALID', '--max-fires'],
  ['job reschedule 00ag1mdz4r8v0cm9v6k2q7n5xs', 2, 'OPTION_INVALID', '--delay'],
  ['cron trigger nothing', 3, 'SCHEDULE_NOT_FOUND', 'jobctl cron list'],
  ['bucket list --buckets 0-99', 2, 'BUCKET_RANGE_INVALID', 'use 0-15'],
  ['bucket get x', 2, 'BUCKET_RANGE_INVALID', 'written as 0-15'],
  ['job list --bucket 16', 2, 'BUCKET_RANGE_INVALID', 'use 0-15'],
  ['job list --state pendng', 2, 'OPTION_INVALID', 'did you mean "pending"?'],
  ['job get 123', 2, 'JOB_ID_INVALID', '26 characters'],
  [`job get ${UNKNOWN_ID}`, 3, 'JOB_NOT_FOUND', 'jobctl job list'],
  [`job explain ${UNKNOWN_ID}`, 3, 'JOB_NOT_FOUND', 'jobctl job list'],
  [`job get ${UNKNOWN_ID} 006538gcj7wbpz51w525bjzre9`, 7, 'PARTIAL_FAILURE', UNKNOWN_ID],
  [`dlq get ${UNKNOWN_ID}`, 3, 'JOB_NOT_FOUND', 'jobctl dlq list'],
  ['dlq retry', 2, 'OPTION_INVALID', '--all'],
  [`dlq discard ${UNKNOWN_ID}`, 2, 'CONFIRMATION_NEEDED', `jobctl dlq discard ${UNKNOWN_ID} -o json --yes`],
  ['dlq list --error [', 2, 'OPTION_INVALID', 'regular expression'],
  ['dlq retry --all --rate fast', 2, 'OPTION_INVALID', '10/s'],
  ['sumbit exec', 2, 'COMMAND_UNKNOWN', 'did you mean submit?'],
  ['job lst', 2, 'COMMAND_UNKNOWN', 'did you mean list?'],
  ['worker lst', 2, 'COMMAND_UNKNOWN', 'did you mean list?'],
  ['dash', 2, 'TERMINAL_NEEDED', 'jobctl dash --once'],
  ['dash --once --view job', 2, 'OPTION_INVALID', 'did you mean \\"jobs\\"?'],
  ['dash --once --refresh 10ms', 2, 'OPTION_INVALID', '2s is enough'],
  ['events --kind lok', 2, 'OPTION_INVALID', 'did you mean \\"lock\\"?'],
  [`job logs ${UNKNOWN_ID}`, 3, 'JOB_NOT_FOUND', 'jobctl job list'],
  ['help exit-code', 2, 'COMMAND_UNKNOWN', 'exit-codes'],
  ['job list --stat pending', 2, 'OPTION_INVALID', 'did you mean --state?'],
  ['job get', 2, 'OPTION_INVALID', 'missing required argument'],
  ['job list --timeout 5', 2, 'DURATION_INVALID', 'from --timeout'],
  ['submit -f long-key.jsonl', 2, 'JOBS_INVALID', 'line 2 of long-key.jsonl'],
  ['job list --store sqlite:/dev/null/jobs.db', 5, 'STORE_READ_ONLY', '/dev/null'],
  ['job list --store nonsense', 2, 'STORE_URL_INVALID', 'sqlite:'],
  ['job list --store sqlite:corrupt.db', 1, 'STORE_CORRUPT', 'corrupt.db'],
  ['job list --store sqlite:newer.db', 2, 'SCHEMA_NEWER', 'newer.db'],
];

describe('a clear error', () => {
  test.each(CASES)('jobctl %s', async (line, exit, code, contains) => {
    const argv = line.replace(/sqlite:(\w+\.db)/, `sqlite:${home.file('$1')}`).split(' ');
    const ran = await home.run([...argv, '-o', 'json']);
    expect([ran.code, errorOf(ran).code]).toEqual([exit, code]);
    expect(errorOf(ran).hint).toBeTruthy();
    expect(JSON.stringify(errorOf(ran)).replace(/\\"/g, '"')).toContain(contains.replace(/\\"/g, '"'));
    if (exit !== 7) expect(ran.stdout).toBe('');
  });

  test.each([
    ['a full disk', 13, 5, 'STORE_DISK_FULL'],
    ['a read-only one', 8, 5, 'STORE_READ_ONLY'],
  ] as const)('%s', async (_, errcode, exit, code) => {
    // What SQLite says there: neither can be made for real without the rights to mount a file system.
    const error = Object.assign(new Error('SQLite'), { errcode });
    const written: string[] = [];
    const stream = { isTTY: false, write: (text: string) => void written.push(text) };
    const options = { stream, structured: true, style: plainStyle, debug: false };
    expect(reportFailure(storeError(error, '/jobs.db'), options)).toBe(exit);
    expect(errorOf({ code: exit, stdout: '', stderr: written.join('') })).toMatchObject({
      code,
      message: expect.stringContaining('/jobs.db'),
      hint: expect.stringMatching(/./),
    });
  });

  test('for people it is three lines', async () => {
    const { stderr, stdout } = await home.run(['job', 'list', '--timeout', '5']);
    expect(stderr).toBe('error: timeout: "5" has no unit\n  from --timeout\nhint:  5s or 5ms?\n');
    expect(stdout).toBe('');
  });

  test('names the help of the command that was meant', async () => {
    for (const [line, help] of [
      ['bucket drain', 'jobctl bucket drain --help'],
      ['job list --stat x', 'jobctl job list --help'],
      ['cron next 0 9 * * 1', 'jobctl cron next --help'],
    ] as const) {
      expect((await home.run(line.split(' '))).stderr).toContain(help);
    }
  });

  test('has no stack unless asked for', async () => {
    expect((await home.run(['submit', 'exec', '--delay', '90'])).stderr).not.toContain('    at ');
    expect((await home.run(['submit', 'exec', '--delay', '90', '--debug'])).stderr).toContain('    at ');
  });
});

test('a store that takes connections and never answers is given up within --timeout', async () => {
  await using silent = createServer((socket) => void socket.resume()).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const store = `cassandra://127.0.0.1:${(silent.address() as AddressInfo).port}/jobctl?dc=dc1`;
  for (const command of ['job list', 'db status']) {
    // The default is 10 s, longer than a test may take.
    const ran = await home.run([...command.split(' '), '--store', store, '--timeout', '300ms', '-o', 'json']);
    expect(errorOf(ran)).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      hint: expect.stringContaining('jobctl cluster up'),
    });
    expect(ran.code).toBe(5);
  }
});

test('a bulk file with one bad line submits nothing', async () => {
  const store = `sqlite:${home.file('untouched.db')}`;
  expect((await home.run(['submit', '-f', 'text.jsonl', '--store', store])).code).toBe(2);
  const { stdout } = await home.run(['job', 'list', '-o', 'name', '--store', store]);
  expect(stdout).toBe('');
});

test('a payload from stdin is not read for ever', async () => {
  const ran = await home.run(['submit', 'exec', '--payload', '-', '-o', 'json'], { stdin: ' '.repeat(2_000_000) });
  expect([ran.code, errorOf(ran).code]).toEqual([2, 'PAYLOAD_TOO_LARGE']);
});

test('a terminal where a pipe is expected gets a hint instead of a hanging command', async () => {
  const ran = await home.run(['job', 'get', '-', '-o', 'json'], { terminal: true });
  expect([ran.code, errorOf(ran).code]).toEqual([2, 'OPTION_INVALID']);
});

test('a type is refused only while live workers exist and none handles it', async () => {
  const storeUrl = `sqlite:${home.file('types.db')}`;
  const submit = (type: string, ...flags: readonly string[]) =>
    home.run(['submit', type, '-o', 'json', '--store', storeUrl, ...flags]);
  expect((await submit('exce')).code).toBe(0);
  await using store = await openStore(storeUrl);
  const nowMs = await store.wallMs();
  const worker = { role: 'worker', memberId: 'w1', session: makeSessionId(systemRandom), address: '', buckets: '0-15' };
  const load = {
    types: ['exec', 'http'],
    capacity: 1,
    running: 0,
    beat: 0,
    version: '0',
    startedMs: nowMs,
    beatMs: nowMs,
  };
  await store.memberWrite({ ...worker, ...load }, 60_000);
  const ran = await submit('exce');
  expect([ran.code, errorOf(ran).code]).toEqual([2, 'JOB_TYPE_UNKNOWN']);
  expect(errorOf(ran).hint).toContain('did you mean "exec"?');
  expect((await submit('exec')).code).toBe(0);
  expect((await submit('exce', '--allow-unknown-type')).code).toBe(0);
  const piped = await home.run(['submit', '-f', '-', '-o', 'json', '--store', storeUrl], {
    stdin: '{"type":"exec"}\n{"type":"htpt"}\n',
  });
  expect([piped.code, errorOf(piped).code]).toEqual([2, 'JOB_TYPE_UNKNOWN']);
});
