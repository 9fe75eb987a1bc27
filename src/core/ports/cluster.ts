// A cluster of Cassandra nodes on this machine: to try jobctl out, for tests, and for faults on purpose. It is not how
// Cassandra runs in production; jobctl only starts what is disposable.

import type { NodeBlow } from '../model/chaos.ts';
import type { RuntimeKind } from '../model/cluster.ts';

/** The operating system's view: `paused` is stopped by SIGSTOP or `docker pause`. */
export type NodeProcessState = 'up' | 'down' | 'paused';

export interface ClusterNode {
  readonly name: string;
  /** Where it answers CQL. */
  readonly address: string;
  readonly port: number;
  readonly process: NodeProcessState;
  /** The ring's view, as nodetool writes it: UN, DN, UJ ... Null when no node could be asked. */
  readonly state: string | null;
  readonly rack: string;
  /** It may be broken on purpose: a container says so by the label `io.jobctl.chaos.allow`. */
  readonly disposable: boolean;
  /** The folder with its data, where that is on this machine. */
  readonly storage: string | null;
  /** A file of further variables of its process, `NAME=VALUE` lines, read when it starts; null where there is none to write. */
  readonly environment: string | null;
  /** By which the other nodes know it; null when that is not known now. */
  readonly ringAddress: string | null;
  readonly pid: number | null;
  readonly container: string | null;
  /** ISO 8601; null when it does not run. */
  readonly startedAt: string | null;
  /** Resident; null when it does not run. */
  readonly memoryBytes: number | null;
}

export interface ClusterUp {
  /** Absent: as many as there are, or 3. */
  readonly nodes?: number | undefined;
  /** Java heap of a node, MB. */
  readonly heapMb?: number | undefined;
  /** An unpacked Apache distribution, instead of jars from Maven. Process runtime only. */
  readonly cassandraHome?: string | undefined;
  /** The address of the first node; the others follow it. Process runtime only. */
  readonly firstAddress?: string | undefined;
  /** How long one node may take to answer CQL, ms. */
  readonly startTimeoutMs: number;
}

export interface LogRequest {
  /** Names; absent: all. */
  readonly node?: string | undefined;
  /** How many of the last lines of each. */
  readonly lines: number;
  /** `follow`: go on until the signal. */
  readonly end: 'last-line' | 'follow';
  readonly signal: AbortSignal;
}

export interface LogLine {
  readonly node: string;
  readonly line: string;
}

export interface CqlRequest {
  readonly statements: string;
  /** Whose tables in `system` and `system_views` are read; absent: the first node that runs. */
  readonly node?: string | undefined;
}

export interface CqlResult {
  readonly statement: string;
  readonly columns: readonly string[];
  /** JSON values by column name. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** There were more rows than are shown. */
  readonly truncated: boolean;
}

/**
 * One cluster, by name. Everything but `up` throws CLUSTER_NOT_FOUND for one that was never started.
 * Progress goes to the `report` that it was opened with, one line a phase.
 */
export interface ClusterRuntime {
  readonly kind: RuntimeKind;
  readonly name: string;
  /** Starts what does not run, one node after the other, and returns when all answer CQL. */
  up(options: ClusterUp): Promise<readonly ClusterNode[]>;
  /** Stops every node; `delete` also deletes what they stored. Returns the names. */
  down(data: 'keep' | 'delete'): Promise<readonly string[]>;
  status(): Promise<readonly ClusterNode[]>;
  /** To this many nodes: new ones join, the last ones hand over their data and leave. */
  scale(nodes: number, startTimeoutMs: number): Promise<readonly ClusterNode[]>;
  /** Returns once it has happened; `up` mends it. Throws CLUSTER_NODE_NOT_FOUND, CLUSTER_CONFLICT for a node that does not run. */
  strike(node: string, blow: NodeBlow): Promise<void>;
  logs(request: LogRequest): AsyncIterable<LogLine>;
  /** Runs the statements in order, all on one node. */
  cql(request: CqlRequest): AsyncIterable<CqlResult>;
  /** A shell of its own on this terminal; absent where there is none. Resolves with its exit code. */
  readonly shell?: () => Promise<number>;
}

export interface ClusterSelection {
  readonly name: string;
  /** Absent: the one that this cluster was started with, else docker if an engine answers. */
  readonly kind?: RuntimeKind | undefined;
}
