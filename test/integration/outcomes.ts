// Looks at attempt rows through one node alone, without waiting for others: what has arrived there.
import cassandra from 'cassandra-driver';
import type { ProcessCluster } from '../../src/cluster/process/cluster.ts';
import { type JobId, jobKey } from '../../src/core/model/ids.ts';
import { parseCassandraUrl } from '../../src/store/cassandra/url.ts';
import { stateOf, uuidOfJob } from '../../src/store/cassandra/values.ts';

const QUERY =
  'SELECT state FROM job_history WHERE bucket = ? AND slot = ? AND prio = ? AND due_ms = ? AND job_id = ? LIMIT 1';

export interface OutcomesSeen extends AsyncDisposable {
  /** One of the jobs has an outcome. */
  some(ids: readonly JobId[]): Promise<boolean>;
}

export const outcomesSeenBy = async (url: string, node: string, cluster: ProcessCluster): Promise<OutcomesSeen> => {
  const host = `${cluster.node(node).address}:${cluster.cqlPort}`;
  const { AllowListPolicy, RoundRobinPolicy } = cassandra.policies.loadBalancing;
  const client = new cassandra.Client({
    contactPoints: [host],
    localDataCenter: 'dc1',
    keyspace: parseCassandraUrl(url).keyspace,
    policies: { loadBalancing: new AllowListPolicy(new RoundRobinPolicy(), [host]) },
    queryOptions: { consistency: cassandra.types.consistencies.one, prepare: true },
  });
  await client.connect();
  const isOver = async (id: JobId): Promise<boolean> => {
    const { bucket, slot, priority, dueMs } = jobKey(id);
    const { rows } = await client.execute(QUERY, [bucket, slot, priority, dueMs, uuidOfJob(id)]);
    const [row] = rows;
    return row !== undefined && stateOf(row.state) === 'succeeded';
  };
  return {
    some: async (ids) => (await Promise.all(ids.map(isOver))).some(Boolean),
    [Symbol.asyncDispose]: () => client.shutdown(),
  };
};
