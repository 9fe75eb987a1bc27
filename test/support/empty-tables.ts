// Empties a keyspace between tests: truncating is quicker than a schema, whose every statement takes a second or two.
import { parseCassandraUrl } from '../../src/store/cassandra/url.ts';

const TABLES = [
  'jobs_sharded',
  'job_history',
  'jobs_pending_by_bucket',
  'checkpoints',
  'sessions',
  'locks',
  'job_keys',
  'jobs_dlq',
  'members',
];
const TRUNCATE_TIMEOUT_MS = 30_000;

/** Nobody may be using the store. */
export const emptyTables = async (url: string): Promise<void> => {
  const { Client } = (await import('cassandra-driver')).default;
  const { contactPoints, localDataCenter, keyspace } = parseCassandraUrl(url);
  const client = new Client({ contactPoints: [...contactPoints], localDataCenter, keyspace });
  try {
    for (const table of TABLES) await client.execute(`TRUNCATE ${table}`, [], { readTimeout: TRUNCATE_TIMEOUT_MS });
  } finally {
    await client.shutdown();
  }
};
