// What is known about a cluster of Cassandra nodes on this machine without asking it: names, ports, limits.

export const RUNTIMES = ['process', 'docker'] as const;
/** `process`: local Java processes. `docker`: containers of the Compose file in infra/. */
export type RuntimeKind = (typeof RUNTIMES)[number];

export const CQL_PORT = 9042;
/** By which nodes talk to each other. */
export const STORAGE_PORT = 7000;
export const DATACENTER = 'dc1';
/** Each one takes a gigabyte of memory. */
export const CLUSTER_NODES_MAX = 9;
/** How long one node may take to answer CQL, ms. 15 s on an idle machine. */
export const START_TIMEOUT_DEFAULT_MS = 180_000;

export interface CqlEndpoint {
  readonly address: string;
  readonly port: number;
}

const KEYSPACE_DEFAULT = 'jobctl';
/** Where chaos runs work: never where somebody's jobs are. */
export const CHAOS_KEYSPACE = 'jobctl_chaos';

/** `cassandra://HOST,HOST/jobctl?dc=dc1`: what a client needs to find these nodes. */
export const storeUrlOf = (nodes: readonly CqlEndpoint[], keyspace: string = KEYSPACE_DEFAULT): string => {
  const hosts = nodes.map(({ address, port }) => (port === CQL_PORT ? address : `${address}:${port}`));
  return `cassandra://${hosts.join(',')}/${keyspace}?dc=${DATACENTER}`;
};

/** A file, or nodes on loopback addresses. */
export const isOnThisMachine = (store: string): boolean => {
  const hosts = /^cassandra:\/\/(?:[^@/]*@)?([^/?]*)/.exec(store)?.[1];
  return hosts === undefined || hosts.split(',').every((host) => /^(127\.|localhost(?::|$)|\[::1\])/.test(host));
};

/** The same cluster, another keyspace. */
export const keyspaceUrl = (url: string, keyspace: string): string => {
  const [, hosts = '', query = ''] = /^(cassandra:\/\/[^/?]*)\/?[^?]*(\?.*)?$/.exec(url) ?? [];
  return `${hosts}/${keyspace}${query}`;
};

export const KEYSPACES_QUERY = 'SELECT keyspace_name, replication FROM system_schema.keyspaces';

export interface Replication {
  readonly name: string;
  /** Copies of a row in the data centre that has most. */
  readonly factor: number;
}

/** Of rows of KEYSPACES_QUERY: the keyspaces that are not Cassandra's own. */
export const replicationsOf = (rows: readonly Readonly<Record<string, unknown>>[]): readonly Replication[] =>
  rows
    .map((row) => ({ name: String(row.keyspace_name), factor: factorOf(row.replication) }))
    .filter(({ name }) => !/^system/.test(name));

/** `{ class: ..., dc1: '3' }` or `{ class: ..., replication_factor: '3' }`. */
const factorOf = (replication: unknown): number =>
  Math.max(
    0,
    ...Object.entries(replication ?? {})
      .filter(([key]) => key !== 'class')
      .map(([, factor]) => Number.parseInt(String(factor), 10) || 0),
  );
