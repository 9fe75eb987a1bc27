// jobctl lock, in this process: what it prints, its exit codes, and how words after `--` get through.
import { afterAll, describe, expect, test } from 'vitest';
import { parseArgv } from '../../src/commands/program.ts';
import { COMMANDS } from '../../src/commands/registry.ts';
import { errorOf, TestHome } from './run-main.ts';

const home = new TestHome();
afterAll(() => home[Symbol.dispose]());

interface Leased {
  readonly name: string;
  readonly token: number;
  readonly session: string;
  readonly handle: string;
  readonly leaseMs: number;
  readonly until: string;
}

const json = async <Result>(...argv: readonly string[]): Promise<Result> => {
  const ran = await home.run([...argv, '-o', 'json']);
  expect(ran.code, ran.stderr).toBe(0);
  return JSON.parse(ran.stdout) as Result;
};
const refused = async (line: string): Promise<readonly [number, string]> => {
  const ran = await home.run(['-o', 'json', ...line.split(' ')]);
  expect(errorOf(ran).hint).toBeTruthy();
  expect(ran.stdout).toBe('');
  return [ran.code, errorOf(ran).code];
};

describe('acquire, renew, check, release', () => {
  test('go through the life of a lock', async () => {
    const taken = await json<Leased>('lock', 'acquire', 'life', '--lease', '60s', '--note', 'why');
    expect(Object.keys(taken)).toEqual(['name', 'token', 'session', 'handle', 'leaseMs', 'until']);
    expect(taken).toMatchObject({ name: 'life', token: 1, leaseMs: 60_000 });
    expect(await refused('lock acquire life')).toEqual([4, 'LOCK_HELD']);
    expect(await refused('lock run life -- true')).toEqual([4, 'LOCK_HELD']);
    const renewed = await json<Leased>('lock', 'renew', 'life', '--handle', taken.handle);
    expect(Date.parse(renewed.until)).toBeGreaterThan(Date.parse(taken.until));
    expect(await json('lock', 'check', 'life', '--token', '1')).toMatchObject({ state: 'held', note: 'why' });
    expect(await refused('lock check life --token 2')).toEqual([4, 'TOKEN_STALE']);
    expect(await json('lock', 'release', 'life', '--handle', taken.handle)).toMatchObject({ released: true });
    expect(await refused('lock check life --token 1')).toEqual([4, 'TOKEN_STALE']);
    expect(await refused(`lock renew life --handle ${taken.handle}`)).toEqual([4, 'TOKEN_STALE']);
    expect((await json<Leased>('lock', 'acquire', 'life')).token).toBe(2);
  });

  test.each([
    ['lock get nowhere', 3, 'LOCK_NOT_FOUND'],
    ['lock check nowhere --token 1', 3, 'LOCK_NOT_FOUND'],
    ['lock check nowhere', 2, 'OPTION_INVALID'],
    ['lock acquire bucket/0001', 2, 'LOCK_NAME_INVALID'],
    ['lock acquire a*', 2, 'LOCK_NAME_INVALID'],
    ['lock acquire x --lease 500ms', 2, 'OPTION_INVALID'],
    ['lock acquire x --lease 2d', 2, 'OPTION_INVALID'],
    ['lock acquire x --lease 60', 2, 'DURATION_INVALID'],
    ['lock release x --handle 17', 2, 'LOCK_HANDLE_INVALID'],
    ['lock renew x', 2, 'OPTION_INVALID'],
    ['lock takeover x', 2, 'OPTION_INVALID'],
    ['lock takeover nowhere --reason why', 3, 'LOCK_NOT_FOUND'],
    ['lock run x --on-lost stop -- true', 2, 'OPTION_INVALID'],
    ['lock run x', 2, 'OPTION_INVALID'],
    ['lock aquire x', 2, 'COMMAND_UNKNOWN'],
    ['lock acquire x --store sqlite:/dev/null/x', 5, 'STORE_READ_ONLY'],
  ])('%s is refused', async (line, exit, code) => {
    expect(await refused(line)).toEqual([exit, code]);
  });
});

describe('takeover', () => {
  const takeover = ['lock', 'takeover', 'mine', '--reason', 'it hangs'];

  test('needs the name twice where nobody can be asked, and says how', async () => {
    await json('lock', 'acquire', 'mine', '--note', 'theirs');
    const ran = await home.run([...takeover, '--yes']);
    expect([ran.code, ran.stdout]).toEqual([2, '']);
    expect(ran.stderr).toContain('held by');
    expect(ran.stderr).toContain("jobctl lock takeover mine --reason 'it hangs' --yes --confirm mine\n");
    expect((await home.run([...takeover, '--yes', '--confirm', 'other'])).code).toBe(2);
    expect(await json('lock', 'get', 'mine')).toMatchObject({ token: 1, note: 'theirs' });
  });

  test('asks for the name at a terminal, and anything else means no', async () => {
    const no = await home.run(takeover, { terminal: true, stdin: 'y\n' });
    expect([no.code, no.stdout]).toEqual([0, '']);
    const yes = await home.run(takeover, { terminal: true, stdin: 'mine\n' });
    expect(yes.code).toBe(0);
    expect(yes.stdout).toMatch(/^lock\/mine taken over: token 2, until .*\nhandle: h1\.2\.\S+\n$/);
    expect(yes.stderr).toContain('the old holder finds out at its next renewal');
  });

  test('prints a handle and who was put out', async () => {
    const taken = await json<Leased & { readonly previous: unknown }>(...takeover, '--yes', '--confirm', 'mine');
    expect(taken).toMatchObject({ token: 3, previous: { token: 2, mayActForMs: 60_000 } });
    expect(await json('lock', 'release', 'mine', '--handle', taken.handle)).toMatchObject({ released: true });
  });
});

test('list shows who holds what, in every format', async () => {
  await json('lock', 'acquire', 'shown', '--note', 'release 1.4');
  const { stdout } = await home.run(['lock', 'list']);
  expect(stdout).toMatch(/^NAME +STATE +TOKEN +OWNER +UNTIL +NOTE\n/);
  expect(stdout).toMatch(/\nshown +held +1 +\S+ +\+\d+s +release 1\.4\n/);
  expect((await home.run(['lock', 'list', '-o', 'name'])).stdout).toContain('lock/shown\n');
  expect((await home.run(['lock', 'list', '-o', 'wide'])).stdout).toMatch(/SESSION/);
  expect((await home.run(['lock', 'get', 'lock/shown'])).stdout).toMatch(/^name: +shown\nstate: +held\ntoken: +1\n/);
});

describe('words after --', () => {
  const wordsOf = async (...argv: readonly string[]): Promise<unknown> => {
    const parsed = await parseArgv(COMMANDS, argv);
    return parsed.kind === 'run'
      ? [parsed.invocation.command.name, parsed.invocation.args, parsed.invocation.options]
      : null;
  };

  test('are the command, flags and all', async () => {
    expect(await wordsOf('lock', 'run', 'n', '--', 'ls', '--lease', '-o', 'x', '--', '--help')).toEqual([
      'lock run',
      ['n', 'ls', '--lease', '-o', 'x', '--', '--help'],
      {},
    ]);
    expect(await wordsOf('lock', 'run', 'n', '--lease', '5s', '-q', '--', 'sh', '-c', 'x')).toEqual([
      'lock run',
      ['n', 'sh', '-c', 'x'],
      { lease: 5_000 },
    ]);
  });

  test('are asked for when they were forgotten', async () => {
    const ran = await home.run(['lock', 'run', 'x', 'ls', '-la']);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toBe(
      'error: unknown option "-la"\nhint:  flags of the command to run go behind --: jobctl lock run <name> -- <command...>\n',
    );
    expect((await home.run(['lock', 'run', 'x', '--leese', '5s', '--', 'ls'])).stderr).toContain(
      'did you mean --lease?',
    );
  });

  test('are arguments of any other command, too', async () => {
    expect(await wordsOf('job', 'get', '--', '-x')).toEqual(['job get', ['-x'], {}]);
    const ran = await home.run(['-o', 'json', '--', 'job', 'lst', '-x']);
    expect(ran.code).toBe(2);
    expect(errorOf(ran).message).toBe('unknown command "job lst"');
    expect(ran.stderr).not.toContain('\0');
  });
});
