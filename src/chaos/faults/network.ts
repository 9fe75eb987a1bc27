// Faults of the network: partitions, lost packets, connections that are refused.

import { connect } from 'node:net';
import type { PartitionMode } from '../../core/model/chaos.ts';
import { STORAGE_PORT } from '../../core/model/cluster.ts';
import { hashText } from '../../core/model/hash.ts';
import type { FaultPlan } from '../breakage.ts';
import { chainOf, firewallActs, type NodeNet, netOf, packetsMet, type Rule } from './firewall.ts';
import { nodeOf, quorumLostBy, quorumText } from './node.ts';
import type { FaultRequest, FaultScene, PlanFault } from './scene.ts';

const LOSS_DEFAULT_SHARE = 0.1;
/** A ring of fewer leaves no quorum. */
const RING_NODES_MIN = 5;

export const planPartition: PlanFault = async (scene, request) => {
  const { mode = 'one' } = request.args;
  const nets = await Promise.all(orderOf(scene, request).map(netOf));
  const [target = netMissing()] = nets;
  const { cuts, minority } = cutsOf(mode, nets);
  const rules = [
    ...cuts.map(([from, to]) => dropFrom(from, to)),
    ...(mode === 'one' || mode === 'clients' ? [dropClients(target)] : []),
  ];
  const about = mode === 'clients' ? `clients do not reach ${target.name}` : `cutting ${cutText(cuts)}`;
  return firewallPlan(scene, request, { target: target.name, about: `${mode}: ${about}`, rules, lost: minority });
};

/** Packets between it and everybody. */
export const planLoss: PlanFault = async (scene, request) => {
  const { share = LOSS_DEFAULT_SHARE } = request.args;
  const net = await netOf(nodeOf(scene, request));
  const jump = ['DROP'];
  const dice = ['-m', 'statistic', '--mode', 'random', '--probability', String(share)];
  const rules: readonly Rule[] = [
    { in: net, hook: 'OUTPUT', match: [...net.sent, '-p', 'tcp', ...dice], jump },
    { in: net, hook: 'INPUT', match: [...net.received, '-p', 'tcp', ...dice], jump },
  ];
  const about = `losing ${share * 100} % of the packets of ${net.name}, in and out`;
  return firewallPlan(scene, request, { target: net.name, about, rules, lost: 0 });
};

/** Every packet to it is answered by a reset: connections break at once, and none is made. */
export const planReset: PlanFault = async (scene, request) => {
  const net = await netOf(nodeOf(scene, request));
  const about = `refusing and resetting every connection to ${net.name}`;
  return firewallPlan(scene, request, { target: net.name, about, rules: [resetRule(net)], lost: 1 });
};

export const resetRule = (net: NodeNet, except: readonly string[] = []): Rule => ({
  in: net,
  hook: 'INPUT',
  match: [...net.received, ...except, '-p', 'tcp', '-m', 'multiport', '--dports', `${STORAGE_PORT},${net.cqlPort}`],
  jump: ['REJECT', '--reject-with', 'tcp-reset'],
});

interface Cut {
  readonly target: string;
  readonly about: string;
  readonly rules: readonly Rule[];
  /** Nodes that those who are left cannot use. */
  readonly lost: number;
}

const firewallPlan = async (
  { cluster, nodes, run }: FaultScene,
  { fault, durationMs }: FaultRequest,
  { target, about, rules, lost }: Cut,
): Promise<FaultPlan> => {
  const chain = chainOf(run, fault, target);
  const quorumLost = lost === 0 ? [] : await quorumLostBy(cluster, lost);
  return {
    ...{ fault, target, about, durationMs, quorumLost },
    left: `all ${nodes.length} nodes run; ${quorumText(quorumLost)}`,
    ...firewallActs(chain, rules),
    look: async () => {
      await Promise.all(nodes.map(knock)); // somebody must ask, for the answer not to come
      const met = await packetsMet(chain, rules);
      return met === null || met === 0 ? null : `the firewall has met ${met} packets`;
    },
    lookMended: async () => ((await packetsMet(chain, rules)) === null ? 'the rules are gone' : null),
  };
};

const KNOCK_MS = 500;

/** Tries to connect as a client does. */
const knock = ({ address, port }: { readonly address: string; readonly port: number }): Promise<void> =>
  new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: KNOCK_MS });
    const end = (): void => {
      socket.destroy();
      resolve();
    };
    socket.on('connect', end).on('error', end).on('timeout', end);
  });

/** The target first, the others as the seed says. */
const orderOf = (scene: FaultScene, request: FaultRequest) => {
  const target = nodeOf(scene, request);
  const rank = ({ name }: { readonly name: string }): number => hashText(`${request.seed}/${name}`);
  const others = scene.nodes.filter((node) => node !== target).toSorted((left, right) => rank(left) - rank(right));
  return [target, ...others];
};

type Pair = readonly [from: NodeNet, to: NodeNet];

const both = (left: NodeNet, right: NodeNet): readonly Pair[] => [
  [left, right],
  [right, left],
];

/** Who can send nothing to whom, and how many nodes are left without a majority. */
const cutsOf = (
  mode: PartitionMode,
  nets: readonly NodeNet[],
): { readonly cuts: readonly Pair[]; readonly minority: number } => {
  const [target = netMissing(), ...others] = nets;
  const half = Math.floor(nets.length / 2);
  const [few, many] = [nets.slice(0, half), nets.slice(half)];
  switch (mode) {
    case 'one':
    case 'internode':
      return { cuts: others.flatMap((other) => both(target, other)), minority: 1 };
    case 'one-way':
      return { cuts: others.map((other): Pair => [target, other]), minority: 1 };
    case 'halves':
      return { cuts: few.flatMap((left) => many.flatMap((right) => both(left, right))), minority: half };
    case 'bridge':
      // The first of the many reaches everybody.
      return { cuts: few.flatMap((left) => many.slice(1).flatMap((right) => both(left, right))), minority: half };
    case 'ring':
      // Everybody hears a majority, nobody the same one. Of three nodes no two hear each other: no answer comes back.
      return {
        cuts: nets.flatMap((from, index) => unheard(nets, index).map((to): Pair => [from, to])),
        minority: nets.length < RING_NODES_MIN ? nets.length : 0,
      };
    case 'clients':
      return { cuts: [], minority: 0 };
    default:
      return mode satisfies never;
  }
};

/** Those beyond the majority that follows it around the ring. */
const unheard = (nets: readonly NodeNet[], index: number): readonly NodeNet[] => {
  const majority = Math.floor(nets.length / 2) + 1;
  return Array.from(
    { length: nets.length - majority },
    (_, step) => nets[(index + majority + step) % nets.length] as NodeNet,
  );
};

const dropFrom = (from: NodeNet, to: NodeNet): Rule => ({
  in: from,
  hook: 'OUTPUT',
  match: [...from.sent, '-d', to.address, '-p', 'tcp', '--dport', String(STORAGE_PORT)],
  jump: ['DROP'],
});

const dropClients = (net: NodeNet): Rule => ({
  in: net,
  hook: 'INPUT',
  match: [...net.received, '-p', 'tcp', '--dport', String(net.cqlPort)],
  jump: ['DROP'],
});

const cutText = (cuts: readonly Pair[]): string => cuts.map(([from, to]) => `${from.name} -> ${to.name}`).join(', ');

const netMissing = (): never => {
  throw new Error('a cluster without nodes has been planned for');
};
