// Where the cost is measured: three nodes of this run's own, or a store that was named, in keyspaces of this run's own.
// Whatever is made here is undone by `undo`, also what is still being made.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import cassandra from 'cassandra-driver';
import { openProcessCluster, type ProcessCluster } from '../../src/cluster/process/cluster.ts';
import { startProcessCluster } from '../../src/cluster/process/join.ts';
import { keyspaceUrl } from '../../src/core/model/cluster.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { parseCassandraUrl } from '../../src/store/cassandra/url.ts';
import { openSchema } from '../../src/store/open.ts';
import { privatePlace } from '../../test/support/private-place.ts';
import { clientOptions, Nodes } from './nodes.ts';

const NODES = 3;
const HEAP_MB = 768;
const DATA_CENTER = 'dc1';
export const BUCKETS = 16;

export interface Place {
  readonly nodes: Nodes;
  /** Makes a keyspace as `db init` does, as if it had been made so long ago, ms; returns its URL. */
  keyspace(name: string, ageMs: number): Promise<string>;
}

/** Registers what it starts before it starts it. `store`: a URL, whose own keyspace is not touched. */
export const openPlace = async (
  store: string | null,
  report: (text: string) => void,
  undo: AsyncDisposableStack,
): Promise<Place> => {
  const cluster = store === null ? await startNodes(report, undo) : null;
  const base = store ?? `cassandra://${cluster?.contactPoints.join(',')}/unused?dc=${DATA_CENTER}`;
  const nodes = undo.use(await Nodes.open(base, cluster));
  const suffix = randomUUID().slice(0, 8);
  return {
    nodes,
    keyspace: async (name, ageMs) => {
      const url = keyspaceUrl(base, `jobctl_cost_${name}_${suffix}`);
      // Nodes of one's own are removed whole.
      if (cluster === null) undo.defer(() => dropKeyspace(url));
      report(`making the keyspace ${parseCassandraUrl(url).keyspace}`);
      await makeKeyspace(url, nodes.replicas, ageMs);
      return url;
    },
  };
};

const startNodes = async (report: (text: string) => void, undo: AsyncDisposableStack): Promise<ProcessCluster> => {
  const directory = await mkdtemp(join(tmpdir(), 'jobctl-cost-'));
  const place = privatePlace('cost', NODES);
  const nodes = place.addresses.length;
  const starting = startProcessCluster({
    nodes,
    name: 'cost',
    directory,
    clock: systemClock,
    heapMb: HEAP_MB,
    report,
    ...place,
  });
  undo.defer(async () => {
    report('ending the nodes');
    await endNodes(directory);
    // Interrupted, it may just be starting the next one: it fails, or is through, and that one goes, too.
    await starting.catch(() => undefined);
    await endNodes(directory);
    await rm(directory, { recursive: true, force: true });
  });
  return starting;
};

/** By what is written down about them: also those of a start that is under way. */
const endNodes = async (directory: string): Promise<void> => {
  const cluster = await openProcessCluster({ directory, clock: systemClock });
  await cluster?.[Symbol.asyncDispose]();
};

const makeKeyspace = async (url: string, replicationFactor: number, ageMs: number): Promise<void> => {
  await using schema = await openSchema(url);
  await schema.init({ replicationFactor, bucketCount: BUCKETS });
  // Slots before a store was made are never looked at; those that this run fills must be, as in life.
  const client = new cassandra.Client({ ...clientOptions(url), keyspace: parseCassandraUrl(url).keyspace });
  try {
    const [value, name] = [String(Date.now() - ageMs), 'created_ms'];
    const consistency = cassandra.types.consistencies.localQuorum;
    await client.execute('UPDATE meta SET value = ? WHERE name = ?', [value, name], { prepare: true, consistency });
  } finally {
    await client.shutdown();
  }
};

const dropKeyspace = async (url: string): Promise<void> => {
  await using schema = await openSchema(url);
  await schema.reset();
};
