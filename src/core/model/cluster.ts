// What is known about a cluster of Cassandra nodes on this machine without asking it: names, ports, limits.

export const RUNTIMES = ['process', 'docker'] as const;
/** `process`: local Java processes. `docker`: containers of the Compose file in infra/. */
export type RuntimeKind = (typeof RUNTIMES)[number];

export const CQL_PORT = 9042;
export const DATACENTER = 'dc1';
/** Each one takes a gigabyte of memory. */
export const CLUSTER_NODES_MAX = 9;
/** How long one node may take to answer CQL, ms. 15 s on an idle machine. */
export const START_TIMEOUT_DEFAULT_MS = 180_000;

export interface CqlEndpoint {
  readonly address: string;
  readonly port: number;
}

/** `cassandra://HOST,HOST/jobctl?dc=dc1`: what a client needs to find these nodes. */
export const storeUrlOf = (nodes: readonly CqlEndpoint[]): string => {
  const hosts = nodes.map(({ address, port }) => (port === CQL_PORT ? address : `${address}:${port}`));
  return `cassandra://${hosts.join(',')}/jobctl?dc=${DATACENTER}`;
};
