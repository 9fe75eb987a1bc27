// The containers of a cluster, read from what `docker inspect` prints.
import { z } from 'zod';
import type { NodeProcessState } from '../../core/ports/cluster.ts';
import type { Engine } from './engine.ts';

const BINDING = z.array(z.object({ HostIp: z.string(), HostPort: z.string() })).nullish();
const CONTAINER = z.object({
  Id: z.string(),
  State: z.object({
    Status: z.string(),
    Pid: z.number(),
    StartedAt: z.string(),
    ExitCode: z.number(),
    Health: z.object({ Status: z.string() }).nullish(),
  }),
  Config: z.object({ Labels: z.record(z.string(), z.string()), Env: z.array(z.string()).nullish() }),
  HostConfig: z.object({ PortBindings: z.record(z.string(), BINDING).nullish() }),
  NetworkSettings: z.object({
    Networks: z.record(
      z.string(),
      z.object({ IPAddress: z.string(), IPAMConfig: z.object({ IPv4Address: z.string().nullish() }).nullish() }),
    ),
  }),
});
type Inspected = z.infer<typeof CONTAINER>;

export interface Container {
  readonly id: string;
  readonly node: string;
  readonly rack: string;
  readonly process: NodeProcessState;
  readonly exitCode: number;
  /** Answers on its CQL port. */
  readonly healthy: boolean;
  readonly pid: number | null;
  readonly startedAt: string | null;
  /** Where the CQL port is published on this machine. */
  readonly address: string;
  readonly port: number;
  /** In the network of the nodes, by which they know each other. */
  readonly ringAddress: string | null;
  readonly heap: string | null;
  /** It may be broken on purpose. */
  readonly disposable: boolean;
}

const CQL = '9042/tcp';
const NODE_LABEL = 'io.jobctl.node';
const ALLOW_LABEL = 'io.jobctl.chaos.allow';

/** Of one Compose project, by the nodes' names; stopped ones, too. */
export const listContainers = async (engine: Engine, project: string): Promise<readonly Container[]> => {
  const filters = [`label=com.docker.compose.project=${project}`, `label=${NODE_LABEL}`];
  const ids = await engine.docker(['ps', '-aq', ...filters.flatMap((each) => ['--filter', each])]);
  const list = ids.split('\n').filter((id) => id !== '');
  return list.length === 0 ? [] : parseInspection(await engine.docker(['inspect', ...list]));
};

export const parseInspection = (text: string): readonly Container[] =>
  z
    .array(CONTAINER)
    .parse(JSON.parse(text))
    .map(containerOf)
    .sort((a, b) => a.node.localeCompare(b.node, 'en', { numeric: true }));

const containerOf = ({ Id, State, Config, HostConfig, NetworkSettings }: Inspected): Container => {
  const state = stateOf(State.Status);
  const [published] = HostConfig.PortBindings?.[CQL] ?? [];
  const [network] = Object.values(NetworkSettings.Networks);
  return {
    id: Id,
    node: Config.Labels[NODE_LABEL] ?? Id,
    rack: Config.Labels['io.jobctl.rack'] ?? '-',
    process: state,
    exitCode: State.ExitCode,
    healthy: state === 'up' && State.Health?.Status === 'healthy',
    pid: state === 'down' ? null : State.Pid,
    startedAt: state === 'down' ? null : new Date(State.StartedAt).toISOString(),
    address: published?.HostIp ?? '127.0.0.1',
    port: Number(published?.HostPort ?? 0),
    // A stopped or unplugged one keeps the address that it was given.
    ringAddress: network?.IPAMConfig?.IPv4Address || network?.IPAddress || null,
    disposable: Config.Labels[ALLOW_LABEL] === 'true',
    heap: Config.Env?.find((each) => each.startsWith('MAX_HEAP_SIZE='))?.split('=')[1] ?? null,
  };
};

const stateOf = (status: string): NodeProcessState => {
  if (status === 'paused') return 'paused';
  return status === 'running' ? 'up' : 'down';
};

/** Bytes, by the first 12 characters of the id. Takes 2 s: the engine measures a while. */
export const memoryByContainer = async (
  engine: Engine,
  ids: readonly string[],
): Promise<ReadonlyMap<string, number>> => {
  if (ids.length === 0) return new Map();
  const text = await engine.docker(['stats', '--no-stream', '--format', '{{.ID}} {{.MemUsage}}', ...ids]);
  return new Map(
    text.split('\n').flatMap((line) => {
      const [, id, size] = /^(\w{12})\w* (\S+)/.exec(line) ?? [];
      const bytes = size === undefined ? null : parseSize(size);
      return id === undefined || bytes === null ? [] : [[id, bytes] as const];
    }),
  );
};

const UNITS = { B: 1, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 } as const;

/** `732.5MiB`, as docker stats writes it. */
export const parseSize = (text: string): number | null => {
  const [, digits, unit] = /^([\d.]+)(B|KiB|MiB|GiB)$/.exec(text) ?? [];
  return unit === undefined ? null : Math.round(Number(digits) * UNITS[unit as keyof typeof UNITS]);
};
