// What other programs print, read as data: nodetool, docker, CQL text, and logs that grow.
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { splitStatements } from '../../src/cluster/cql/statements.ts';
import { parseInspection, parseSize } from '../../src/cluster/docker/containers.ts';
import { mergeStreams } from '../../src/cluster/merge.ts';
import { parseRing } from '../../src/cluster/nodetool.ts';
import { tail } from '../../src/cluster/process/tail.ts';
import { requireNodeCount, requireReplicasFit } from '../../src/cluster/size.ts';
import { systemClock } from '../../src/platform/clock.ts';

const collect = async <Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> => {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
};

test('nodetool status', () => {
  const text = `Datacenter: dc1
===============
Status=Up/Down
|/ State=Normal/Leaving/Joining/Moving
--  Address     Load        Tokens  Owns (effective)  Host ID                               Rack
UN  127.0.0.1   115.33 KiB  8       100.0%            22b129f6-0994-4dc5-be37-cf1c9c7daf82  rack1
DN  127.0.0.2   ?           8       100.0%            c0103240-c3b4-4f87-94b2-d2a2c0000000  rack2
UJ  10.77.42.13 ?           8       ?                 c0103240-c3b4-4f87-94b2-d2a2c0000001  rack3
`;
  expect(parseRing(text)).toEqual([
    { address: '127.0.0.1', state: 'UN' },
    { address: '127.0.0.2', state: 'DN' },
    { address: '10.77.42.13', state: 'UJ' },
  ]);
  expect(parseRing('error: Connection refused')).toEqual([]);
});

test.each([
  ['select 1', ['select 1']],
  ['a; b ;;\n c;', ['a', 'b', 'c']],
  ["insert into t (a) values ('x;''y'); b", ["insert into t (a) values ('x;''y')", 'b']],
  ['select "a;b" from t; c', ['select "a;b" from t', 'c']],
  ['a -- no; end\n b; // c;\n/* d; */ e', ['a  \n b', 'e']],
  ['create function f() as $$ return 1; $$; b', ['create function f() as $$ return 1; $$', 'b']],
  ["select 'open; ", ["select 'open;"]],
  ['  ;; -- nothing', []],
])('statements of %j', (text, statements) => {
  expect(splitStatements(text)).toEqual(statements);
});

describe('docker inspect', () => {
  const container = (node: string, State: object, IPAddress: string) => ({
    Id: `${node}-id`,
    State: { Status: 'running', Pid: 7, StartedAt: '2027-01-01T00:00:00.123456789Z', ExitCode: 0, ...State },
    Config: { Labels: { 'io.jobctl.node': node, 'io.jobctl.rack': 'rack1' }, Env: ['A=1', 'MAX_HEAP_SIZE=512M'] },
    HostConfig: { PortBindings: { '9042/tcp': [{ HostIp: '127.0.0.2', HostPort: '9042' }] } },
    NetworkSettings: {
      Networks: { trial_default: { IPAddress, IPAMConfig: IPAddress === '' ? { IPv4Address: '10.0.0.9' } : null } },
    },
  });

  test('by name, running and stopped', () => {
    const text = JSON.stringify([
      container('cassandra-10', { Status: 'exited', Pid: 0, ExitCode: 137 }, ''),
      container('cassandra-2', { Health: { Status: 'healthy' } }, '10.0.0.12'),
      container('cassandra-3', { Status: 'paused', Health: { Status: 'healthy' } }, '10.0.0.13'),
    ]);
    const [second, third, tenth] = parseInspection(text);
    expect(second).toEqual({
      id: 'cassandra-2-id',
      node: 'cassandra-2',
      rack: 'rack1',
      process: 'up',
      exitCode: 0,
      healthy: true,
      pid: 7,
      startedAt: '2027-01-01T00:00:00.123Z',
      address: '127.0.0.2',
      port: 9042,
      ringAddress: '10.0.0.12',
      heap: '512M',
      disposable: false,
    });
    expect(third).toMatchObject({ process: 'paused', healthy: false });
    expect(tenth).toMatchObject({
      process: 'down',
      exitCode: 137,
      pid: null,
      startedAt: null,
      ringAddress: '10.0.0.9',
    });
  });

  test.each([
    ['732.5MiB', 768_081_920],
    ['1.25GiB', 1_342_177_280],
    ['12B', 12],
    ['many', null],
  ])('memory of %s', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });
});

describe('logs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'jobctl-tail-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const clock = systemClock;

  test('the last lines, then those that follow, also after the file began anew', async () => {
    const file = join(folder, 'a.log');
    writeFileSync(file, 'one\ntwo\nthree\n');
    const stop = new AbortController();
    const lines = tail({ file, lines: 2, end: 'follow', clock, signal: stop.signal });
    const next = async (): Promise<unknown> => (await lines.next()).value;
    expect([await next(), await next()]).toEqual(['two', 'three']);
    appendFileSync(file, 'four\nfi');
    expect(await next()).toBe('four');
    appendFileSync(file, 've ü\n');
    expect(await next()).toBe('five ü');
    writeFileSync(file, 'new\n');
    expect(await next()).toBe('new');
    stop.abort();
    expect((await lines.next()).done).toBe(true);
  });

  test('end with the last line unless followed; a file that is not there has none', async () => {
    const signal = new AbortController().signal;
    const all = async (file: string) => collect(tail({ file, lines: 9, end: 'last-line', clock, signal }));
    writeFileSync(join(folder, 'b.log'), 'only\n');
    expect([await all(join(folder, 'b.log')), await all(join(folder, 'c.log'))]).toEqual([['only'], []]);
  });

  test('of several nodes come as one stream', async () => {
    const numbers = async function* (from: number) {
      yield from;
      yield from + 1;
    };
    expect((await collect(mergeStreams([numbers(10), numbers(20)]))).toSorted()).toEqual([10, 11, 20, 21]);
    expect(await collect(mergeStreams([]))).toEqual([]);
  });
});

describe('how many nodes', () => {
  test.each([0, -1, 10, 1.5])('%d is refused', (nodes) => {
    expect(() => requireNodeCount(nodes)).toThrow(/1 to 9/);
  });

  test("one more replica than nodes keeps a node from leaving, except in Cassandra's own keyspaces", () => {
    const rows = [
      { keyspace_name: 'system_distributed', replication: { class: 'SimpleStrategy', replication_factor: '3' } },
      { keyspace_name: 'jobctl', replication: { class: 'NetworkTopologyStrategy', dc1: '2' } },
    ];
    requireReplicasFit(rows, 2);
    expect(() => requireReplicasFit(rows, 1)).toThrow('1 nodes cannot hold 2 replicas');
  });
});
