// What a node has counted since it started: asked of that node alone.
import cassandra from 'cassandra-driver';

/** Tables that are written by compare-and-set only. */
const CAS_TABLES = ['sessions', 'locks', 'job_keys'];

/**
 * Compare-and-sets that were applied, as this replica counted them: each is written once by every replica. Those that were
 * refused write nothing.
 */
export const appliedCas = async (host: string, keyspace: string): Promise<number> => {
  const { AllowListPolicy, RoundRobinPolicy } = cassandra.policies.loadBalancing;
  const client = new cassandra.Client({
    contactPoints: [host],
    localDataCenter: 'dc1',
    policies: { loadBalancing: new AllowListPolicy(new RoundRobinPolicy(), [host]) },
  });
  try {
    const { rows } = await client.execute(
      'SELECT keyspace_name, table_name, count FROM system_views.local_write_latency',
    );
    const counted = rows.filter((row) => row.keyspace_name === keyspace && CAS_TABLES.includes(row.table_name));
    return counted.reduce((sum, row) => sum + Number(row.count), 0);
  } finally {
    await client.shutdown();
  }
};
