// Runs Cassandra's nodetool against one node of a cluster of processes.
import { execa } from 'execa';
import { EXIT, JobctlError } from '../../core/model/errors.ts';
import { nodetoolFlags } from './flags.ts';
import { nodePaths } from './locations.ts';
import type { NodeRecord } from './state.ts';

const ERROR_LINES_MAX = 5;

export interface Nodetool {
  readonly folder: string;
  readonly java: string;
  readonly jars: string;
  readonly node: NodeRecord;
  readonly timeoutMs: number;
}

/** What it prints. Throws CLUSTER_COMMAND_FAILED. */
export const nodetool = async (
  { folder, java, jars, node, timeoutMs }: Nodetool,
  args: readonly string[],
): Promise<string> => {
  const { conf, home } = nodePaths(folder, node.name);
  const flags = nodetoolFlags({ conf, jars, home, jmxPort: node.jmxPort });
  const ran = await execa(java, [...flags, ...args], { reject: false, timeout: timeoutMs, all: true });
  if (ran.exitCode === 0) return ran.stdout;
  const why = ran.timedOut ? `no answer within ${timeoutMs / 1_000} s` : ran.all.trim();
  throw new JobctlError('CLUSTER_COMMAND_FAILED', EXIT.unavailable, `nodetool ${args[0]} failed on ${node.name}`, {
    detail: why.split('\n').slice(0, ERROR_LINES_MAX).join('\n'),
    hint: 'see the nodes with `jobctl cluster status`',
  });
};
