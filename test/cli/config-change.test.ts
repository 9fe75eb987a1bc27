// Configuration files as commands write them: what is there stays, what is wrong is never written.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { errorOf, TestHome } from './run-main.ts';

let home: TestHome;
beforeEach(({ onTestFinished }) => {
  home = new TestHome();
  onTestFinished(() => home[Symbol.dispose]());
});

const run = (line: string, env: Readonly<Record<string, string>> = {}) => home.run(line.split(' '), { env });
const project = (): string => readFileSync(home.file('jobctl.yaml'), 'utf8');
const user = (): string => home.file('.config/jobctl/config.yaml');

describe('config set', () => {
  test('writes into the project file, and leaves the rest of it as it is', async () => {
    writeFileSync(home.file('jobctl.yaml'), '# of the team\ntime: iso # as in the logs\nprofiles:\n');
    const ran = await run('config set timeout 30s');
    expect([ran.code, ran.stdout]).toEqual([0, `timeout is 30s in ${home.file('jobctl.yaml')}\n`]);
    expect(project()).toBe('# of the team\ntime: iso # as in the logs\nprofiles:\ntimeout: 30s\n');
    expect((await run('config get timeout')).stdout).toBe('30s\n');
    expect((await run('config set time local --in-profile prod')).code).toBe(0);
    expect(project()).toMatch(/time: iso[\s\S]*prod:[\s\S]*time: local/);
  });

  test('without a project writes the file of the user, which is made; --user does in a project, too', async () => {
    expect((await run('config set time iso')).stdout).toBe(`time is iso in ${user()}\n`);
    writeFileSync(home.file('jobctl.yaml'), '');
    await run('config set output wide --user');
    expect(readFileSync(user(), 'utf8')).toBe('time: iso\noutput: wide\n');
  });

  test('says when something stronger wins', async () => {
    const ran = await run('config set time iso', { JOBCTL_TIME: 'local' });
    expect(ran.stderr).toContain('JOBCTL_TIME says otherwise, and wins');
  });

  test.each([
    ['config set tiem iso', 'did you mean "time"?'],
    ['config set time isso', 'did you mean "iso"?'],
    ['config set timeout 30', '30s or 30ms?'],
  ])('%s is refused, and nothing written', async (line, hint) => {
    const ran = await run(`${line} -o json`);
    expect([ran.code, errorOf(ran).hint]).toEqual([2, expect.stringContaining(hint)]);
    expect(existsSync(user())).toBe(false);
  });

  test('--dry-run writes nothing', async () => {
    const ran = await run('config set time iso --dry-run');
    expect([ran.code, ran.stdout, ran.stderr]).toEqual([
      0,
      `time is iso in ${user()}\n`,
      expect.stringMatching(/dry run/),
    ]);
    expect(existsSync(user())).toBe(false);
  });

  test('a folder that cannot be written to is named', async () => {
    writeFileSync(home.file('.config'), 'in the way');
    expect(errorOf(await run('config set time iso -o json'))).toMatchObject({ code: 'CONFIG_UNWRITABLE' });
  });
});

describe('config use', () => {
  beforeEach(() => {
    mkdirSync(home.file('.config/jobctl'), { recursive: true });
    writeFileSync(user(), 'profiles:\n  prod: { time: local }\n  test: { time: iso }\n');
  });

  test('chooses a profile in the file that has it', async () => {
    expect((await run('config use prod')).code).toBe(0);
    expect((await run('config get time -o json')).stdout).toContain('(profile prod)');
    expect((await run('config use test')).code).toBe(0);
    expect((await run('config get time')).stdout).toBe('iso\n');
  });

  test('says when another one stays in force, and refuses one that is not there', async () => {
    writeFileSync(home.file('jobctl.yaml'), 'current: prod\n');
    expect((await run('config use test')).stderr).toContain('profile "prod" stays in force');
    const ran = await run('config use prdo -o json');
    expect([ran.code, errorOf(ran).hint]).toEqual([2, expect.stringContaining('did you mean "prod"?')]);
  });
});

describe('config validate', () => {
  test('looks into every profile', async () => {
    writeFileSync(home.file('jobctl.yaml'), 'profiles:\n  a: { time: iso }\n  b: { time: local }\n');
    expect((await run('config validate -o json')).stdout).toContain('"profiles":["a","b"]');
    writeFileSync(home.file('other.yaml'), 'profiles:\n  a: { time: iso }\n  b: { time: isso }\n');
    const ran = await run('config validate --config other.yaml -o json');
    expect([ran.code, errorOf(ran).detail]).toEqual([2, expect.stringContaining('(profile b)')]);
  });
});

test('config schema knows every setting, and takes nothing else', async () => {
  const schema = JSON.parse((await run('config schema')).stdout);
  expect(schema.properties).toMatchObject({
    store: { type: 'string' },
    readOnly: { enum: ['yes', 'no', true, false] },
  });
  expect(schema.additionalProperties).toBe(false);
  expect(schema.properties.profiles.additionalProperties.properties).toHaveProperty('timeout');
});

describe('init', () => {
  const env = { JOBCTL_STORE: '' };

  test('writes a file that works, once', async () => {
    expect((await run('init', env)).code).toBe(0);
    expect((await run('config get store', env)).stdout).toBe(`sqlite:${home.file('jobs.db')}\n`);
    expect(errorOf(await run('init -o json', env))).toMatchObject({ code: 'CONFIG_TAKEN' });
    expect((await run('init --force --store cassandra://h/k?dc=dc1', env)).code).toBe(0);
    expect((await run('config get store', env)).stdout).toBe('cassandra://h/k?dc=dc1\n');
  });

  test('asks at a terminal', async () => {
    const ran = await home.run(['init'], { env, terminal: true, stdin: 'sqlite:mine.db\n' });
    expect(ran.stderr).toContain('Where are the jobs? [sqlite:jobs.db]');
    expect(project()).toContain("store: 'sqlite:mine.db'");
  });
});
