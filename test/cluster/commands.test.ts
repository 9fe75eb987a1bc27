// jobctl cluster on the command line, as far as it goes without starting anything: refusals, and a cluster that is stopped.
import { existsSync, mkdirSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { clusterFolder } from '../../src/cluster/process/locations.ts';
import { writeState } from '../../src/cluster/process/state.ts';
import { errorOf, TestHome } from '../cli/run-main.ts';

const home = new TestHome();
afterAll(() => home[Symbol.dispose]());
/** Nothing is on it: no docker, no mvn. */
const env = { PATH: home.file('empty'), JAVA_HOME: '' };
const run = (line: string, more = {}) => home.run(['cluster', ...line.split(' ')], { env, ...more });

const CASES: readonly (readonly [line: string, exit: number, code: string, contains: string])[] = [
  ['up', 2, 'CLUSTER_RUNTIME_MISSING', 'jobctl cluster up --runtime process'],
  ['status', 2, 'CLUSTER_RUNTIME_MISSING', 'no Docker engine answers'],
  ['up --runtime dcoker', 2, 'OPTION_INVALID', 'did you mean "docker"?'],
  ['up --runtime process --nodes 0', 2, 'OPTION_INVALID', '1 to 9'],
  ['up --runtime process --nodes 10', 2, 'OPTION_INVALID', '1 to 9'],
  ['up --runtime process --heap 100m', 2, 'OPTION_INVALID', '512m or 1g'],
  ['up --runtime process --heap 768', 2, 'OPTION_INVALID', '512m or 1g'],
  ['up --runtime process --name ../x', 2, 'OPTION_INVALID', 'no name for a cluster'],
  ['up --runtime process --cassandra-home nowhere', 2, 'OPTION_INVALID', 'nowhere'],
  ['up --runtime process --first-address 10.0.0.1', 2, 'OPTION_INVALID', '127.0.1.1'],
  ['scale --runtime process', 2, 'OPTION_INVALID', '--nodes 5'],
  ['scale --runtime process --nodes 0', 2, 'OPTION_INVALID', '1 to 9'],
  ['status --runtime process', 3, 'CLUSTER_NOT_FOUND', 'jobctl cluster up --runtime process'],
  ['down --runtime process --name other', 3, 'CLUSTER_NOT_FOUND', '--name other'],
  ['logs --runtime process', 3, 'CLUSTER_NOT_FOUND', 'cluster up'],
  ['cql --runtime process -e x', 3, 'CLUSTER_NOT_FOUND', 'cluster up'],
  ['scale --runtime process --nodes 2', 3, 'CLUSTER_NOT_FOUND', 'cluster up'],
];

test.each(CASES)('jobctl cluster %s', async (line, exit, code, contains) => {
  const ran = await run(`${line} -o json`);
  expect([ran.code, errorOf(ran).code]).toEqual([exit, code]);
  expect(JSON.stringify(errorOf(ran)).replace(/\\"/g, '"')).toContain(contains);
  expect(errorOf(ran).hint).toBeTruthy();
  expect(ran.stdout).toBe('');
});

describe('a cluster that is stopped', () => {
  const folder = clusterFolder({ HOME: home.folder }, 'trial');
  const create = async (): Promise<void> => {
    mkdirSync(folder, { recursive: true });
    await writeState(folder, {
      version: 1,
      name: 'trial',
      jars: '/nowhere',
      heapMb: 768,
      ports: { cql: 9042, storage: 7000, jmx: 7199 },
      settings: {},
      nodes: [1, 2].map((number) => ({
        name: `cassandra-${number}`,
        address: `127.0.0.${number}`,
        rack: `rack${number}`,
        jmxPort: 7198 + number,
        process: null,
      })),
    });
  };

  test('is found without --runtime, and shown', async () => {
    await create();
    const ran = await run('status --name trial -o json');
    const { items } = JSON.parse(ran.stdout) as { readonly items: readonly unknown[] };
    expect(items[1]).toEqual({
      name: 'cassandra-2',
      address: '127.0.0.2',
      port: 9042,
      process: 'down',
      state: null,
      rack: 'rack2',
      disposable: true,
      storage: expect.stringMatching(/trial\/cassandra-2\/storage$/),
      environment: expect.stringMatching(/trial\/cassandra-2\/environment$/),
      ringAddress: '127.0.0.2',
      pid: null,
      container: null,
      startedAt: null,
      memoryBytes: null,
    });
    expect((await run('status --name trial -o name')).stdout).toBe('node/cassandra-1\nnode/cassandra-2\n');
  });

  test('an unknown node of it is named', async () => {
    await create();
    const ran = await run('logs cassandra-9 --name trial -o json');
    expect([ran.code, errorOf(ran).code]).toEqual([3, 'CLUSTER_NODE_NOT_FOUND']);
    expect(errorOf(ran).hint).toContain('cassandra-1, cassandra-2');
  });

  test('does not shrink by `up`', async () => {
    await create();
    const ran = await run('up --name trial --nodes 1 -o json');
    expect([ran.code, errorOf(ran).code]).toEqual([4, 'CLUSTER_CONFLICT']);
    expect(errorOf(ran).hint).toContain('cluster scale --nodes 1');
  });

  test('stopped again it stays', async () => {
    await create();
    expect(await run('down --name trial')).toMatchObject({ code: 0, stdout: 'cluster/trial stopped\n' });
    expect(existsSync(folder)).toBe(true);
  });

  test('is deleted only when its name was given', async () => {
    await create();
    const refused = await run('down --name trial --volumes -o json');
    expect([refused.code, errorOf(refused).code]).toEqual([2, 'CONFIRMATION_NEEDED']);
    expect(errorOf(refused).hint).toContain('--yes --confirm trial');
    expect((await run('down --name trial --volumes --yes --confirm other')).code).toBe(2);
    const asked = await run('down --name trial --volumes', { terminal: true, stdin: 'no\n' });
    expect([asked.code, existsSync(folder)]).toEqual([0, true]);
    const deleted = await run('down --name trial --volumes --yes --confirm trial');
    expect([deleted.code, deleted.stdout, existsSync(folder)]).toEqual([0, 'cluster/trial deleted\n', false]);
  });
});
