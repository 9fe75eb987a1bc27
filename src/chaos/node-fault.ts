// Breaks a node for a while: looks first, writes down what it is about to do, does it, sees that it happened, and mends it whatever
// comes in between.

import type { NodeBlow } from '../core/model/chaos.ts';
import { KEYSPACES_QUERY, type Replication, replicationsOf } from '../core/model/cluster.ts';
import { EXIT, JobctlError, nodeMissing, usageError } from '../core/model/errors.ts';
import { hashText } from '../core/model/hash.ts';
import { isoTime } from '../core/model/time.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { ClusterNode, ClusterRuntime } from '../core/ports/cluster.ts';
import type { ActiveFault, Journal } from './journal.ts';

/** Asking the ring costs a second of CPU: it is asked this often, ms. */
const LOOK_MS = 3_000;
/** A node that was mended may take so long until the others see it, ms. */
const HEALED_WITHIN_MS = 180_000;
const START_TIMEOUT_MS = 180_000;

export interface NodePlan {
  readonly blow: NodeBlow;
  readonly target: ClusterNode;
  readonly nodes: readonly ClusterNode[];
  readonly durationMs: number;
  /** Keyspaces of which some rows are left without a quorum. */
  readonly quorumLost: readonly string[];
}

export interface PlanOptions {
  readonly blow: NodeBlow;
  /** A node's name; absent: one that follows from the seed. */
  readonly node: string | undefined;
  readonly seed: number;
  readonly durationMs: number;
}

/** Throws CHAOS_NOT_STEADY for a cluster that is not whole, CLUSTER_NODE_NOT_FOUND. */
export const planNodeFault = async (cluster: ClusterRuntime, options: PlanOptions): Promise<NodePlan> => {
  const { blow, node, seed, durationMs } = options;
  const nodes = await cluster.status();
  const ill = illOf(nodes);
  if (ill.length > 0) throw notSteady(ill);
  const target =
    node === undefined ? nodes[hashText(`${blow}/${seed}`) % nodes.length] : nodes.find(({ name }) => name === node);
  if (target === undefined) {
    throw nodeMissing(
      node ?? '',
      nodes.map(({ name }) => name),
    );
  }
  const quorumLost = (await replicationOf(cluster)).filter(({ factor }) => factor > 0 && 1 > factor - quorumOf(factor));
  return { blow, target, nodes, durationMs, quorumLost: quorumLost.map(({ name }) => name) };
};

/** Those that do not run, or are not seen as up. */
const illOf = (nodes: readonly ClusterNode[]): readonly ClusterNode[] =>
  nodes.filter(({ process, state }) => process !== 'up' || state !== 'UN');

const quorumOf = (factor: number): number => Math.floor(factor / 2) + 1;

const replicationOf = async (cluster: ClusterRuntime): Promise<readonly Replication[]> => {
  for await (const { rows } of cluster.cql({ statements: KEYSPACES_QUERY })) return replicationsOf(rows);
  return [];
};

export interface FaultDeps {
  readonly cluster: ClusterRuntime;
  readonly journal: Journal;
  readonly clock: Clock;
  /** Mends it when this process is gone. Called once it is written down. */
  readonly watch: () => void;
  readonly report: (text: string) => void;
  /** Ends the fault early: it is mended then. */
  readonly stop: AbortSignal;
}

export interface FaultOutcome {
  readonly run: string;
  readonly fault: string;
  readonly target: string;
  readonly startedAt: string;
  readonly lastedMs: number;
  /** When the others saw that it was down, ms from the blow; null: they did not, in that time. */
  readonly seenDownMs: number | null;
  /** From the end of the fault until all nodes were up and seen so, ms. */
  readonly healedMs: number;
}

/** Throws CHAOS_ACTIVE, CHAOS_NOT_IN_EFFECT, CHAOS_NOT_HEALED. Whatever it throws, it has tried to mend the cluster. */
export const runNodeFault = async (
  deps: FaultDeps,
  { blow, target, durationMs }: NodePlan,
  run: string,
): Promise<FaultOutcome> => {
  const { cluster, journal, clock, report, stop } = deps;
  const startedAt = isoTime(clock.wallMs());
  const fault: ActiveFault = {
    ...{ run, fault: `${blow}-node`, cluster: cluster.name, runtime: cluster.kind, target: target.name, startedAt },
    untilMs: clock.wallMs() + durationMs,
  };
  await journal.begin(fault);
  deps.watch();
  const beganMs = clock.monotonicMs();
  let seenDownMs: number | null = null;
  let endedMs = beganMs;
  try {
    report(`${DOING[blow]} ${target.name} (${target.address})`);
    await cluster.strike(target.name, blow);
    await journal.note({ did: 'strike', run, node: target.name, blow });
    seenDownMs = await watchRing(deps, target.name, beganMs + durationMs);
    if (seenDownMs !== null) report(`the others see ${target.name} as down after ${seconds(seenDownMs - beganMs)}`);
    await clock.sleep(Math.max(0, beganMs + durationMs - clock.monotonicMs()), stop);
  } finally {
    endedMs = clock.monotonicMs();
    await healCluster(deps, fault);
  }
  const healedMs = clock.monotonicMs() - endedMs;
  report(`all nodes are up, and seen so, ${seconds(healedMs)} after the end`);
  return {
    ...{ run, fault: fault.fault, target: target.name, startedAt, lastedMs: Math.round(endedMs - beganMs) },
    ...{ seenDownMs: seenDownMs === null ? null : Math.round(seenDownMs - beganMs), healedMs: Math.round(healedMs) },
  };
};

const DOING: Readonly<Record<NodeBlow, string>> = { kill: 'killing', stop: 'stopping', pause: 'pausing' };

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** When the ring says that the node is down; null: not before the end. Throws CHAOS_NOT_IN_EFFECT. */
const watchRing = async (
  { cluster, clock, stop }: FaultDeps,
  name: string,
  untilMs: number,
): Promise<number | null> => {
  while (!stop.aborted && clock.monotonicMs() < untilMs) {
    const node = (await cluster.status()).find((each) => each.name === name);
    if (node?.process === 'up') {
      throw new JobctlError('CHAOS_NOT_IN_EFFECT', EXIT.checkFailed, `${name} runs although it was struck`, {
        hint: 'does something start it anew? see `jobctl cluster status`',
      });
    }
    if (node?.state?.startsWith('D') === true) return clock.monotonicMs();
    await clock.sleep(Math.min(LOOK_MS, Math.max(0, untilMs - clock.monotonicMs())), stop);
  }
  return null;
};

/** Starts what was killed, lets what was paused go on, and waits until every node sees every other. Throws CHAOS_NOT_HEALED. */
export const healCluster = async (
  { cluster, journal, clock, report }: Omit<FaultDeps, 'watch' | 'stop'>,
  fault: ActiveFault,
): Promise<void> => {
  report(`mending ${fault.target}`);
  await journal.note({ did: 'heal', run: fault.run, node: fault.target });
  const endsMs = clock.monotonicMs() + HEALED_WITHIN_MS;
  await cluster.up({ startTimeoutMs: START_TIMEOUT_MS });
  for (;;) {
    const ill = illOf(await cluster.status());
    if (ill.length === 0) break;
    if (clock.monotonicMs() >= endsMs) throw notHealed(ill);
    await clock.sleep(LOOK_MS);
  }
  await journal.end(fault);
};

const stateText = (nodes: readonly ClusterNode[]): string =>
  nodes.map(({ name, process, state }) => `${name}: ${process}, ${state ?? 'nobody says how it is'}`).join('\n');

const notSteady = (ill: readonly ClusterNode[]): JobctlError =>
  new JobctlError('CHAOS_NOT_STEADY', EXIT.checkFailed, 'the cluster is not whole: nothing was done to it', {
    detail: stateText(ill),
    hint: 'mend it first: jobctl chaos heal, or jobctl cluster up',
  });

const notHealed = (ill: readonly ClusterNode[]): JobctlError =>
  new JobctlError('CHAOS_NOT_HEALED', EXIT.checkFailed, 'the cluster is not whole again', {
    detail: stateText(ill),
    hint: 'try again: jobctl chaos heal; what a node says: jobctl cluster logs NAME',
  });

/** Throws CHAOS_QUORUM: requests for some rows would fail until the end. */
export const assertQuorum = ({ quorumLost, blow }: NodePlan): void => {
  if (quorumLost.length === 0) return;
  throw usageError('CHAOS_QUORUM', `without this node some rows of ${quorumLost.join(', ')} have no quorum`, {
    hint: `if that is what you want to see: jobctl chaos ${blow}-node --allow-quorum-loss`,
  });
};
