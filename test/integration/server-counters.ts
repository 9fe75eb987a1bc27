// What a node has counted since it started: asked of that node alone.
import { runCql } from '../../src/cluster/cql/session.ts';

/** Tables that are written by compare-and-set only. */
const CAS_TABLES = ['sessions', 'locks', 'job_keys'];

/**
 * Compare-and-sets that were applied, as this replica counted them: each is written once by every replica. Those that were
 * refused write nothing.
 */
export const appliedCas = async (host: string, keyspace: string): Promise<number> => {
  let applied = 0;
  const counters = runCql(host, 'SELECT keyspace_name, table_name, count FROM system_views.local_write_latency');
  for await (const { rows } of counters) {
    for (const { keyspace_name: place, table_name: table, count } of rows) {
      if (place === keyspace && CAS_TABLES.includes(String(table))) applied += Number(count);
    }
  }
  return applied;
};
