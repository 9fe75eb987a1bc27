// Where settings come from: flag > environment > project file > user file > default.
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf, TestHome } from './run-main.ts';

const home = new TestHome();
afterAll(() => home[Symbol.dispose]());

const project = home.file('project');
mkdirSync(`${project}/deep/er`, { recursive: true });
mkdirSync(home.file('project/.git'));
mkdirSync(home.file('.config/jobctl'), { recursive: true });
writeFileSync(home.file('project/jobctl.yaml'), 'store: sqlite:data/jobs.db\ntime: iso\n');
writeFileSync(home.file('.config/jobctl/config.yaml'), 'time: local\ntimeout: 3s\n');

type Settings = Readonly<Record<string, readonly [value: string, origin: string]>>;

const view = async (argv: readonly string[], env: Readonly<Record<string, string>>): Promise<Settings> => {
  const all = { JOBCTL_STORE: '', ...env };
  const { stdout } = await home.run(['config', 'view', '-o', 'json', ...argv], { cwd: `${project}/deep/er`, env: all });
  const { items } = JSON.parse(stdout) as { readonly items: readonly Record<'name' | 'value' | 'origin', string>[] };
  return Object.fromEntries(items.map(({ name, value, origin }) => [name, [value, origin]]));
};

describe('a setting comes from', () => {
  test('the project file, above the user file, above the default', async () => {
    const settings = await view([], {});
    expect(settings.store).toEqual([`sqlite:${project}/data/jobs.db`, `${project}/jobctl.yaml`]);
    expect(settings.time).toEqual(['iso', `${project}/jobctl.yaml`]);
    expect(settings.timeout).toEqual(['3s', home.file('.config/jobctl/config.yaml')]);
    expect(settings.color).toEqual(['auto', 'default']);
  });

  test('the environment, and above all from a flag', async () => {
    expect((await view([], { JOBCTL_TIME: 'relative' })).time).toEqual(['relative', 'JOBCTL_TIME']);
    expect((await view(['--time', 'local'], { JOBCTL_TIME: 'relative' })).time).toEqual(['local', '--time']);
  });

  test('a default that needs no configuration at all', async () => {
    const { stdout } = await home.run(['config', 'view', '-o', 'json'], {
      env: { JOBCTL_STORE: '', XDG_DATA_HOME: '/data' },
    });
    expect(stdout).toContain('sqlite:/data/jobctl/jobs.db');
  });
});

describe('a bad configuration', () => {
  test.each([
    ['stor: x', 'did you mean "store"?'],
    ['- a\n- b', ''],
    ['store: [a', ''],
    ['store: {a: 1}', ''],
    ['timeout: 10', '10s or 10ms?'],
    ['output: tabel', 'did you mean "table"?'],
  ])('%s is refused', async (text, hint) => {
    writeFileSync(home.file('bad.yaml'), text);
    // Without -o: a flag would win over the file's own output.
    const ran = await home.run(['config', 'view', '--config', home.file('bad.yaml')]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(/^error: /);
    expect(ran.stderr).toContain(hint);
  });

  test('a file that is not there is named', async () => {
    const ran = await home.run(['config', 'view', '-o', 'json', '--config', 'nowhere.yaml']);
    expect([ran.code, errorOf(ran).code]).toEqual([2, 'CONFIG_INVALID']);
  });
});

describe('profiles', () => {
  const home = new TestHome();
  afterAll(() => home[Symbol.dispose]());
  const settings = async (argv: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const ran = await home.run(['config', 'view', '-o', 'json', ...argv], { env });
    if (ran.code !== 0) return errorOf(ran);
    const { items } = JSON.parse(ran.stdout) as { items: { name: string; value: string; origin: string }[] };
    return Object.fromEntries(items.map(({ name, value, origin }) => [name, `${value} by ${origin}`]));
  };
  beforeAll(() => {
    writeFileSync(
      home.file('jobctl.yaml'),
      'current: local\noutput: wide\nprofiles:\n  local:\n    time: iso\n  prod:\n    store: sqlite:prod.db\n    readOnly: true\n',
    );
  });

  test('the current one is in force, and says so', async () => {
    const file = home.file('jobctl.yaml');
    expect(await settings([])).toMatchObject({
      time: `iso by ${file} (profile local)`,
      output: `json by --output`,
      readOnly: 'no by default',
    });
  });

  test('one that is named on the command line wins over variables, one that a variable names does not', async () => {
    const file = home.file('jobctl.yaml');
    const prod = `sqlite:${home.file('prod.db')} by ${file} (profile prod)`;
    expect(await settings(['--profile', 'prod'])).toMatchObject({
      store: prod,
      readOnly: `yes by ${file} (profile prod)`,
    });
    expect(await settings([], { JOBCTL_PROFILE: 'prod' })).toMatchObject({ store: `${home.storeUrl} by JOBCTL_STORE` });
    expect(await settings(['--profile', 'prod', '--store', 'sqlite:x'])).toMatchObject({
      store: 'sqlite:x by --store',
    });
  });

  test('one that is not there is an error with a suggestion', async () => {
    expect(await settings(['--profile', 'prdo'])).toMatchObject({
      ...{ code: 'CONFIG_INVALID', message: 'there is no profile "prdo"' },
      hint: expect.stringContaining('did you mean "prod"?'),
    });
  });
});
