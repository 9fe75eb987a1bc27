// What `jobctl cluster --runtime process` asks for, done with a ProcessCluster.
import { existsSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeBlow } from '../../core/model/chaos.ts';
import { START_TIMEOUT_DEFAULT_MS } from '../../core/model/cluster.ts';
import { conflictError } from '../../core/model/errors.ts';
import { isoTime } from '../../core/model/time.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type {
  ClusterNode,
  ClusterRuntime,
  ClusterUp,
  CqlRequest,
  CqlResult,
  LogLine,
  LogRequest,
} from '../../core/ports/cluster.ts';
import { memoryOf } from '../../platform/process-identity.ts';
import { mergeStreams, named } from '../merge.ts';
import { firstRing } from '../nodetool.ts';
import { clusterMissing, NODES_DEFAULT, requireNodeCount, requireNotFewer, requireRunning } from '../size.ts';
import { FIRST_ADDRESS_DEFAULT, nodeAddress, parseFirstAddress } from './addresses.ts';
import { createProcessCluster, HEAP_DEFAULT_MB, openProcessCluster, type ProcessCluster } from './cluster.ts';
import { startInOrder } from './join.ts';
import { letLeave } from './leave.ts';
import { clusterFolder, type Env, nodePaths } from './locations.ts';
import { lockCluster, readState } from './state.ts';
import { tail } from './tail.ts';

/** nodetool takes 1.3 s of CPU; more on a busy machine, ms. */
const NODETOOL_TIMEOUT_MS = 20_000;

export interface RuntimeOptions {
  readonly name: string;
  readonly env: Env;
  readonly clock: Clock;
  readonly report: (text: string) => void;
}

/** Whether a cluster of that name was started here. */
export const hasProcessCluster = async ({ env, name }: Pick<RuntimeOptions, 'env' | 'name'>): Promise<boolean> =>
  (await readState(clusterFolder(env, name))) !== null;

export class ProcessRuntime implements ClusterRuntime {
  readonly kind = 'process';
  readonly name: string;
  readonly #options: RuntimeOptions;
  readonly #folder: string;

  constructor(options: RuntimeOptions) {
    this.name = options.name;
    this.#options = options;
    const folder = clusterFolder(options.env, options.name);
    // Nodes keep the path for as long as they run: a link to their folder may go before they do.
    this.#folder = existsSync(folder) ? realpathSync(folder) : folder;
  }

  async up(options: ClusterUp): Promise<readonly ClusterNode[]> {
    const given = parseFirstAddress(options.firstAddress ?? FIRST_ADDRESS_DEFAULT);
    await using _lock = await lockCluster(this.#folder);
    const cluster = (await this.#find(options.startTimeoutMs)) ?? (await this.#create(options));
    this.#requireSame(cluster, options);
    if (options.heapMb !== undefined) await cluster.setHeap(options.heapMb);
    const count = options.nodes ?? (cluster.nodes.length || NODES_DEFAULT);
    await this.#grow(cluster, cluster.nodes[0]?.address ?? given, count);
    return this.#statusOf(cluster);
  }

  async down(data: 'keep' | 'delete'): Promise<readonly string[]> {
    await this.#open();
    await using _lock = await lockCluster(this.#folder);
    const cluster = await this.#open();
    const names = cluster.nodes.map(({ name }) => name);
    this.#options.report(`stopping ${names.join(', ')}`);
    await cluster.stopAll('term');
    if (data === 'delete') {
      this.#options.report(`deleting ${this.#folder}`);
      await rm(this.#folder, { recursive: true, force: true });
    }
    return names;
  }

  async status(): Promise<readonly ClusterNode[]> {
    return this.#statusOf(await this.#open());
  }

  async scale(nodes: number, startTimeoutMs: number): Promise<readonly ClusterNode[]> {
    requireNodeCount(nodes);
    await this.#open();
    await using _lock = await lockCluster(this.#folder);
    const cluster = await this.#open(startTimeoutMs);
    await letLeave(cluster, nodes, this.#options.report);
    await this.#grow(cluster, cluster.nodes[0]?.address ?? FIRST_ADDRESS_DEFAULT, nodes);
    return this.#statusOf(cluster);
  }

  async strike(node: string, blow: NodeBlow): Promise<void> {
    await this.#open();
    await using _lock = await lockCluster(this.#folder);
    const cluster = await this.#open();
    requireRunning(node, await cluster.processState(cluster.node(node).name));
    if (blow === 'pause') await cluster.pauseNode(node);
    else await cluster.stopNode(node, blow === 'kill' ? 'kill' : 'term');
  }

  async *logs({ node, lines, end, signal }: LogRequest): AsyncGenerator<LogLine> {
    const cluster = await this.#open();
    const names = node === undefined ? cluster.nodes.map(({ name }) => name) : [cluster.node(node).name];
    const { clock } = this.#options;
    const streams = names.map((name) =>
      named(name, tail({ file: nodePaths(this.#folder, name).systemLog, lines, end, clock, signal })),
    );
    yield* mergeStreams(streams);
  }

  async *cql({ statements, node }: CqlRequest): AsyncGenerator<CqlResult> {
    const cluster = await this.#open();
    const { address } = cluster.node(node ?? (await this.#firstRunning(cluster)));
    const { runCql } = await import('../cql/session.ts');
    yield* runCql(`${address}:${cluster.cqlPort}`, statements);
  }

  /** Or simply the first, whose silence is then the error. */
  async #firstRunning(cluster: ProcessCluster): Promise<string> {
    for (const { name } of cluster.nodes) if ((await cluster.processState(name)) === 'up') return name;
    return cluster.nodes[0]?.name ?? 'cassandra-1';
  }

  async #grow(cluster: ProcessCluster, first: string, count: number): Promise<void> {
    // All are known before the first one starts: a command that is interrupted can be repeated and knows how many there shall be.
    while (cluster.nodes.length < count) await cluster.addNode(nodeAddress(first, cluster.nodes.length));
    const { clock, report } = this.#options;
    await startInOrder({ cluster, clock, report });
  }

  async #statusOf(cluster: ProcessCluster): Promise<readonly ClusterNode[]> {
    const states = new Map<string, ClusterNode['process']>();
    for (const { name } of cluster.nodes) states.set(name, await cluster.processState(name));
    const ring = await firstRing(
      [...states].filter(([, state]) => state === 'up').map(([name]) => name),
      (name) => cluster.nodetool(name, ['status'], NODETOOL_TIMEOUT_MS),
      this.#options.report,
    );
    return Promise.all(
      cluster.nodes.map(async ({ name, address, rack, process }): Promise<ClusterNode> => {
        const state = states.get(name) ?? 'down';
        const running = state === 'down' ? null : process;
        return {
          name,
          address,
          port: cluster.cqlPort,
          process: state,
          state: ring.find((entry) => entry.address === address)?.state ?? null,
          rack,
          disposable: true,
          storage: nodePaths(this.#folder, name).storage,
          environment: nodePaths(this.#folder, name).environment,
          ringAddress: address,
          pid: running?.pid ?? null,
          container: null,
          startedAt: running === null ? null : isoTime(running.startedMs),
          memoryBytes: running === null ? null : await memoryOf(running.pid),
        };
      }),
    );
  }

  async #create({ nodes = NODES_DEFAULT, heapMb, cassandraHome, startTimeoutMs }: ClusterUp): Promise<ProcessCluster> {
    requireNodeCount(nodes);
    return createProcessCluster({
      ...this.#common(startTimeoutMs),
      name: this.name,
      heapMb: heapMb ?? HEAP_DEFAULT_MB,
      cassandraHome,
    });
  }

  #requireSame(cluster: ProcessCluster, { nodes, firstAddress, cassandraHome }: ClusterUp): void {
    if (nodes !== undefined) requireNodeCount(nodes);
    const [first] = cluster.nodes;
    if (first === undefined) return;
    if (nodes !== undefined) requireNotFewer(this.name, { present: cluster.nodes.length, wanted: nodes });
    const hint = 'give another cluster another name: --name trial';
    if (firstAddress !== undefined && firstAddress !== first.address) {
      throw conflictError('CLUSTER_CONFLICT', `cluster ${this.name} begins at ${first.address}`, { hint });
    }
    if (cassandraHome !== undefined && join(cassandraHome, 'lib') !== cluster.jars) {
      throw conflictError('CLUSTER_CONFLICT', `cluster ${this.name} runs the Cassandra in ${cluster.jars}`, { hint });
    }
  }

  async #open(startTimeoutMs = START_TIMEOUT_DEFAULT_MS): Promise<ProcessCluster> {
    const cluster = await this.#find(startTimeoutMs);
    if (cluster !== null) return cluster;
    throw clusterMissing(this.name, this.kind);
  }

  #find(startTimeoutMs: number): Promise<ProcessCluster | null> {
    return openProcessCluster(this.#common(startTimeoutMs));
  }

  #common(startTimeoutMs: number) {
    const { env, clock, report } = this.#options;
    return { directory: this.#folder, env, clock, report, startTimeoutMs };
  }
}
