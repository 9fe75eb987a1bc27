// Which workers run here, and that only those may be broken that may.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { actText, helperFile, perform } from '../../src/chaos/acts.ts';
import { announceSelf } from '../../src/chaos/announce.ts';
import { planFault } from '../../src/chaos/faults/plan.ts';
import type { FaultScene } from '../../src/chaos/faults/scene.ts';
import { listMembers } from '../../src/chaos/members.ts';
import type { FaultName } from '../../src/core/model/chaos.ts';
import type { ClusterNode, ClusterRuntime } from '../../src/core/ports/cluster.ts';
import { systemClock } from '../../src/platform/clock.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jobctl-members-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const announce = (store: string, disposable = 'no') =>
  announceSelf({
    ...{ folder, role: 'worker', id: 'w1', argv: ['worker', '--id', 'w1'] },
    io: { cwd: '/', env: { JOBCTL_STORE: store, HOME: '/root' } },
    config: { store, disposable },
  });

const node = (number: number, disposable = true): ClusterNode => ({
  ...{ name: `cassandra-${number}`, address: `127.0.0.${number}`, port: 9_042, process: 'up', state: 'UN' },
  ...{
    disposable,
    storage: null,
    environment: null,
    ringAddress: `10.0.0.${number}`,
    rack: 'rack1',
    pid: 4_000 + number,
    container: `c${number}`,
  },
  ...{ startedAt: null, memoryBytes: null },
});

const cluster = {
  name: 'trial',
  kind: 'docker',
  status: async () => [node(1), node(2), node(3)],
  cql: async function* () {
    const replication = { class: 'NetworkTopologyStrategy', dc1: '3' };
    yield { statement: '', columns: [], rows: [{ keyspace_name: 'jobctl', replication }], truncated: false };
  },
} as unknown as ClusterRuntime;

const sceneOf = async (nodes = [node(1), node(2), node(3)]): Promise<FaultScene> => ({
  ...{ cluster, nodes, members: await listMembers(folder), folders: { members: folder, chaos: folder } },
  ...{ clock: systemClock, program: ['node', 'jobctl.js'], run: 'r1' },
});

const plan = async (fault: FaultName, options: { args?: object; target?: string; nodes?: ClusterNode[] } = {}) => {
  const { args = {}, target, nodes } = options;
  return planFault(await sceneOf(nodes), { fault, target, seed: 7, durationMs: 1_000, args });
};

describe('a worker', () => {
  test('is known while it runs, with what it takes to start it again', async () => {
    const member = await announce('sqlite:jobs.db');
    expect(await listMembers(folder)).toMatchObject([
      {
        role: 'worker',
        id: 'w1',
        pid: process.pid,
        env: { JOBCTL_STORE: 'sqlite:jobs.db' },
        disposable: true,
        run: null,
      },
    ]);
    await member[Symbol.asyncDispose]();
    expect(await listMembers(folder)).toEqual([]);
  });

  test('that was killed is forgotten', async () => {
    await announce('sqlite:jobs.db');
    const [file = ''] = readdirSync(folder);
    const [member] = await listMembers(folder);
    writeFileSync(join(folder, file), JSON.stringify({ ...member, startTime: 'another' }));
    expect(await listMembers(folder)).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('on a store elsewhere may not be broken, unless it says so', async () => {
    const store = 'cassandra://10.1.2.3,127.0.0.1/jobctl?dc=dc1';
    await using _ = await announce(store);
    await expect(plan('pause-worker')).rejects.toMatchObject({ code: 'CHAOS_NOT_DISPOSABLE', exitCode: 2 });
    await using _again = await announce(store, 'yes');
    expect((await plan('pause-worker')).inject.map(actText)).toEqual([`kill -STOP ${process.pid}  # worker w1`]);
  });

  test('that there is not cannot be broken', async () => {
    await expect(plan('kill-worker')).rejects.toMatchObject({ code: 'CHAOS_TARGET_MISSING', exitCode: 3 });
    await using _ = await announce('sqlite:jobs.db');
    await expect(plan('kill-worker', { target: 'w2' })).rejects.toMatchObject({ code: 'CHAOS_TARGET_MISSING' });
  });
});

describe('a node', () => {
  test('in a container without the label may not be broken', async () => {
    const nodes = [node(1, false), node(2, false), node(3, false)];
    await expect(plan('kill-node', { nodes })).rejects.toMatchObject({ code: 'CHAOS_NOT_DISPOSABLE' });
    await expect(plan('loss', { nodes })).rejects.toMatchObject({ code: 'CHAOS_NOT_DISPOSABLE' });
  });

  test('is cut off by rules in its own network, which go as they came', async () => {
    const { inject, mend } = await plan('partition', { args: { mode: 'one-way' }, target: 'cassandra-2' });
    const [made = '', ...rules] = inject.map(actText);
    const [, chain = ''] = /^nsenter -t 4002 -n iptables -w 5 -N (\S+)$/.exec(made) ?? [];
    expect(chain).toMatch(/^JOBCTL-\w+$/);
    expect(rules.toSorted()).toEqual([
      `nsenter -t 4002 -n iptables -w 5 -A ${chain} -d 10.0.0.1 -p tcp --dport 7000 -j DROP`,
      `nsenter -t 4002 -n iptables -w 5 -A ${chain} -d 10.0.0.3 -p tcp --dport 7000 -j DROP`,
      `nsenter -t 4002 -n iptables -w 5 -I OUTPUT -j ${chain}`,
    ]);
    expect(mend.map(actText)).toEqual([
      `nsenter -t 4002 -n iptables -w 5 -D OUTPUT -j ${chain}`,
      `nsenter -t 4002 -n iptables -w 5 -F ${chain}`,
      `nsenter -t 4002 -n iptables -w 5 -X ${chain}`,
    ]);
  });

  test.each([
    ['one', 4],
    ['internode', 4],
    ['one-way', 2],
    ['halves', 4],
    ['bridge', 2],
    ['ring', 3],
    ['clients', 0],
  ] as const)('partition %s: %i ways are cut', async (mode, ways) => {
    const { inject } = await plan('partition', { args: { mode } });
    expect(inject.map(actText).filter((text) => text.includes('--dport 7000 -j DROP'))).toHaveLength(ways);
  });
});

describe('acts', () => {
  test('a command that fails says so', async () => {
    const act = { do: 'run', argv: ['sh', '-c', 'echo no; exit 3'] } as const;
    const deps = { cluster, clock: systemClock };
    await expect(perform({ ...act, argv: [...act.argv] }, deps)).rejects.toMatchObject({
      code: 'CHAOS_COMMAND_FAILED',
      detail: 'no',
    });
    await perform({ do: 'try', argv: [...act.argv] }, deps);
  });

  test('a helper goes on in the background until it is ended, by whomever', async () => {
    const file = helperFile(folder, 'r1', 'sleeper');
    const deps = { cluster, clock: systemClock };
    await perform({ do: 'helper', file, cwd: folder, env: {}, argv: ['sleep', '600'] }, deps);
    expect(readdirSync(join(folder, 'helpers')).toSorted()).toEqual(['r1-sleeper', 'r1-sleeper.log']);
    await perform({ do: 'end', file }, deps);
    await perform({ do: 'end', file }, deps); // again: nothing to do
    expect(readdirSync(join(folder, 'helpers'))).toEqual(['r1-sleeper.log']);
  });
});
