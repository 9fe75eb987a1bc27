// A node that may use little more memory than it has: what it asks for beyond that ends it, as on a machine that is full.
import { existsSync } from 'node:fs';
import type { Act } from '../acts.ts';
import type { FaultPlan } from '../breakage.ts';
import { nodeOf, nodePlan } from './node.ts';
import type { PlanFault } from './scene.ts';

const CONTROLLER = '/sys/fs/cgroup/memory';
const MB = 1_048_576;
/** What it may still take, MB. */
const ROOM_MB = 16;

export const planMemory: PlanFault = async (scene, request) => {
  const node = nodeOf(scene, request);
  const { name, container, memoryBytes } = node;
  const common = await nodePlan(scene, request, node, `leaving ${name} no memory: it may be killed for it`);
  const stateOf = async () => (await scene.cluster.status()).find((each) => each.name === name);
  const look: FaultPlan['look'] = async () => {
    const seen = await stateOf();
    return seen?.process === 'down' ? `${name} was killed` : `${name} has ${ROOM_MB} MB left`;
  };
  if (container !== null) {
    const bytes = String((memoryBytes ?? 1_024 * MB) + ROOM_MB * MB); // the engine takes no limit that is passed already
    const limit = (value: string): Act => ({
      do: 'run',
      argv: ['docker', 'update', '--memory', value, '--memory-swap', value, container],
    });
    const before = String(await limitOf(container));
    return { ...common, inject: [limit(bytes)], mend: [limit(before), { do: 'up' }], look };
  }
  const group = `${CONTROLLER}/jobctl-${node.pid}`;
  return {
    ...common,
    inject: [
      { do: 'write', file: `${group}/memory.limit_in_bytes`, text: String(ROOM_MB * MB) },
      { do: 'write', file: `${group}/cgroup.procs`, text: String(node.pid) },
    ],
    mend: [
      {
        do: 'try',
        argv: [
          'sh',
          '-c',
          `cat ${group}/cgroup.procs | while read p; do echo $p > ${CONTROLLER}/cgroup.procs; done; rmdir ${group}`,
        ],
      },
      { do: 'up' },
    ],
    look,
  };
};

const limitOf = async (container: string): Promise<number> => {
  const { execa } = await import('execa');
  const { stdout } = await execa('docker', ['inspect', '--format', '{{.HostConfig.Memory}}', container]);
  return Number(stdout) || -1;
};

/** Null: it can be made here, for nodes that are processes. */
export const memoryUnavailable = (): string | null =>
  existsSync(`${CONTROLLER}/cgroup.procs`) ? null : 'there is no memory controller of the first version (cgroups)';
