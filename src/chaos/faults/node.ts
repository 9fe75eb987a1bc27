// Faults of a node as a whole: killed, stopped, paused, started anew.
import type { NodeBlow } from '../../core/model/chaos.ts';
import { KEYSPACES_QUERY, type Replication, replicationsOf } from '../../core/model/cluster.ts';
import { nodeMissing, usageError } from '../../core/model/errors.ts';
import type { ClusterNode, ClusterRuntime } from '../../core/ports/cluster.ts';
import { type FaultPlan, notInEffect } from '../breakage.ts';
import { chosenOf, type FaultRequest, type FaultScene, type PlanFault } from './scene.ts';

const DOING: Readonly<Record<NodeBlow, string>> = { kill: 'killing', stop: 'stopping', pause: 'pausing' };
const SIGNALS: Readonly<Record<NodeBlow, string>> = { kill: 'KILL', stop: 'TERM', pause: 'STOP' };

export const planNodeFault =
  (blow: NodeBlow): PlanFault =>
  async (scene, request) => {
    const node = nodeOf(scene, request);
    return {
      ...(await nodePlan(scene, request, node, `${DOING[blow]} ${node.name} (${node.address})`)),
      inject: [{ do: 'strike', node: node.name, blow, shown: blowText(node, blow) }],
      mend: [{ do: 'up' }],
      look: async () => `${node.name} is ${(await requireDown(scene.cluster, node.name)).process}`,
      lookAround: () => ringSaysDown(scene.cluster, node.name),
    };
  };

/** Stopped, and started again at once. */
export const planRestart: PlanFault = async (scene, request) => {
  const node = nodeOf(scene, request);
  return {
    ...(await nodePlan(scene, request, node, `stopping ${node.name} (${node.address}), to start it again`)),
    durationMs: 0,
    inject: [{ do: 'strike', node: node.name, blow: 'stop', shown: blowText(node, 'stop') }],
    mend: [{ do: 'up' }],
    look: async () => {
      await requireDown(scene.cluster, node.name);
      return `${node.name} has stopped`;
    },
  };
};

/** Throws CLUSTER_NODE_NOT_FOUND, CHAOS_NOT_DISPOSABLE. */
export const nodeOf = ({ nodes }: FaultScene, request: FaultRequest): ClusterNode => {
  const node =
    request.target === undefined
      ? chosenOf(nodes, request)
      : (nodes.find(({ name }) => name === request.target) ?? null);
  if (node === null) {
    throw nodeMissing(
      request.target ?? '',
      nodes.map(({ name }) => name),
    );
  }
  if (node.disposable) return node;
  throw usageError('CHAOS_NOT_DISPOSABLE', `the container of ${node.name} may not be broken`, {
    detail: 'it does not carry the label io.jobctl.chaos.allow=true',
    hint: 'break only what `jobctl cluster up` has started',
  });
};

/** What the plans of all faults of one node share. */
export const nodePlan = async (
  { cluster, nodes }: FaultScene,
  { fault, durationMs }: FaultRequest,
  node: ClusterNode,
  about: string,
): Promise<Omit<FaultPlan, 'inject' | 'mend' | 'look'>> => {
  const quorumLost = await quorumLostBy(cluster, 1);
  const left = `${nodes.length - 1} of ${nodes.length} nodes stay, ${quorumText(quorumLost)}`;
  return { fault, target: node.name, about, left, durationMs, quorumLost };
};

export const quorumText = (lost: readonly string[]): string =>
  lost.length === 0 ? 'every row keeps a quorum' : `no quorum for rows of ${lost.join(', ')}`;

/** Keyspaces of which some rows have no quorum while so many nodes do not answer. */
export const quorumLostBy = async (cluster: ClusterRuntime, nodes: number): Promise<readonly string[]> =>
  (await replicationOf(cluster))
    .filter(({ factor }) => factor > 0 && Math.min(nodes, factor) > factor - quorumOf(factor))
    .map(({ name }) => name);

const quorumOf = (factor: number): number => Math.floor(factor / 2) + 1;

const replicationOf = async (cluster: ClusterRuntime): Promise<readonly Replication[]> => {
  for await (const { rows } of cluster.cql({ statements: KEYSPACES_QUERY })) return replicationsOf(rows);
  return [];
};

const blowText = ({ name, pid, container }: ClusterNode, blow: NodeBlow): string => {
  if (container === null) return `kill -${SIGNALS[blow]} ${pid}  # ${name}`;
  return `docker ${blow} ${container.slice(0, 12)}  # ${name}`;
};

/** Null: the others do not see it yet. Throws CHAOS_NOT_IN_EFFECT. */
const ringSaysDown = async (cluster: ClusterRuntime, name: string): Promise<string | null> => {
  const { state } = await requireDown(cluster, name);
  return state?.startsWith('D') === true ? `the others see ${name} as down` : null;
};

const requireDown = async (cluster: ClusterRuntime, name: string): Promise<ClusterNode> => {
  const node = (await cluster.status()).find((each) => each.name === name);
  if (node === undefined || node.process === 'up') throw notInEffect(`${name} runs although it was struck`);
  return node;
};
