// What a benchmark asks a cluster for without jobctl: what it is, and to forget what the last scenario left.
import { Client } from 'cassandra-driver';
import { errorText, unavailableError } from '../../core/model/errors.ts';

/** A node that is busy with the last scenario may take so long to empty a table, ms. */
const READ_TIMEOUT_MS = 60_000;
/** What the store is, not what is in it. */
const KEPT_TABLE = 'meta';

/** Version and number of nodes; without a keyspace, which may not be there. Throws STORE_UNAVAILABLE, and the driver's errors. */
export const describeCluster = (url: string): Promise<{ readonly version: string; readonly nodes: number }> =>
  withClient(url, async (client) => {
    const { rows } = await client.execute('SELECT release_version FROM system.local');
    return { version: String(rows[0]?.release_version), nodes: client.hosts.length };
  });

export const emptyKeyspace = (url: string, keyspace: string): Promise<void> =>
  withClient(url, async (client) => {
    const query = 'SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?';
    const { rows } = await client.execute(query, [keyspace], { prepare: true });
    const tables = rows.map((row) => String(row.table_name)).filter((name) => name !== KEPT_TABLE);
    for (const table of tables) await client.execute(`TRUNCATE ${keyspace}.${table}`);
  });

const withClient = async <Result>(url: string, work: (client: Client) => Promise<Result>): Promise<Result> => {
  const [, hosts = '', query = ''] = /^cassandra:\/\/([^/?]*)\/?[^?]*(\?.*)?$/.exec(url) ?? [];
  const localDataCenter = new URLSearchParams(query).get('dc') ?? '';
  const socketOptions = { readTimeout: READ_TIMEOUT_MS };
  const client = new Client({ contactPoints: hosts.split(','), localDataCenter, socketOptions });
  try {
    await client.connect().catch((cause: unknown) => {
      throw unavailableError('STORE_UNAVAILABLE', `no Cassandra node answers at ${hosts}`, {
        detail: errorText(cause).split('\n')[0] ?? '',
        hint: 'start one with `jobctl cluster up`, or measure the embedded store: leave --store out',
        cause,
      });
    });
    return await work(client);
  } finally {
    await client.shutdown();
  }
};
