// How many nodes a cluster may have, and the errors that every runtime gives.

import { CLUSTER_NODES_MAX, type RuntimeKind, replicationsOf } from '../core/model/cluster.ts';
import { conflictError, type JobctlError, notFoundError, usageError } from '../core/model/errors.ts';
import type { NodeProcessState } from '../core/ports/cluster.ts';

export const NODES_DEFAULT = 3;

/** Throws OPTION_INVALID. */
export const requireNodeCount = (nodes: number, most = CLUSTER_NODES_MAX): void => {
  if (Number.isInteger(nodes) && nodes >= 1 && nodes <= most) return;
  throw usageError('OPTION_INVALID', `--nodes: a cluster here has 1 to ${most} nodes, not ${nodes}`, {
    hint: nodes < 1 ? 'to end it: jobctl cluster down' : `give a number from 1 to ${most}`,
  });
};

/** Throws CLUSTER_CONFLICT: `up` only adds nodes. */
export const requireNotFewer = (
  name: string,
  { present, wanted }: { readonly present: number; readonly wanted: number },
): void => {
  if (wanted >= present) return;
  throw conflictError('CLUSTER_CONFLICT', `cluster ${name} has ${present} nodes`, {
    detail: 'a node that leaves hands over its data first',
    hint: `jobctl cluster scale --nodes ${wanted}`,
  });
};

export const clusterMissing = (name: string, kind: RuntimeKind): JobctlError =>
  notFoundError('CLUSTER_NOT_FOUND', `there is no cluster "${name}" of the runtime ${kind}`, {
    hint: `start it: jobctl cluster up --runtime ${kind}${name === 'jobctl' ? '' : ` --name ${name}`}`,
  });

/** Throws CLUSTER_CONFLICT: there is nothing to strike. */
export const requireRunning = (node: string, state: NodeProcessState): void => {
  if (state === 'up') return;
  throw conflictError('CLUSTER_CONFLICT', `${node} is ${state} already`, { hint: 'mend it first: jobctl chaos heal' });
};

/**
 * Cassandra refuses to let a node leave when a keyspace wants more replicas than would remain; its own keyspaces do from the
 * start, so it has to be forced, and whoever forces it must look at the others. Takes rows of KEYSPACES_QUERY.
 * Throws CLUSTER_CONFLICT.
 */
export const requireReplicasFit = (keyspaces: readonly Readonly<Record<string, unknown>>[], nodes: number): void => {
  const tooMany = replicationsOf(keyspaces).filter(({ factor }) => factor > nodes);
  const [first] = tooMany;
  if (first === undefined) return;
  throw conflictError('CLUSTER_CONFLICT', `${nodes} nodes cannot hold ${first.factor} replicas`, {
    detail: tooMany.map(({ name, factor }) => `keyspace ${name} has replication factor ${factor}`).join('\n'),
    hint: `lower it first: jobctl cluster cql -e "ALTER KEYSPACE ${first.name} WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': ${nodes}}"`,
  });
};
