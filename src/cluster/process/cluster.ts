// A cluster of Cassandra nodes as local Java processes, and each node's life: start, stop, kill, pause, resume. The command
// line, the tests and chaos all work through this class; what it knows is in state.json, so a later process can go on.

import { rm } from 'node:fs/promises';
import { CQL_PORT, START_TIMEOUT_DEFAULT_MS, STORAGE_PORT } from '../../core/model/cluster.ts';
import { nodeMissing } from '../../core/model/errors.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { NodeProcessState } from '../../core/ports/cluster.ts';
import { processState, signalProcess } from '../../platform/process-identity.ts';
import { distributionJars, mavenJars } from './jars.ts';
import { findJava } from './java.ts';
import { type Env, nodePaths } from './locations.ts';
import { endProcess, launchNode, waitForNode } from './node.ts';
import { nodetool } from './nodetool.ts';
import { freePort } from './ports.ts';
import { type ClusterState, type NodeRecord, readState, writeState } from './state.ts';

export const HEAP_DEFAULT_MB = 768;
const JMX_PORT = 7_199;

export interface ProcessClusterOptions {
  readonly nodes: number;
  /** Everything goes there: state.json, and configuration, data and logs of each node. */
  readonly directory: string;
  readonly clock: Clock;
  readonly name?: string;
  /** One for each node. Default: 127.0.0.1 and those that follow. */
  readonly addresses?: readonly string[];
  /** Of each node, on its own address; `jmx` is where to look for free ports on 127.0.0.1. Default 9042, 7000, 7199. */
  readonly ports?: { readonly cql?: number; readonly storage?: number; readonly jmx?: number };
  /** Default 768. */
  readonly heapMb?: number;
  readonly cassandraHome?: string | undefined;
  /** Further settings of cassandra.yaml, as YAML: `{ commitlog_sync: 'group' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** How long one node may take to answer CQL, ms. Default 180 000. */
  readonly startTimeoutMs?: number;
  /** Default: the environment of this process. */
  readonly env?: Env;
  /** Progress, one line a phase. */
  readonly report?: (text: string) => void;
}

/** Without nodes yet. */
export const createProcessCluster = async (
  options: Omit<ProcessClusterOptions, 'nodes' | 'addresses'>,
): Promise<ProcessCluster> => {
  const { directory, name = 'jobctl', env = process.env, report = () => undefined, ports = {}, clock } = options;
  const { heapMb = HEAP_DEFAULT_MB, settings = {}, startTimeoutMs = START_TIMEOUT_DEFAULT_MS } = options;
  // What was given, what must be there, and only then a download.
  const given = options.cassandraHome === undefined ? null : await distributionJars(options.cassandraHome);
  await findJava(env);
  const jars = given ?? (await mavenJars({ env, report }));
  const state: ClusterState = {
    version: 1,
    name,
    jars,
    heapMb,
    ports: { cql: CQL_PORT, storage: STORAGE_PORT, jmx: JMX_PORT, ...ports },
    settings,
    nodes: [],
  };
  await writeState(directory, state);
  return new ProcessCluster(state, { directory, env, clock, startTimeoutMs, report });
};

/** Null when there is none in that folder. */
export const openProcessCluster = async (
  options: Pick<ProcessClusterOptions, 'directory' | 'clock' | 'env' | 'report' | 'startTimeoutMs'>,
): Promise<ProcessCluster | null> => {
  const { directory, clock, env = process.env, report = () => undefined } = options;
  const state = await readState(directory);
  if (state === null) return null;
  const { startTimeoutMs = START_TIMEOUT_DEFAULT_MS } = options;
  return new ProcessCluster(state, { directory, env, clock, startTimeoutMs, report });
};

interface Surroundings {
  readonly directory: string;
  readonly env: Env;
  readonly clock: Clock;
  readonly startTimeoutMs: number;
  readonly report: (text: string) => void;
}

export class ProcessCluster implements AsyncDisposable {
  readonly directory: string;
  #state: ClusterState;
  readonly #around: Surroundings;
  /** Looked for only when something is started: stopping must work without it. */
  #java: Promise<string> | null = null;

  constructor(state: ClusterState, around: Surroundings) {
    this.directory = around.directory;
    this.#state = state;
    this.#around = around;
  }

  get name(): string {
    return this.#state.name;
  }
  get nodes(): readonly NodeRecord[] {
    return this.#state.nodes;
  }
  get jars(): string {
    return this.#state.jars;
  }
  get cqlPort(): number {
    return this.#state.ports.cql;
  }
  /** `127.0.0.1:9042` of each node, as the driver takes them. */
  get contactPoints(): readonly string[] {
    return this.nodes.map(({ address }) => `${address}:${this.cqlPort}`);
  }

  /** Throws CLUSTER_NODE_NOT_FOUND. */
  node(name: string): NodeRecord {
    const found = this.nodes.find((each) => each.name === name);
    if (found !== undefined) return found;
    throw nodeMissing(
      name,
      this.nodes.map((each) => each.name),
    );
  }

  /** Takes effect when a node is started next. */
  async setHeap(heapMb: number): Promise<void> {
    await this.#write({ ...this.#state, heapMb });
  }

  /** Makes it known; `startNode` starts it. */
  async addNode(address: string): Promise<NodeRecord> {
    const number = this.nodes.length + 1;
    const taken = this.nodes.map(({ jmxPort }) => jmxPort);
    const jmxPort = await freePort('127.0.0.1', this.#state.ports.jmx, taken);
    const node: NodeRecord = { name: `cassandra-${number}`, address, rack: `rack${number}`, jmxPort, process: null };
    await this.#write({ ...this.#state, nodes: [...this.nodes, node] });
    return node;
  }

  /** Forgets a stopped node and deletes its data. */
  async deleteNode(name: string): Promise<void> {
    await rm(nodePaths(this.directory, this.node(name).name).home, { recursive: true, force: true });
    await this.#write({ ...this.#state, nodes: this.nodes.filter((each) => each.name !== name) });
  }

  async processState(name: string): Promise<NodeProcessState> {
    const { process } = this.node(name);
    return process === null ? 'down' : processState(process);
  }

  /** Starts it unless it runs, and waits until it answers CQL. */
  async startNode(name: string, signal?: AbortSignal): Promise<void> {
    const { clock, report, directory: folder, startTimeoutMs: timeoutMs } = this.#around;
    const node = this.node(name);
    let running = node.process;
    if (running === null || (await processState(running)) === 'down') {
      report(`starting ${name} on ${node.address}:${this.cqlPort}`);
      const launched = await launchNode({ folder, java: await this.#findJava(), state: this.#state, node, clock });
      running = { ...launched, startedMs: clock.wallMs() };
      // Before the wait: whoever interrupts it must still be able to stop the node.
      await this.#record(name, running);
    }
    await signalProcess(running, 'SIGCONT');
    await waitForNode({ folder, state: this.#state, node, identity: running, clock, timeoutMs, signal });
  }

  /** `term` drains it and is killed after 30 s; `kill` is a crash. Returns when the process is gone. */
  async stopNode(name: string, how: 'term' | 'kill'): Promise<void> {
    const { process } = this.node(name);
    if (process === null) return;
    await endProcess(process, how, this.#around.clock);
    await this.#record(name, null);
  }

  /** SIGSTOP: it holds its connections and answers nothing. False when it does not run. */
  async pauseNode(name: string): Promise<boolean> {
    return this.#signal(name, 'SIGSTOP');
  }

  async resumeNode(name: string): Promise<boolean> {
    return this.#signal(name, 'SIGCONT');
  }

  /** Runs nodetool against a node and returns what it prints. */
  async nodetool(name: string, args: readonly string[], timeoutMs: number): Promise<string> {
    const { directory: folder } = this.#around;
    const java = await this.#findJava();
    return nodetool({ folder, java, jars: this.#state.jars, node: this.node(name), timeoutMs }, args);
  }

  /** All at the same time. */
  async stopAll(how: 'term' | 'kill'): Promise<void> {
    const running = this.nodes.flatMap(({ process }) => (process === null ? [] : [process]));
    const ended = await Promise.allSettled(running.map((process) => endProcess(process, how, this.#around.clock)));
    const failure = ended.find((each) => each.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
    await this.#write({ ...this.#state, nodes: this.nodes.map((node) => ({ ...node, process: null })) });
  }

  /** Kills every node. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopAll('kill');
  }

  #findJava(): Promise<string> {
    this.#java ??= findJava(this.#around.env);
    return this.#java;
  }

  async #signal(name: string, signal: 'SIGSTOP' | 'SIGCONT'): Promise<boolean> {
    const { process } = this.node(name);
    return process !== null && signalProcess(process, signal);
  }

  async #record(name: string, process: NodeRecord['process']): Promise<void> {
    const nodes = this.nodes.map((each) => (each.name === name ? { ...each, process } : each));
    await this.#write({ ...this.#state, nodes });
  }

  async #write(state: ClusterState): Promise<void> {
    await writeState(this.directory, state);
    this.#state = state;
  }
}
