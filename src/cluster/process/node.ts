// One node as one Java process: start it so that it survives this program, wait until it serves clients, end it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { EXIT, JobctlError } from '../../core/model/errors.ts';
import type { Clock } from '../../core/ports/clock.ts';
import { giveOwnGroup } from '../../platform/control-group.ts';
import { identify, type ProcessIdentity, processState, signalProcess } from '../../platform/process-identity.ts';
import { nodeFlags } from './flags.ts';
import { type NodePaths, nodePaths } from './locations.ts';
import { writeNodeConfig } from './node-config.ts';
import { accepts, requirePort } from './ports.ts';
import type { ClusterState, NodeRecord } from './state.ts';

/** How often a starting or ending process is looked at, ms. */
const POLL_MS = 200;
/** A node that drains takes 2 to 8 s; after this it is killed, ms. */
const TERM_TIMEOUT_MS = 30_000;
/** The kernel removes a killed process at once, unless the disk hangs, ms. */
const KILL_TIMEOUT_MS = 10_000;
const LOG_LINES_SHOWN = 12;
const LINES_READ = 200;

export interface NodeLaunch {
  readonly folder: string;
  readonly java: string;
  readonly state: ClusterState;
  readonly node: NodeRecord;
  readonly clock: Clock;
}

/** Starts the process and returns at once. Throws PORT_IN_USE, CLUSTER_RUNTIME_MISSING or CLUSTER_START_FAILED. */
export const launchNode = async ({ folder, java, state, node, clock }: NodeLaunch): Promise<ProcessIdentity> => {
  const paths = nodePaths(folder, node.name);
  const { jars, heapMb, ports, settings, nodes } = state;
  for (const port of [ports.cql, ports.storage]) await requirePort(node.address, port, clock);
  await requirePort('127.0.0.1', node.jmxPort, clock);
  // One seed: a seed joins without fetching data, so no later node may be one.
  const seeds = nodes.slice(0, 1).map(({ address }) => address);
  await writeNodeConfig(paths, { cluster: state.name, address: node.address, rack: node.rack, seeds, ports, settings });
  const output = await open(paths.console, 'w');
  try {
    const child = spawn(java, await nodeFlags({ ...paths, jars, heapMb, jmxPort: node.jmxPort }), {
      cwd: paths.home,
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
      // As the official start script: more arenas only cost memory.
      env: { PATH: process.env.PATH, MALLOC_ARENA_MAX: '4', ...(await environmentOf(paths)) },
    });
    await once(child, 'spawn');
    child.unref();
    await giveOwnGroup(child.pid ?? 0);
    const identity = await identify(child.pid ?? 0);
    if (identity === null) throw await startFailed(node, paths, 'its process ended at once');
    return identity;
  } finally {
    await output.close();
  }
};

const environmentOf = async ({ environment }: NodePaths): Promise<Readonly<Record<string, string>>> => {
  const text = await readFile(environment, 'utf8').catch(() => '');
  return parseEnv(text) as Readonly<Record<string, string>>;
};

export interface NodeWait {
  readonly folder: string;
  readonly state: ClusterState;
  readonly node: NodeRecord;
  readonly identity: ProcessIdentity;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Resolves once the node answers on its CQL port. Throws CLUSTER_START_FAILED as soon as it cannot any more. */
export const waitForNode = async (wait: NodeWait): Promise<void> => {
  const { folder, state, node, identity, clock, timeoutMs, signal } = wait;
  const paths = nodePaths(folder, node.name);
  const deadline = clock.monotonicMs() + timeoutMs;
  while (!(await accepts(node.address, state.ports.cql))) {
    if ((await processState(identity)) === 'down') throw await startFailed(node, paths, 'its process ended');
    if (clock.monotonicMs() > deadline) {
      const seconds = Math.round(timeoutMs / 1_000);
      throw await startFailed(node, paths, `no answer on ${node.address}:${state.ports.cql} within ${seconds} s`);
    }
    if (signal?.aborted) throw new JobctlError('INTERRUPTED', EXIT.interrupted, `stopped waiting for ${node.name}`);
    await clock.sleep(POLL_MS, signal);
  }
};

const startFailed = async (node: NodeRecord, paths: NodePaths, why: string): Promise<JobctlError> => {
  const [printed, logged] = [await lastLines(paths.console, LINES_READ), await lastLines(paths.systemLog, LINES_READ)];
  // The JVM prints why it ends; a node that hangs prints nothing, and its log is all there is. The frames of stack traces say
  // less than the lines between them.
  const lines = (printed.length > 0 ? printed : logged).filter((line) => !/^\s+(?:at |\.\.\. )/.test(line));
  return new JobctlError('CLUSTER_START_FAILED', EXIT.unavailable, `${node.name} did not start: ${why}`, {
    detail: lines.slice(-LOG_LINES_SHOWN).join('\n'),
    hint: `read ${paths.systemLog}; less memory: --heap 512m; more time: --start-timeout 10m`,
  });
};

export const lastLines = async (file: string, count: number): Promise<readonly string[]> => {
  const text = await readFile(file, 'utf8').catch(() => '');
  return count === 0
    ? []
    : text
        .trimEnd()
        .split('\n')
        .slice(-count)
        .filter((line) => line !== '');
};

/** `term`: it drains and ends. `kill`: as a crash. Resolves when the process is gone. */
export const endProcess = async (identity: ProcessIdentity, how: 'term' | 'kill', clock: Clock): Promise<void> => {
  if (how === 'term') {
    await signalProcess(identity, 'SIGTERM');
    // A paused process takes no SIGTERM until it goes on.
    await signalProcess(identity, 'SIGCONT');
    if (await isGone(identity, clock, TERM_TIMEOUT_MS)) return;
  }
  await signalProcess(identity, 'SIGKILL');
  if (await isGone(identity, clock, KILL_TIMEOUT_MS)) return;
  throw new JobctlError('CLUSTER_COMMAND_FAILED', EXIT.unavailable, `process ${identity.pid} does not end`, {
    detail: 'not even SIGKILL ended it: it hangs in the kernel, usually in I/O',
    hint: 'look at the disk, then repeat',
  });
};

const isGone = async (identity: ProcessIdentity, clock: Clock, timeoutMs: number): Promise<boolean> => {
  const deadline = clock.monotonicMs() + timeoutMs;
  while ((await processState(identity)) !== 'down') {
    if (clock.monotonicMs() > deadline) return false;
    await clock.sleep(POLL_MS);
  }
  return true;
};
