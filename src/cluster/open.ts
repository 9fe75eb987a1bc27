// Chooses what runs a cluster: the one it was started with, else Docker when an engine answers.
import { usageError } from '../core/model/errors.ts';
import type { ClusterRuntime, ClusterSelection } from '../core/ports/cluster.ts';
import type { RuntimeOptions } from './process/runtime.ts';

export interface OpenClusterOptions extends Omit<RuntimeOptions, 'name'> {
  readonly selection: ClusterSelection;
}

/** Letters that a folder and a Compose project may both have. */
const NAME = /^[a-z0-9][a-z0-9_-]{0,39}$/;

/** Throws OPTION_INVALID for a name, CLUSTER_RUNTIME_MISSING when no runtime was named and there is no Docker. */
export const openCluster = async ({ selection, ...options }: OpenClusterOptions): Promise<ClusterRuntime> => {
  const { name, kind } = selection;
  if (!NAME.test(name)) {
    throw usageError('OPTION_INVALID', `--name: "${name}" is no name for a cluster`, {
      hint: 'use up to 40 lower-case letters, digits, - and _, as trial-2',
    });
  }
  const { hasProcessCluster, ProcessRuntime } = await import('./process/runtime.ts');
  if (kind === 'process' || (kind === undefined && (await hasProcessCluster({ ...options, name })))) {
    return new ProcessRuntime({ ...options, name });
  }
  const { openDockerRuntime } = await import('./docker/runtime.ts');
  return openDockerRuntime({ ...options, name });
};
