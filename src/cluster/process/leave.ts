// Nodes leave for good: each hands its data over to the others, is stopped, and forgotten.

import { KEYSPACES_QUERY } from '../../core/model/cluster.ts';
import { runCql } from '../cql/session.ts';
import { requireReplicasFit } from '../size.ts';
import type { ProcessCluster } from './cluster.ts';

/** Streaming takes as long as the data is large, ms. */
const DECOMMISSION_TIMEOUT_MS = 600_000;

/** The last ones, until `nodes` remain. Throws CLUSTER_CONFLICT when a keyspace wants more replicas than that. */
export const letLeave = async (
  cluster: ProcessCluster,
  nodes: number,
  report: (text: string) => void,
): Promise<void> => {
  const leaving = cluster.nodes.slice(nodes).reverse();
  const [first] = cluster.nodes;
  if (leaving.length === 0 || first === undefined) return;
  // All must take part in the farewell: those that stay receive the data.
  for (const { name } of cluster.nodes) await cluster.startNode(name);
  for await (const { rows } of runCql(`${first.address}:${cluster.cqlPort}`, KEYSPACES_QUERY)) {
    requireReplicasFit(rows, nodes);
  }
  for (const { name } of leaving) {
    report(`${name} hands over its data and leaves`);
    await cluster.nodetool(name, ['decommission', '--force'], DECOMMISSION_TIMEOUT_MS);
    await cluster.stopNode(name, 'term');
    await cluster.deleteNode(name);
  }
};
