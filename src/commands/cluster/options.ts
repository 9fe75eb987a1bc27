// Flags that all cluster commands share, and how they get at their cluster.
import { parseDuration } from '../../config/parse/duration.ts';
import { oneOf, parseText, wholeNumber } from '../../config/parse/values.ts';
import { CLUSTER_NODES_MAX, RUNTIMES, type RuntimeKind } from '../../core/model/cluster.ts';
import { usageError } from '../../core/model/errors.ts';
import type { ClusterRuntime } from '../../core/ports/cluster.ts';
import { option } from '../command.ts';
import type { Context } from '../context.ts';

const CLUSTER_NAME_DEFAULT = 'jobctl';
/** A heap below this does not start, MB. */
const HEAP_MIN_MB = 256;
const HEAP_MAX_MB = 65_536;

export const SELECTION = {
  name: option('<name>', `which cluster (default ${CLUSTER_NAME_DEFAULT})`, parseText),
  runtime: option(
    '<runtime>',
    `${RUNTIMES.join('|')} (default: the one it was started with, else docker if it answers)`,
    oneOf(RUNTIMES),
  ),
};

export const nodesOption = (summary: string) => option('<n>', summary, wholeNumber(1, CLUSTER_NODES_MAX));
export const startTimeoutOption = option(
  '<duration>',
  'how long one node may take to answer CQL (default 3m)',
  parseDuration,
);

interface Selected {
  readonly name: string | undefined;
  readonly runtime: RuntimeKind | undefined;
}

export const openCluster = (context: Context, { name, runtime }: Selected): Promise<ClusterRuntime> =>
  context.cluster({ name: name ?? CLUSTER_NAME_DEFAULT, kind: runtime });

/** `512m` or `1g`, in MB. */
export const parseHeap = (text: string): number => {
  const [, digits, unit] = /^(\d+)\s*([mg])b?$/i.exec(text.trim()) ?? [];
  const megabytes = Number(digits) * (unit?.toLowerCase() === 'g' ? 1_024 : 1);
  if (megabytes >= HEAP_MIN_MB && megabytes <= HEAP_MAX_MB) return megabytes;
  throw usageError('OPTION_INVALID', `"${text}" is not a heap of ${HEAP_MIN_MB}m to ${HEAP_MAX_MB / 1_024}g`, {
    hint: 'write it as 512m or 1g',
  });
};
