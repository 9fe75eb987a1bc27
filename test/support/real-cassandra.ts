// A real Cassandra for the integration tests. The project's globalSetup (real-cassandra-setup.ts) starts one node for all files;
// with JOBCTL_TEST_CASSANDRA=host:port a given one is used. Where none can be had, the tests are skipped with the reason, and
// fail under CI=true.
import { createHash } from 'node:crypto';
import { describe, inject, test } from 'vitest';

/** What the globalSetup provides. */
export interface ProvidedCassandra {
  /** `host:port` of the node that all files share; null when there is none. */
  readonly shared: string | null;
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
    shared: null,
    startable: false,
    reason: 'only the project `integration` starts Cassandra: npx vitest run --project integration',
  };

/** `describe` for tests on the node that all files share: give each file a keyspace of its own. */
export const describeCassandra = (name: string, body: (contactPoint: string) => void): void => {
  const { shared, reason } = provided();
  if (shared === null) missing(name, reason);
  else describe(name, () => body(shared));
};

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

export interface PrivatePlace {
  readonly addresses: readonly string[];
  readonly ports: { readonly cql: number; readonly storage: number; readonly jmx: number };
}

/** The start of the ports that are looked through for JMX; below those that the system gives to clients. */
const JMX_FROM = 20_000;
const JMX_SPAN = 10_000;

/**
 * Loopback addresses and ports that no other cluster uses: neither that of a user on 127.0.0.1, nor of another test run. The
 * same for the same process and purpose. Up to 9 nodes.
 */
export const privatePlace = (purpose: string, nodes: number): PrivatePlace => {
  const digest = createHash('sha256').update(`${process.pid} ${purpose}`).digest();
  const [second = 0, third = 0] = [64 + (digest.readUInt8(0) % 128), digest.readUInt8(1)];
  const jmx = JMX_FROM + (digest.readUInt16BE(2) % JMX_SPAN);
  // macOS has 127.0.0.1 only: one node there, on ports of its own.
  if (process.platform !== 'linux') {
    return { addresses: ['127.0.0.1'], ports: { cql: jmx + 300, storage: jmx + 301, jmx } };
  }
  const addresses = Array.from({ length: nodes }, (_, index) => `127.${second}.${third}.${index + 1}`);
  return { addresses, ports: { cql: 9042, storage: 7000, jmx } };
};
