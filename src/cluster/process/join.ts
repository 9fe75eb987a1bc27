// Starts the nodes of a cluster in order, each one once the ring knows the one before. A node opens its CQL port when it has
// joined, and gossip tells the others up to two seconds later; until then they refuse the next one that wants to join.
import type { Clock } from '../../core/ports/clock.ts';
import { parseRing } from '../nodetool.ts';
import { FIRST_ADDRESS_DEFAULT, nodeAddress } from './addresses.ts';
import { createProcessCluster, type ProcessCluster, type ProcessClusterOptions } from './cluster.ts';

const POLL_MS = 500;
const NODETOOL_TIMEOUT_MS = 20_000;
/** How often the ring is asked; with nodetool's own second, about a minute. */
const ATTEMPTS_MAX = 30;

/**
 * Starts a cluster in a folder of its own and waits until every node answers CQL. Its disposal kills the nodes; the folder
 * stays. When a node does not start, those before it are ended.
 */
export const startProcessCluster = async (options: ProcessClusterOptions): Promise<ProcessCluster> => {
  const { clock, report = () => undefined } = options;
  const cluster = await createProcessCluster(options);
  try {
    for (let count = 0; count < options.nodes; count += 1) {
      await cluster.addNode(options.addresses?.[count] ?? nodeAddress(FIRST_ADDRESS_DEFAULT, count));
    }
    await startInOrder({ cluster, clock, report });
    return cluster;
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
};

export interface Join {
  readonly cluster: ProcessCluster;
  readonly clock: Clock;
  readonly report: (text: string) => void;
}

/** Those that run are left alone. */
export const startInOrder = async ({ cluster, clock, report }: Join): Promise<void> => {
  const [first, ...others] = cluster.nodes;
  if (first === undefined) return;
  await cluster.startNode(first.name);
  for (const { name, address } of others) {
    const wasUp = (await cluster.processState(name)) === 'up';
    await cluster.startNode(name);
    if (wasUp) continue;
    if (!(await becomesNormal({ cluster, clock, first: first.name, address }))) {
      report(`${name} answers, but ${first.name} does not see it as a member yet`);
    }
  }
};

interface Look {
  readonly cluster: ProcessCluster;
  readonly clock: Clock;
  readonly first: string;
  readonly address: string;
}

const becomesNormal = async ({ cluster, clock, first, address }: Look): Promise<boolean> => {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const ring = parseRing(await cluster.nodetool(first, ['status'], NODETOOL_TIMEOUT_MS));
    if (ring.some((entry) => entry.address === address && entry.state === 'UN')) return true;
    await clock.sleep(POLL_MS);
  }
  return false;
};
