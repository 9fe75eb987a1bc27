// Asks each node what it has counted: by CQL, a client for each node, and by nodetool those that this run started.
import cassandra from 'cassandra-driver';
import type { ProcessCluster } from '../../src/cluster/process/cluster.ts';
import { parseCassandraUrl } from '../../src/store/cassandra/url.ts';
import { COUNTERS, type Reading, type RowCounts, type TableCounts } from './counters.ts';

/** The table of system_views that holds each counter. */
const VIEWS: Readonly<Record<keyof TableCounts, string>> = {
  coordinatorWrites: 'coordinator_write_latency',
  coordinatorReads: 'coordinator_read_latency',
  coordinatorScans: 'coordinator_scan_latency',
  localWrites: 'local_write_latency',
  localReads: 'local_read_latency',
};
const REPLICAS_MAX = 3;
const NODETOOL_TIMEOUT_MS = 60_000;
const ANSWER_TIMEOUT_MS = 20_000;

/** What tablestats says of a keyspace, as far as it is needed. */
interface TableStats {
  readonly tables: Readonly<
    Record<string, { readonly memtable_cell_count: number; readonly memtable_switch_count: number }>
  >;
}

/** What rows or tombstones a read of one table came upon lately, on the node that has most; 1 stands for none, too. */
export interface PerRead {
  readonly p50: number;
  readonly p99: number;
}

export class Nodes implements AsyncDisposable {
  readonly version: string;
  readonly #clients: readonly cassandra.Client[];
  readonly #cluster: ProcessCluster | null;

  private constructor(version: string, clients: readonly cassandra.Client[], cluster: ProcessCluster | null) {
    this.version = version;
    this.#clients = clients;
    this.#cluster = cluster;
  }

  /** Every node of the data centre. `cluster`: it was started by this run, so nodetool may be asked. */
  static async open(url: string, cluster: ProcessCluster | null): Promise<Nodes> {
    const { Client, policies } = cassandra;
    const { AllowListPolicy, RoundRobinPolicy } = policies.loadBalancing;
    const options = clientOptions(url);
    const any = new Client(options);
    try {
      await any.connect();
      const hosts = any.hosts.values().filter(({ datacenter }) => datacenter === options.localDataCenter);
      const clients = hosts.map(({ address }) => {
        const loadBalancing = new AllowListPolicy(new RoundRobinPolicy(), [address]);
        return new Client({ ...options, contactPoints: [address], policies: { loadBalancing } });
      });
      return new Nodes(hosts[0]?.cassandraVersion ?? '', clients, cluster);
    } finally {
      await any.shutdown();
    }
  }

  get count(): number {
    return this.#clients.length;
  }

  get replicas(): number {
    return Math.min(REPLICAS_MAX, this.count);
  }

  async read(keyspace: string): Promise<Reading> {
    const rows = await this.#rows(keyspace);
    const tables = new Map<string, TableCounts>();
    const answers = COUNTERS.map(async (counter) => {
      const counts = await this.#sum(VIEWS[counter], keyspace);
      for (const [table, count] of counts) {
        const zero = { coordinatorWrites: 0, coordinatorReads: 0, coordinatorScans: 0, localWrites: 0, localReads: 0 };
        tables.set(table, { ...(tables.get(table) ?? zero), [counter]: count });
      }
    });
    await Promise.all(answers);
    return { atMs: performance.now(), tables, rows };
  }

  async perRead(what: 'rows' | 'tombstones', keyspace: string, table: string): Promise<PerRead> {
    const query = `SELECT p50th, p99th FROM system_views.${what}_per_read WHERE keyspace_name = ? AND table_name = ?`;
    const answers = this.#clients.map((client) => client.execute(query, [keyspace, table], { prepare: true }));
    const rows = (await Promise.all(answers)).map((answer) => answer.first());
    const most = (column: string): number => Math.max(...rows.map((row) => Number(row?.get(column) ?? 0)));
    return { p50: most('p50th'), p99: most('p99th') };
  }

  /** What was noted of one traced request, in any order; it comes some time after the answer. */
  async trace(id: cassandra.types.Uuid): Promise<readonly string[]> {
    const [client] = this.#clients;
    const answer = await client?.execute('SELECT activity FROM system_traces.events WHERE session_id = ?', [id]);
    return (answer?.rows ?? []).map((row) => String(row.activity));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.shutdown()));
  }

  async #sum(view: string, keyspace: string): Promise<ReadonlyMap<string, number>> {
    const query = `SELECT keyspace_name, table_name, count FROM system_views.${view}`;
    const sums = new Map<string, number>();
    for (const { rows } of await Promise.all(this.#clients.map((client) => client.execute(query)))) {
      for (const row of rows) {
        if (row.keyspace_name !== keyspace) continue;
        sums.set(row.table_name, (sums.get(row.table_name) ?? 0) + Number(row.count));
      }
    }
    return sums;
  }

  async #rows(keyspace: string): Promise<Reading['rows']> {
    if (this.#cluster === null) return null;
    const sums = new Map<string, RowCounts>();
    for (const { name } of this.#cluster.nodes) {
      const text = await this.#cluster.nodetool(name, ['tablestats', '-F', 'json', keyspace], NODETOOL_TIMEOUT_MS);
      const { tables } = (JSON.parse(text) as Record<string, TableStats>)[keyspace] ?? { tables: {} };
      for (const [table, stats] of Object.entries(tables)) {
        const { rows, flushes } = sums.get(table) ?? { rows: 0, flushes: 0 };
        const count = { rows: rows + stats.memtable_cell_count, flushes: flushes + stats.memtable_switch_count };
        sums.set(table, count);
      }
    }
    return sums;
  }
}

/** How a client of the store's own nodes is let in. */
export const clientOptions = (url: string) => {
  const { contactPoints, localDataCenter, credentials, tls } = parseCassandraUrl(url);
  return {
    contactPoints: [...contactPoints],
    localDataCenter,
    socketOptions: { readTimeout: ANSWER_TIMEOUT_MS },
    ...(tls === null ? {} : { sslOptions: tls }),
    ...(credentials === null
      ? {}
      : { authProvider: new cassandra.auth.PlainTextAuthProvider(credentials.username, credentials.password) }),
  };
};
