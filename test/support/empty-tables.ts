// Empties a keyspace between tests: truncating is quicker than a schema, whose every statement takes a second or two.
import { vi } from 'vitest';
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
  'placements',
  'schedules',
  'schedule_versions',
  'cron_runs',
  'cron_progress',
];
const TRUNCATE_TIMEOUT_MS = 30_000;
/** The protocol's error code of a TRUNCATE that was refused because a node is believed down. */
const TRUNCATE_ERROR = 0x10_03;
/** How long nodes may take to see that a mended one is up again: gossip goes round once a second. */
const SEEN_UP_TIMEOUT_MS = 60_000;

/** Nobody may be using the store. Waits until every node believes that all are up: a TRUNCATE needs all of them. */
export const emptyTables = async (url: string): Promise<void> => {
  const { Client } = (await import('cassandra-driver')).default;
  const { contactPoints, localDataCenter, keyspace } = parseCassandraUrl(url);
  const client = new Client({ contactPoints: [...contactPoints], localDataCenter, keyspace });
  const isTruncated = async (table: string): Promise<boolean> => {
    try {
      await client.execute(`TRUNCATE ${table}`, [], { readTimeout: TRUNCATE_TIMEOUT_MS });
      return true;
    } catch (error) {
      if ((error as { code?: unknown }).code === TRUNCATE_ERROR) return false;
      throw error;
    }
  };
  try {
    for (const table of TABLES) {
      await vi.waitUntil(() => isTruncated(table), { timeout: SEEN_UP_TIMEOUT_MS, interval: 500 });
    }
  } finally {
    await client.shutdown();
  }
};
