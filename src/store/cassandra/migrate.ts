// Makes and changes the schema: one process at a time, under a row that only one can insert. DDL of several processes at once
// would disagree.
import { randomUUID } from 'node:crypto';
import { conflictError } from '../../core/model/errors.ts';
import type { SchemaInit, SchemaStatus, SchemaStore } from '../../core/ports/schema.ts';
import { type Cql, connect } from './client.ts';
import { isMissingKeyspace, schemaMissing } from './errors.ts';
import { type Meta, readMeta, writeMeta } from './meta.ts';
import { CONNECT_MS } from './open.ts';
import { META_TABLE, MIGRATIONS, SCHEMA_VERSION, withCompaction } from './schema.ts';
import { parseCassandraUrl } from './url.ts';

/** A migration that was killed blocks others for so long, s. */
const BUSY_SECONDS = 300;
/** A statement of the schema waits for every node, ms. */
const DDL_TIMEOUT_MS = 30_000;

export const openCassandraSchema = async (url: string): Promise<SchemaStore> => {
  const address = parseCassandraUrl(url);
  const { keyspace, localDataCenter } = address;
  const cql = await connect(address, { serial: 'local', keyspace: null, timeoutMs: CONNECT_MS });
  let inside: Cql | null = null;
  const enter = async (): Promise<Cql> => {
    inside ??= await connect(address, { serial: 'local', keyspace, timeoutMs: CONNECT_MS });
    return inside;
  };
  const meta = async (): Promise<Meta | null> => {
    if ((await replicationOf(cql, keyspace)) === null) return null;
    try {
      return await readMeta(await enter());
    } catch (error) {
      if (isMissingKeyspace((error as Error).cause ?? error)) return null;
      throw error;
    }
  };
  const status = async (): Promise<SchemaStatus> => {
    const found = await meta();
    return {
      url,
      version: found?.version ?? null,
      newest: SCHEMA_VERSION,
      bucketCount: found?.bucketCount ?? null,
      replication: await replicationOf(cql, keyspace),
      pending: MIGRATIONS.filter(({ version }) => version > (found?.version ?? 0)).map(({ name }) => name),
    };
  };
  const migrateFrom = async (version: number): Promise<void> => {
    const tables = await enter();
    const major = await serverMajor(tables);
    for (const migration of MIGRATIONS.filter((each) => each.version > version)) {
      for (const statement of migration.statements) await define(tables, withCompaction(statement, major));
      await writeMeta(tables, { version: String(migration.version) });
    }
  };

  return {
    status,
    init: async ({ replicationFactor, bucketCount }: SchemaInit) => {
      const replication = `{'class': 'NetworkTopologyStrategy', '${localDataCenter}': ${replicationFactor}}`;
      await define(cql, `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = ${replication}`);
      const tables = await enter();
      await define(tables, withCompaction(META_TABLE, await serverMajor(tables)));
      await alone(tables, async () => {
        const found = await readMeta(tables);
        if (found === null) {
          const values = {
            bucket_count: bucketCount,
            serial: 'local',
            created_ms: Date.now(),
            hint_secret: randomUUID(),
          };
          const texts = Object.entries(values).map(([name, value]) => [name, String(value)]);
          await writeMeta(tables, Object.fromEntries(texts));
        }
        await migrateFrom(found?.version ?? 0);
      });
      return status();
    },
    migrate: async () => {
      const found = await meta();
      if (found === null) throw schemaMissing(url);
      await alone(await enter(), () => migrateFrom(found.version));
      return status();
    },
    reset: () => define(cql, `DROP KEYSPACE IF EXISTS ${keyspace}`),
    [Symbol.asyncDispose]: async () => {
      await cql.client.shutdown();
      await inside?.client.shutdown();
    },
  };
};

const define = async (cql: Cql, statement: string): Promise<void> => {
  await cql.client.execute(statement, [], { readTimeout: DDL_TIMEOUT_MS });
};

/** As a row of the system tables says; null where there is no such keyspace. */
const replicationOf = async (cql: Cql, keyspace: string): Promise<string | null> => {
  const query = 'SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?';
  const [row] = await cql.read(query, [keyspace]);
  return row === undefined ? null : JSON.stringify(row.replication);
};

const serverMajor = async (cql: Cql): Promise<number> => {
  const [row] = await cql.read('SELECT release_version FROM system.local');
  return Number.parseInt(String(row?.release_version), 10);
};

const alone = async (cql: Cql, work: () => Promise<void>): Promise<void> => {
  const who = randomUUID();
  const insert = `INSERT INTO meta (name, value) VALUES ('migrating', ?) IF NOT EXISTS USING TTL ${BUSY_SECONDS}`;
  if ((await cql.compareAndSet(insert, [who])) !== 'applied') {
    throw conflictError('SCHEMA_BUSY', 'another process is changing the schema', {
      detail: `if it was killed, it blocks others for up to ${BUSY_SECONDS} s`,
      hint: 'see `jobctl db status`, then try again',
    });
  }
  try {
    await work();
  } finally {
    await cql.compareAndSet("DELETE FROM meta WHERE name = 'migrating' IF value = ?", [who]);
  }
};
