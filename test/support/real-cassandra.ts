// A real Cassandra for the integration tests. The project's globalSetup (real-cassandra-setup.ts) starts three nodes for all
// files; with JOBCTL_TEST_CASSANDRA=host:port,... given ones are used, and nothing is broken there. Where none can be had, the
// tests are skipped with the reason, and fail under CI=true.
import { afterEach, beforeAll, beforeEach, describe, inject, test } from 'vitest';
import { openProcessCluster, type ProcessCluster } from '../../src/cluster/process/cluster.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { openSchema } from '../../src/store/open.ts';
import { emptyTables } from './empty-tables.ts';

const REPLICAS_MAX = 3;

/** What the globalSetup provides. */
export interface ProvidedCassandra {
  /** `host:port` of the nodes that all files share; empty when there are none. */
  readonly hosts: readonly string[];
  /** Of the nodes that were started for this run, and may be broken; null for those that were given. */
  readonly directory: string | null;
  /** Nodes of one's own can be started here: Java and the jars are there. */
  readonly startable: boolean;
  /** Why something is missing. */
  readonly reason: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    cassandra: ProvidedCassandra;
  }
}

const provided = (): ProvidedCassandra =>
  // Undefined in a run whose project has no such globalSetup.
  (inject('cassandra') as ProvidedCassandra | undefined) ?? {
    hosts: [],
    directory: null,
    startable: false,
    reason: 'only the project `integration` starts Cassandra: npx vitest run --project integration',
  };

/**
 * `describe` for tests on the nodes that all files share: give each file a keyspace of its own. `hosts` as in a URL, and the
 * replicas that they allow for.
 */
export const describeCassandra = (name: string, body: (hosts: string, replicas: number) => void): void => {
  const { hosts, reason } = provided();
  if (hosts.length === 0) missing(name, reason);
  else describe(name, () => body(hosts.join(','), Math.min(hosts.length, REPLICAS_MAX)));
};

/**
 * `describe` for tests that break the three nodes that all files share, and mend them. `url` is a store that all these tests
 * share, made by the first of them: a schema takes ten seconds.
 */
export const describeThreeNodes = (name: string, body: (three: ThreeNodes) => void): void => {
  const { hosts, directory, reason } = provided();
  if (directory === null) {
    missing(name, hosts.length === 0 ? reason : 'it breaks nodes, and those of JOBCTL_TEST_CASSANDRA are not its own');
    return;
  }
  const url = `cassandra://${hosts.join(',')}/three_nodes?dc=dc1`;
  const nodes = async (): Promise<ProcessCluster> => {
    const cluster = await openProcessCluster({ directory, clock: systemClock });
    if (cluster === null) throw new Error(`no cluster in ${directory}`);
    return cluster;
  };
  describe(name, () => {
    body({ url, nodes, directory });
    beforeAll(async () => {
      await using schema = await openSchema(url);
      await schema.init({ replicationFactor: REPLICAS_MAX, bucketCount: 16 });
    });
    beforeEach(() => emptyTables(url));
    // Whatever a test left broken.
    afterEach(async () => {
      const cluster = await nodes();
      for (const { name: node } of cluster.nodes) await cluster.startNode(node);
    });
  });
};

export interface ThreeNodes {
  readonly url: string;
  readonly nodes: () => Promise<ProcessCluster>;
  /** Of the cluster, with its state. */
  readonly directory: string;
}

/** `describe` for tests that start nodes of their own, to break them. */
export const describeOwnCluster = (name: string, body: () => void): void => {
  const { startable, reason } = provided();
  if (startable) describe(name, body);
  else missing(name, reason);
};

const missing = (name: string, reason: string): void => {
  process.stderr.write(`\nNO CASSANDRA, "${name}" is not tested: ${reason}\n`);
  // One test, so that the summary of the run names it with the reason.
  test(name, ({ skip }) => {
    if (process.env.CI) throw new Error(`CI needs a real Cassandra: ${reason}`);
    skip(reason);
  });
};
