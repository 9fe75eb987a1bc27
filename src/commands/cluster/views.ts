// How nodes look in a table, and what to type once they are up.
import { storeUrlOf } from '../../core/model/cluster.ts';
import type { Tone } from '../../core/model/tone.ts';
import type { ClusterNode } from '../../core/ports/cluster.ts';
import type { Context } from '../context.ts';
import type { ListView } from '../output/out.ts';

const MEGABYTE = 1_048_576;
/** More replicas than this buy nothing on one machine. */
const REPLICATION_MAX = 3;

export const NODE_LIST: ListView<ClusterNode> = {
  name: ({ name }) => `node/${name}`,
  columns: [
    { header: 'NODE', cell: ({ name }) => name },
    { header: 'ADDRESS', cell: ({ address, port }) => `${address}:${port}` },
    { header: 'STATE', cell: ({ state }) => state ?? '-', tone: (node) => toneOf(node) },
    { header: 'PROCESS', cell: ({ process }) => process, tone: (node) => toneOf(node) },
    { header: 'PID', cell: ({ pid, container }) => container?.slice(0, 12) ?? String(pid ?? '-') },
    { header: 'RACK', cell: ({ rack }) => rack },
    {
      header: 'MEMORY',
      cell: ({ memoryBytes }) => (memoryBytes === null ? '-' : `${Math.round(memoryBytes / MEGABYTE)}M`),
    },
    { header: 'UPTIME', cell: ({ startedAt }, format) => format.time(startedAt) },
  ],
};

const toneOf = ({ process, state }: ClusterNode): Tone => {
  if (process === 'down' || state?.startsWith('D')) return 'bad';
  return process === 'up' && state === 'UN' ? 'good' : 'waiting';
};

interface Started {
  readonly name: string;
  readonly runtime: string;
  readonly store: string;
  readonly items: readonly ClusterNode[];
}

/** stdout gets the line for the shell, so that `eval "$(jobctl cluster up)"` works; people get the rest. */
export const showStarted = (context: Context, name: string, runtime: string, nodes: readonly ClusterNode[]): void => {
  const store = storeUrlOf(nodes);
  context.out.result<Started>(
    { name, runtime, store, items: nodes },
    { name: () => `cluster/${name}`, text: () => `export JOBCTL_STORE='${store}'` },
  );
  const replicas = Math.min(nodes.length, REPLICATION_MAX);
  context.note(
    `${nodes.length} ${nodes.length === 1 ? 'node answers' : 'nodes answer'} CQL. Set the variable above, then:\n  npx jobctl db init --rf ${replicas}`,
  );
};
