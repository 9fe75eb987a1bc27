// What `jobctl cluster --runtime docker` asks for: the nodes of infra/compose.yaml. Docker keeps the state; this class remembers nothing.
import type { NodeBlow } from '../../core/model/chaos.ts';
import { KEYSPACES_QUERY } from '../../core/model/cluster.ts';
import { conflictError, EXIT, JobctlError, nodeMissing } from '../../core/model/errors.ts';
import type {
  ClusterNode,
  ClusterRuntime,
  ClusterUp,
  CqlRequest,
  CqlResult,
  LogLine,
  LogRequest,
} from '../../core/ports/cluster.ts';
import { runCql } from '../cql/session.ts';
import { mergeStreams, named } from '../merge.ts';
import { firstRing } from '../nodetool.ts';
import { nodeAddress, parseFirstAddress } from '../process/addresses.ts';
import type { Env } from '../process/locations.ts';
import type { RuntimeOptions } from '../process/runtime.ts';
import {
  clusterMissing,
  NODES_DEFAULT,
  requireNodeCount,
  requireNotFewer,
  requireReplicasFit,
  requireRunning,
} from '../size.ts';
import { type Container, listContainers, memoryByContainer } from './containers.ts';
import { Engine } from './engine.ts';

/** As many as infra/compose.yaml has. */
const NODES_MAX = 3;
const POLL_MS = 1_000;
/** Pulling the image takes minutes on a slow line, ms. */
const PULL_TIMEOUT_MS = 900_000;
const STOP_TIMEOUT_MS = 180_000;
/** A node that drains may take so long before it is killed, s. */
const STOP_SECONDS = '60';
const DECOMMISSION_TIMEOUT_MS = 600_000;
const LOG_LINES_SHOWN = '12';
/** What a node needs besides its heap, MB. Measured: 250; the rest is for the page cache and direct buffers. */
const MEMORY_BESIDES_HEAP_MB = 900;

/** Throws CLUSTER_RUNTIME_MISSING when no engine answers. */
export const openDockerRuntime = async (options: RuntimeOptions): Promise<DockerRuntime> => {
  const engine = new Engine(options.env);
  await engine.requireAnswer();
  return new DockerRuntime(engine, options);
};

class DockerRuntime implements ClusterRuntime {
  readonly kind = 'docker';
  readonly name: string;
  readonly #engine: Engine;
  readonly #options: RuntimeOptions;

  constructor(engine: Engine, options: RuntimeOptions) {
    this.name = options.name;
    this.#engine = engine;
    this.#options = options;
  }

  async up(options: ClusterUp): Promise<readonly ClusterNode[]> {
    if (options.cassandraHome !== undefined) {
      throw conflictError('CLUSTER_CONFLICT', '--cassandra-home is for the runtime process', {
        hint: 'another image: JOBCTL_CASSANDRA_IMAGE=cassandra:5.0.9 jobctl cluster up',
      });
    }
    const present = await this.#containers();
    const count = options.nodes ?? (present.length || NODES_DEFAULT);
    requireNodeCount(count, NODES_MAX);
    requireNotFewer(this.name, { present: present.length, wanted: count });
    await this.#start(count, this.#variables(present, options), options.startTimeoutMs);
    return this.status();
  }

  async down(data: 'keep' | 'delete'): Promise<readonly string[]> {
    const names = (await this.#present()).map(({ node }) => node);
    this.#options.report(`stopping ${names.join(', ')}`);
    const args = data === 'delete' ? ['down', '--volumes', '--remove-orphans'] : ['stop'];
    await this.#engine.compose(this.name, args, { timeoutMs: STOP_TIMEOUT_MS });
    return names;
  }

  async status(): Promise<readonly ClusterNode[]> {
    const containers = await this.#present();
    const running = containers.filter(({ process }) => process === 'up');
    const [ring, memory] = await Promise.all([
      firstRing(running, ({ id }) => this.#engine.docker(['exec', id, 'nodetool', 'status']), this.#options.report),
      memoryByContainer(
        this.#engine,
        containers.filter(({ process }) => process !== 'down').map(({ id }) => id),
      ),
    ]);
    return containers.map(({ id, node, address, port, process, ringAddress, disposable, rack, pid, startedAt }) => ({
      name: node,
      address,
      port,
      process,
      state: ring.find((entry) => entry.address === ringAddress)?.state ?? null,
      rack,
      disposable,
      storage: null,
      environment: null,
      ringAddress,
      pid,
      container: id,
      startedAt,
      memoryBytes: memory.get(id.slice(0, 12)) ?? null,
    }));
  }

  async scale(nodes: number, startTimeoutMs: number): Promise<readonly ClusterNode[]> {
    requireNodeCount(nodes, NODES_MAX);
    const present = await this.#present();
    if (nodes < present.length) requireReplicasFit(await this.#keyspaces(), nodes);
    for (const container of present.slice(nodes).reverse()) await this.#leave(container);
    await this.#start(nodes, this.#variables(present, {}), startTimeoutMs);
    return this.status();
  }

  async strike(node: string, blow: NodeBlow): Promise<void> {
    const { id, process } = this.#named(await this.#present(), node);
    requireRunning(node, process);
    const commands = { kill: ['kill'], stop: ['stop', '-t', STOP_SECONDS], pause: ['pause'] } as const;
    await this.#engine.docker([...commands[blow], id], STOP_TIMEOUT_MS);
  }

  async *logs({ node, lines, end, signal }: LogRequest): AsyncGenerator<LogLine> {
    const containers = await this.#present();
    const chosen = node === undefined ? containers : [this.#named(containers, node)];
    const args = ['--tail', String(lines), ...(end === 'follow' ? ['--follow'] : [])];
    yield* mergeStreams(chosen.map((each) => named(each.node, this.#engine.logs(each.id, args, signal))));
  }

  async *cql({ statements, node }: CqlRequest): AsyncGenerator<CqlResult> {
    const containers = await this.#present();
    const healthy = containers.filter((each) => each.healthy);
    const chosen = node === undefined ? (healthy[0] ?? containers[0]) : this.#named(containers, node);
    if (chosen !== undefined) yield* runCql(`${chosen.address}:${chosen.port}`, statements);
  }

  async shell(): Promise<number> {
    const [first] = (await this.#present()).filter(({ healthy }) => healthy);
    if (first === undefined) throw clusterMissing(this.name, this.kind);
    return this.#engine.terminal(['exec', '-it', first.id, 'cqlsh']);
  }

  /** One after the other, as Cassandra asks. What runs is left alone. */
  async #start(count: number, variables: Env, timeoutMs: number): Promise<void> {
    const nodes = Array.from({ length: count }, (_, index) => `cassandra-${index + 1}`);
    // All exist before the first one starts: a command that is interrupted can be repeated and knows how many there shall be.
    const known = (await this.#containers()).map(({ node }) => node);
    const missing = nodes.filter((node) => !known.includes(node));
    if (missing.length > 0) {
      const create = ['up', '--no-start', '--no-deps', ...missing];
      await this.#engine.compose(this.name, create, { variables, timeoutMs: PULL_TIMEOUT_MS });
    }
    for (const node of nodes) {
      const present = (await this.#containers()).find((each) => each.node === node);
      if (present?.process === 'paused') await this.#engine.docker(['unpause', present.id]);
      if (present === undefined || present.process === 'down') {
        this.#options.report(`starting ${node}`);
        const args = ['up', '-d', '--no-deps', node];
        await this.#engine.compose(this.name, args, { variables });
      }
      await this.#waitFor(node, timeoutMs);
    }
  }

  async #waitFor(node: string, timeoutMs: number): Promise<void> {
    const { clock } = this.#options;
    const deadline = clock.monotonicMs() + timeoutMs;
    for (;;) {
      const container = this.#named(await this.#containers(), node);
      if (container.healthy) return;
      if (container.process === 'down') throw await this.#startFailed(container, `it ended with ${container.exitCode}`);
      if (clock.monotonicMs() > deadline) {
        throw await this.#startFailed(container, `no answer within ${Math.round(timeoutMs / 1_000)} s`);
      }
      await clock.sleep(POLL_MS);
    }
  }

  async #startFailed({ id, node }: Container, why: string): Promise<JobctlError> {
    const lines: string[] = [];
    const { signal } = new AbortController();
    for await (const line of this.#engine.logs(id, ['--tail', LOG_LINES_SHOWN], signal)) lines.push(line);
    return new JobctlError('CLUSTER_START_FAILED', EXIT.unavailable, `${node} did not start: ${why}`, {
      detail: lines.join('\n'),
      hint: `read on: jobctl cluster logs ${node}; more memory for Docker, or a smaller heap: --heap 512m`,
    });
  }

  async #leave({ id, node }: Container): Promise<void> {
    this.#options.report(`${node} hands over its data and leaves`);
    await this.#engine.docker(['exec', id, 'nodetool', 'decommission', '--force'], DECOMMISSION_TIMEOUT_MS);
    await this.#engine.compose(this.name, ['rm', '--stop', '--force', node], { timeoutMs: STOP_TIMEOUT_MS });
    // Its data would bring back a node that has left.
    const labels = [`com.docker.compose.project=${this.name}`, `com.docker.compose.volume=data-${node.split('-')[1]}`];
    const filters = labels.flatMap((label) => ['--filter', `label=${label}`]);
    const volumes = (await this.#engine.docker(['volume', 'ls', '-q', ...filters])).split('\n').filter(Boolean);
    if (volumes.length > 0) await this.#engine.docker(['volume', 'rm', ...volumes]);
  }

  async #keyspaces(): Promise<readonly Readonly<Record<string, unknown>>[]> {
    for await (const { rows } of this.cql({ statements: KEYSPACES_QUERY })) return rows;
    return [];
  }

  /** A node that is added later must fit those that are there. */
  #variables([first]: readonly Container[], { firstAddress, heapMb }: Partial<ClusterUp>): Env {
    const address = parseFirstAddress(first?.address ?? firstAddress ?? '127.0.0.1');
    const heap = heapMb === undefined ? (first?.heap ?? null) : `${heapMb}M`;
    const memory = heap === null ? null : Number.parseInt(heap, 10) + MEMORY_BESIDES_HEAP_MB;
    return {
      JOBCTL_ADDRESS_1: address,
      JOBCTL_ADDRESS_2: nodeAddress(address, 1),
      JOBCTL_ADDRESS_3: nodeAddress(address, 2),
      ...(heap === null ? {} : { JOBCTL_HEAP: heap, JOBCTL_MEMORY_LIMIT: `${memory}m` }),
    };
  }

  #named(containers: readonly Container[], node: string): Container {
    const found = containers.find((each) => each.node === node);
    if (found !== undefined) return found;
    throw nodeMissing(
      node,
      containers.map((each) => each.node),
    );
  }

  async #present(): Promise<readonly Container[]> {
    const containers = await this.#containers();
    if (containers.length === 0) throw clusterMissing(this.name, this.kind);
    return containers;
  }

  #containers(): Promise<readonly Container[]> {
    return listContainers(this.#engine, this.name);
  }
}
