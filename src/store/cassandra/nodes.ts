// The nodes of the cluster as they are now: each is asked by itself, what it answers is about that one alone.
import type { NodeRow, TableRow } from '../../core/ports/store.ts';
import type { Cql, NodeHandle } from './client.ts';

/** Nodes of a cluster that are looked at: more would be a list nobody reads. */
const NODES_MAX = 100;
/** One that does not answer within this is silent, ms. */
const ANSWER_MAX_MS = 1_000;
const CLOCK = 'SELECT toUnixTimestamp(now()) AS now FROM system.local';
/** Since Cassandra 4.0; the key is a name of ours, checked where the URL is parsed. */
const disk = (keyspace: string): string =>
  `SELECT mebibytes FROM system_views.disk_usage WHERE keyspace_name = '${keyspace}'`;
const MEBIBYTE = 1_048_576;

export const nodesOf = async (cql: Cql, keyspace: string): Promise<readonly NodeRow[]> => {
  const nodes = cql.nodes().slice(0, NODES_MAX);
  const rows = await Promise.all(nodes.map((node) => rowOf(node, keyspace)));
  return rows.toSorted((left, right) => left.address.localeCompare(right.address, 'en', { numeric: true }));
};

/** Largest partitions and most tombstones of each table, as the nodes that answer tell. */
export const tablesOf = async (cql: Cql, keyspace: string): Promise<readonly TableRow[]> => {
  const connected = cql
    .nodes()
    .slice(0, NODES_MAX)
    .filter(({ isConnected }) => isConnected);
  const worst = new Map<string, TableRow>();
  for (const rows of await Promise.all(connected.map((node) => tablesOn(node, keyspace)))) {
    for (const row of rows) {
      const known = worst.get(row.table) ?? row;
      worst.set(row.table, {
        table: row.table,
        partitionBytesMax: Math.max(known.partitionBytesMax, row.partitionBytesMax),
        tombstonesMax: Math.max(known.tombstonesMax, row.tombstonesMax),
      });
    }
  }
  return [...worst.values()].toSorted((left, right) => left.table.localeCompare(right.table));
};

const tablesOn = async ({ read }: NodeHandle, keyspace: string): Promise<readonly TableRow[]> => {
  const view = (name: string, column: string): string =>
    `SELECT table_name, ${column} AS found FROM system_views.${name} WHERE keyspace_name = '${keyspace}' ALLOW FILTERING`;
  const [sizes, tombstones] = await Promise.all([
    read(view('max_partition_size', 'mebibytes'), ANSWER_MAX_MS).catch(() => []),
    read(view('tombstones_per_read', 'max'), ANSWER_MAX_MS).catch(() => []),
  ]);
  const met = new Map(tombstones.map((row) => [String(row.table_name), Number(row.found)]));
  return sizes.map(({ table_name: name, found }) => ({
    table: String(name),
    partitionBytesMax: Number(found) * MEBIBYTE,
    tombstonesMax: met.get(String(name)) ?? 0,
  }));
};

const rowOf = async (node: NodeHandle, keyspace: string): Promise<NodeRow> => {
  const { address, dc, rack, version, isUp, isConnected } = node;
  const nothing = { answerMs: null, clockOffsetMs: null, storedBytes: null };
  const known = { address, dc, rack, version };
  if (!isConnected) return { ...known, state: isUp ? 'up' : 'down', ...nothing };
  const found = await clockOf(node);
  if (found === null) return { ...known, state: isUp ? 'silent' : 'down', ...nothing };
  return { ...known, state: 'up', ...found, storedBytes: await storedOf(node, keyspace) };
};

const clockOf = async ({ read }: NodeHandle): Promise<Pick<NodeRow, 'answerMs' | 'clockOffsetMs'> | null> => {
  const [sentMs, startMs] = [Date.now(), performance.now()];
  const [row] = await read(CLOCK, ANSWER_MAX_MS).catch(() => []);
  if (row === undefined) return null;
  const answerMs = performance.now() - startMs;
  return { answerMs, clockOffsetMs: Math.round(Number(row.now) - sentMs - answerMs / 2) };
};

const storedOf = async ({ read }: NodeHandle, keyspace: string): Promise<number | null> => {
  const rows = await read(disk(keyspace), ANSWER_MAX_MS).catch(() => []);
  if (rows.length === 0) return null;
  return rows.reduce((sum, row) => sum + Number(row.mebibytes), 0) * MEBIBYTE;
};
