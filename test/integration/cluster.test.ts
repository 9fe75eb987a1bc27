// A real node as a local process: it answers, is paused, goes on, crashes, comes back with its data, and ends.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import cassandra from 'cassandra-driver';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runCql } from '../../src/cluster/cql/session.ts';
import { parseRing } from '../../src/cluster/nodetool.ts';
import { openProcessCluster, type ProcessCluster } from '../../src/cluster/process/cluster.ts';
import { startProcessCluster } from '../../src/cluster/process/join.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { privatePlace } from '../support/private-place.ts';
import { describeOwnCluster } from '../support/real-cassandra.ts';

const NODE = 'cassandra-1';
/** A start takes 10 s on an idle machine. */
const TIMEOUT_MS = 240_000;
/** Well above what a node needs for a small query, also on a busy machine, ms. */
const ANSWER_MS = 10_000;
const NODETOOL_MS = 60_000;

describeOwnCluster('a node of its own', () => {
  const directory = mkdtempSync(join(tmpdir(), 'jobctl-cluster-'));
  let cluster: ProcessCluster;

  beforeAll(async () => {
    const place = privatePlace('cluster.test', 1);
    cluster = await startProcessCluster({ nodes: 1, directory, clock: systemClock, heapMb: 512, ...place });
  }, TIMEOUT_MS);
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  }, TIMEOUT_MS);

  const contactPoint = (): string => cluster.contactPoints[0] ?? '';

  const execute = async (statement: string, readTimeout = ANSWER_MS): Promise<readonly cassandra.types.Row[]> => {
    const client = new cassandra.Client({
      contactPoints: [contactPoint()],
      localDataCenter: 'dc1',
      socketOptions: { readTimeout, connectTimeout: readTimeout },
    });
    try {
      return (await client.execute(statement)).rows;
    } finally {
      await client.shutdown();
    }
  };

  test(
    'answers CQL, under its own name and version',
    async () => {
      const [row] = await execute('SELECT cluster_name, release_version, data_center, rack FROM system.local');
      expect({ ...row }).toMatchObject({ cluster_name: 'jobctl', data_center: 'dc1', rack: 'rack1' });
      expect(row?.release_version).toMatch(/^5\./);
      expect(parseRing(await cluster.nodetool(NODE, ['status'], NODETOOL_MS))).toEqual([
        { address: cluster.nodes[0]?.address, state: 'UN' },
      ]);
    },
    TIMEOUT_MS,
  );

  test(
    'runs several statements on one connection',
    async () => {
      const results = runCql(
        contactPoint(),
        `CREATE KEYSPACE trial WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': 1};
       USE trial; CREATE TABLE kept (id int PRIMARY KEY, note text, at timestamp, raw blob, tags set<text>);
       INSERT INTO kept (id, note, at, raw, tags) VALUES (1, 'a;b', '2027-01-01', 0x00ff, {'x'}); -- the end
       SELECT * FROM kept`,
      );
      const rows: unknown[] = [];
      for await (const result of results) rows.push(...result.rows);
      expect(rows).toEqual([{ id: 1, note: 'a;b', at: '2027-01-01T00:00:00.000Z', raw: '0x00ff', tags: ['x'] }]);
      await expect(runCql(contactPoint(), 'SELEC 1').next()).rejects.toMatchObject({
        code: 'CQL_INVALID',
        exitCode: 2,
      });
    },
    TIMEOUT_MS,
  );

  test(
    'answers nothing while it is paused, and goes on',
    async () => {
      expect(await cluster.pauseNode(NODE)).toBe(true);
      await vi.waitUntil(async () => (await cluster.processState(NODE)) === 'paused');
      await expect(execute('SELECT key FROM system.local', 1_000)).rejects.toThrow();
      expect(await cluster.resumeNode(NODE)).toBe(true);
      expect(await execute('SELECT key FROM system.local')).toHaveLength(1);
    },
    TIMEOUT_MS,
  );

  test(
    'a node that runs is left alone',
    async () => {
      const before = cluster.nodes[0]?.process;
      await cluster.startNode(NODE);
      expect(cluster.nodes[0]?.process).toEqual(before);
    },
    TIMEOUT_MS,
  );

  test(
    'comes back from a crash with what it had acknowledged',
    async () => {
      const before = cluster.nodes[0]?.process?.pid;
      await cluster.stopNode(NODE, 'kill');
      expect(await cluster.processState(NODE)).toBe('down');
      expect(await cluster.pauseNode(NODE)).toBe(false);
      await expect(runCql(contactPoint(), 'SELECT 1').next()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      await cluster.startNode(NODE);
      expect(cluster.nodes[0]?.process?.pid).not.toBe(before);
      expect(await execute('SELECT note FROM trial.kept')).toHaveLength(1);
    },
    TIMEOUT_MS,
  );

  test(
    'belongs to whoever opens its folder, and ends when asked',
    async () => {
      const other = await openProcessCluster({ directory, clock: systemClock });
      expect(other?.nodes).toEqual(cluster.nodes);
      await other?.stopNode(NODE, 'term');
      expect(await cluster.processState(NODE)).toBe('down');
    },
    TIMEOUT_MS,
  );

  test(
    'a taken port is named before anything starts',
    async () => {
      const { createServer } = await import('node:net');
      const server = createServer().listen(cluster.cqlPort, cluster.nodes[0]?.address);
      await vi.waitUntil(() => server.listening);
      await expect(cluster.startNode(NODE)).rejects.toMatchObject({ code: 'PORT_IN_USE', exitCode: 2 });
      server.close();
    },
    TIMEOUT_MS,
  );

  test(
    'a node that cannot start says why, at once',
    async () => {
      const broken = mkdtempSync(join(tmpdir(), 'jobctl-broken-'));
      const options = { nodes: 1, directory: broken, clock: systemClock, settings: { num_tokens: 'many' } };
      const started = startProcessCluster({ ...options, heapMb: 512, ...privatePlace('broken', 1) });
      await expect(started).rejects.toMatchObject({
        code: 'CLUSTER_START_FAILED',
        message: expect.stringContaining('its process ended'),
        detail: expect.stringContaining('num_tokens'),
        hint: expect.stringContaining('system.log'),
      });
      rmSync(broken, { recursive: true, force: true });
    },
    TIMEOUT_MS,
  );
});
