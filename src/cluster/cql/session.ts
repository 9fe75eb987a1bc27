// Runs CQL statements for a person: one connection, plain values, a limit on the rows. The store has its own client.
import cassandra from 'cassandra-driver';
import { DATACENTER } from '../../core/model/cluster.ts';
import { errorText, type JobctlError, unavailableError, usageError } from '../../core/model/errors.ts';
import type { CqlResult } from '../../core/ports/cluster.ts';
import { splitStatements } from './statements.ts';

const { AllowListPolicy, DCAwareRoundRobinPolicy } = cassandra.policies.loadBalancing;

/** More than a person reads, few enough to be held. */
const ROWS_MAX = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** DDL takes seconds on a busy machine. */
const READ_TIMEOUT_MS = 30_000;

/** On the node at `host:port` and no other. Throws CQL_INVALID for what Cassandra refuses, STORE_UNAVAILABLE when nobody answers. */
export const runCql = async function* (host: string, text: string): AsyncGenerator<CqlResult> {
  const client = new cassandra.Client({
    contactPoints: [host],
    localDataCenter: DATACENTER,
    policies: { loadBalancing: new AllowListPolicy(new DCAwareRoundRobinPolicy(DATACENTER), [host]) },
    socketOptions: { connectTimeout: CONNECT_TIMEOUT_MS, readTimeout: READ_TIMEOUT_MS },
  });
  try {
    await client.connect().catch((error: unknown) => {
      throw unavailable(host, error);
    });
    for (const statement of splitStatements(text)) yield await runOne(client, statement, host);
  } finally {
    await client.shutdown();
  }
};

const runOne = async (client: cassandra.Client, statement: string, host: string): Promise<CqlResult> => {
  try {
    const { columns, rows, pageState } = await client.execute(statement, [], { fetchSize: ROWS_MAX, prepare: false });
    const names = (columns ?? []).map(({ name }) => name);
    return {
      statement,
      columns: names,
      rows: (rows ?? []).map((row) => Object.fromEntries(names.map((name) => [name, plain(row[name])]))),
      truncated: Boolean(pageState),
    };
  } catch (error) {
    throw error instanceof cassandra.errors.ResponseError ? refused(statement, error, host) : unavailable(host, error);
  }
};

/** What JSON can hold. The driver's own types (uuid, bigint, inet, timestamps) write themselves as text. */
const plain = (value: unknown): unknown => {
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint') return String(value);
  if (Buffer.isBuffer(value)) return `0x${value.toString('hex')}`;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Set || Array.isArray(value)) return [...value].map(plain);
  if (typeof value !== 'object') return value;
  if ('toJSON' in value && typeof value.toJSON === 'function') return value.toJSON();
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return Object.fromEntries(entries.map(([key, each]) => [String(key), plain(each)]));
};

/** Cassandra writes what it refuses in full sentences; codes of 0x1000 and above are about the ring, not the statement. */
const refused = (statement: string, error: cassandra.errors.ResponseError, host: string): JobctlError => {
  if (error.code < 0x2000) return unavailable(host, error);
  return usageError('CQL_INVALID', error.message, {
    detail: `in: ${statement}`,
    hint: 'correct the statement; names of your own: select keyspace_name, table_name from system_schema.tables',
    cause: error,
  });
};

const unavailable = (host: string, error: unknown): JobctlError =>
  unavailableError('STORE_UNAVAILABLE', `no answer from Cassandra: ${firstLine(error)}`, {
    detail: `asked ${host}`,
    hint: 'see the nodes with `jobctl cluster status`',
    cause: error,
  });

/** The driver appends the properties of what it caught, over several lines. */
const firstLine = (error: unknown): string => errorText(error).split('\n')[0] ?? '';
