// What the nodes counted, and what it means for a job. Pure: two readings give a difference, a difference gives a cost.
//
// How Cassandra 5.0.9 counts (tried on three nodes, 100 requests of each kind; `system_views` is per node and per table):
// - coordinator_write_latency: one for each plain write request and each *table* in it, however many rows and partitions. No
//   request of jobctl but the deletion of a slot names two tables, so the sum over tables is the number of requests.
// - local_write_latency: one for each replica, table and *partition*, not for each row: ten rows in one batch count three.
// - compare-and-sets are in no coordinator table. One that was applied counts once on each replica in local_write_latency of
//   its own table (beside some nine times in system.paxos); one that was refused writes nothing there. Every one is read by
//   each replica (285 to 300 of 300 in local_read_latency), as is every SERIAL read, which coordinator_read_latency has.
// - coordinator_read_latency: one for each *partition* of a statement: a sweep of 16 buckets counts 16, though it is one
//   request of the client.
// - rows are counted by the memtables alone: `nodetool tablestats`, memtable_cell_count, which is rows and not cells.

/** Tables that are written by compare-and-set only. */
const CAS_TABLES: readonly string[] = ['sessions', 'locks', 'job_keys'];
const CHECKPOINTS = 'checkpoints';

/** Of one table, summed over the nodes, since they started. */
export interface TableCounts {
  readonly coordinatorWrites: number;
  readonly coordinatorReads: number;
  readonly coordinatorScans: number;
  readonly localWrites: number;
  readonly localReads: number;
}
export const COUNTERS = [
  'coordinatorWrites',
  'coordinatorReads',
  'coordinatorScans',
  'localWrites',
  'localReads',
] as const satisfies readonly (keyof TableCounts)[];

/** Rows that went into the memtables of one table, summed over the nodes, and how many memtables there were before. */
export interface RowCounts {
  readonly rows: number;
  readonly flushes: number;
}

export interface Reading {
  /** Monotonic, ms. */
  readonly atMs: number;
  readonly tables: ReadonlyMap<string, TableCounts>;
  /** Null where the nodes cannot be asked: only those that this run started have nodetool. */
  readonly rows: ReadonlyMap<string, RowCounts> | null;
}

export interface Counted {
  readonly seconds: number;
  readonly tables: ReadonlyMap<string, TableCounts>;
  /** By table; null when nodetool could not be asked, or a memtable was flushed in between, which starts its count anew. */
  readonly rows: ReadonlyMap<string, number> | null;
}

export interface Cost {
  readonly writeRequests: number;
  /** Of the write requests, those of checkpoints: one for each bucket that moved, with each renewal, however many jobs. */
  readonly checkpoints: number;
  readonly compareAndSets: number;
  /** Null = not counted. */
  readonly rowMutations: number | null;
  readonly partitionsRead: number;
}

const NOTHING: TableCounts = {
  coordinatorWrites: 0,
  coordinatorReads: 0,
  coordinatorScans: 0,
  localWrites: 0,
  localReads: 0,
};

/** Throws when a counter went back: a node was started anew in between. */
export const difference = (before: Reading, after: Reading): Counted => {
  const tables = new Map<string, TableCounts>();
  for (const [table, counts] of after.tables) {
    tables.set(table, countsBetween(table, before.tables.get(table) ?? NOTHING, counts));
  }
  return { seconds: (after.atMs - before.atMs) / 1_000, tables, rows: rowsBetween(before.rows, after.rows) };
};

const countsBetween = (table: string, before: TableCounts, after: TableCounts): TableCounts => {
  const counts = { ...NOTHING };
  for (const counter of COUNTERS) {
    counts[counter] = after[counter] - before[counter];
    if (counts[counter] < 0) throw new Error(`${counter} of ${table} went back: a node was started anew meanwhile`);
  }
  return counts;
};

const rowsBetween = (before: Reading['rows'], after: Reading['rows']): Counted['rows'] => {
  if (before === null || after === null) return null;
  const rows = new Map<string, number>();
  for (const [table, counts] of after) {
    const earlier = before.get(table) ?? { rows: 0, flushes: 0 };
    if (counts.flushes !== earlier.flushes) return null;
    rows.set(table, counts.rows - earlier.rows);
  }
  return rows;
};

/**
 * What it cost in all. Compare-and-sets that were refused are known from the reads of their tables, which a replica that is
 * late skips: they may be a few more.
 */
export const costOf = ({ tables, rows }: Counted, replicas: number): Cost => {
  let [writeRequests, compareAndSets, partitionsRead] = [0, 0, 0];
  for (const [table, counts] of tables) {
    partitionsRead += counts.coordinatorReads + counts.coordinatorScans;
    writeRequests += counts.coordinatorWrites;
    if (!CAS_TABLES.includes(table)) continue;
    const applied = counts.localWrites / replicas;
    const looked = counts.localReads / replicas - counts.coordinatorReads - counts.coordinatorScans;
    compareAndSets += Math.max(applied, looked);
  }
  const rowMutations = rows === null ? null : [...rows.values()].reduce((sum, count) => sum + count, 0) / replicas;
  const checkpoints = tables.get(CHECKPOINTS)?.coordinatorWrites ?? 0;
  return { writeRequests, checkpoints, compareAndSets, rowMutations, partitionsRead };
};

const each = (cost: Cost, change: (value: number, name: keyof Cost) => number): Cost => ({
  writeRequests: change(cost.writeRequests, 'writeRequests'),
  checkpoints: change(cost.checkpoints, 'checkpoints'),
  compareAndSets: change(cost.compareAndSets, 'compareAndSets'),
  rowMutations: cost.rowMutations === null ? null : change(cost.rowMutations, 'rowMutations'),
  partitionsRead: change(cost.partitionsRead, 'partitionsRead'),
});

const times = (cost: Cost, factor: number): Cost => each(cost, (value) => value * factor);

/** Of each of so many jobs, or seconds. */
export const per = (cost: Cost, count: number): Cost => each(cost, (value) => value / count);

/** Not counted in one of them = not counted. */
export const minus = (cost: Cost, less: Cost): Cost => ({
  ...each(cost, (value, name) => value - (less[name] ?? 0)),
  rowMutations: cost.rowMutations === null || less.rowMutations === null ? null : cost.rowMutations - less.rowMutations,
});

/** What a run of jobs cost, each: as counted, and without what the workers would have cost meanwhile. */
export interface RunCost {
  readonly jobs: number;
  readonly seconds: number;
  readonly counted: Cost;
  readonly net: Cost;
}

export const runCost = (
  run: Counted,
  standingPerSecond: Cost,
  of: { readonly jobs: number; readonly replicas: number },
) => {
  const { jobs, replicas } = of;
  const all = costOf(run, replicas);
  const net = minus(all, times(standingPerSecond, run.seconds));
  return { jobs, seconds: run.seconds, counted: per(all, jobs), net: per(net, jobs) } satisfies RunCost;
};
