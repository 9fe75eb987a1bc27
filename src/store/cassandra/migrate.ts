// Makes and changes the schema: one process at a time, under a row that only one can insert. DDL of several processes at once
// would disagree.
import { randomUUID } from 'node:crypto';
import { conflictError, usageError } from '../../core/model/errors.ts';
import type {
  SchemaChange,
  SchemaInit,
  SchemaStatus,
  SchemaStore,
  SerialConsistency,
} from '../../core/ports/schema.ts';
import { type Cql, connect } from './client.ts';
import { isMissingKeyspace, schemaMissing } from './errors.ts';
import { type Meta, readMeta, writeMeta } from './meta.ts';
import { wallMsOf } from './node-clocks.ts';
import { TIMEOUT_DEFAULT_MS } from './open.ts';
import { META_TABLE, MIGRATIONS, type Migration, SCHEMA_VERSION, withCompaction } from './schema.ts';
import { type CassandraAddress, parseCassandraUrl } from './url.ts';

/** A migration that was killed blocks others for so long, s. */
const BUSY_SECONDS = 300;
/** A table in which rows stay so often is being used. */
const TRUNCATES_MAX = 5;

export const openCassandraSchema = async (
  url: string,
  { timeoutMs = TIMEOUT_DEFAULT_MS }: { readonly timeoutMs?: number },
): Promise<SchemaStore> => {
  const address = parseCassandraUrl(url);
  const outside = await connect(address, { serial: 'local', keyspace: null, timeoutMs });
  return new CassandraSchema(address, outside, timeoutMs);
};

/** What the store is, not what is in it. */
const META = 'meta';

class CassandraSchema implements SchemaStore {
  readonly #address: CassandraAddress;
  /** Without a keyspace. */
  readonly #outside: Cql;
  readonly #timeoutMs: number;
  readonly #inside = new Map<SerialConsistency, Cql>();

  constructor(address: CassandraAddress, outside: Cql, timeoutMs: number) {
    this.#address = address;
    this.#timeoutMs = timeoutMs;
    this.#outside = outside;
  }

  async status(): Promise<SchemaStatus> {
    const found = await this.#meta();
    return {
      url: this.#address.url,
      version: found?.version ?? null,
      newest: SCHEMA_VERSION,
      bucketCount: found?.bucketCount ?? null,
      serial: found?.serial ?? null,
      replication: await this.#replication(),
      pending: missingFrom(found?.version ?? 0).map(({ name }) => name),
      server: await serverVersion(this.#outside),
      nodes: this.#outside.nodes().length,
    };
  }

  async plan(change: SchemaChange): Promise<readonly string[]> {
    const [found, replication] = [await this.#meta(), await this.#replication()];
    if (change.kind === 'reset') return replication === null ? [] : [this.#dropKeyspace()];
    if (change.kind === 'migrate' && found === null) throw schemaMissing(this.#address.url);
    const major = await serverMajor(this.#outside);
    return [
      ...(change.kind === 'init' && replication === null ? [this.#makeKeyspace(change)] : []),
      ...(found === null ? [META_TABLE] : []),
      ...missingFrom(found?.version ?? 0).flatMap(({ statements }) => statements),
    ].map((statement) => withCompaction(statement, major));
  }

  async init(options: SchemaInit): Promise<SchemaStatus> {
    await this.#outside.define([this.#makeKeyspace(options)]);
    const { bucketCount, serial = 'local' } = options;
    const cql = await this.#enter((await this.#meta())?.serial ?? serial);
    await cql.define([withCompaction(META_TABLE, await serverMajor(cql))]);
    await alone(cql, async () => {
      const found = await readMeta(cql);
      if (found === null) {
        const values = {
          bucket_count: bucketCount,
          serial,
          created_ms: await wallMsOf(cql),
          hint_secret: randomUUID(),
        };
        const texts = Object.entries(values).map(([name, value]) => [name, String(value)]);
        await writeMeta(cql, Object.fromEntries(texts));
      }
      await migrateFrom(cql, found?.version ?? 0);
    });
    return this.status();
  }

  async migrate(): Promise<SchemaStatus> {
    const found = await this.#meta();
    if (found === null) throw schemaMissing(this.#address.url);
    const cql = await this.#enter(found.serial);
    await alone(cql, () => migrateFrom(cql, found.version));
    return this.status();
  }

  async empty(): Promise<void> {
    const { keyspace } = this.#address;
    const query = 'SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?';
    const names = (await this.#outside.read(query, [keyspace])).map(({ table_name: name }) => String(name));
    for (const name of names) if (name !== META) await truncate(this.#outside, `${keyspace}.${name}`);
    // As if made now: owners look at every slot since.
    const found = await this.#meta();
    if (found === null) return;
    const cql = await this.#enter(found.serial);
    await writeMeta(cql, { created_ms: String(await wallMsOf(cql)) });
  }

  reset(): Promise<void> {
    return this.#outside.define([this.#dropKeyspace()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const cql of [this.#outside, ...this.#inside.values()]) await cql.client.shutdown();
  }

  async #enter(serial: SerialConsistency): Promise<Cql> {
    const { keyspace } = this.#address;
    const cql =
      this.#inside.get(serial) ?? (await connect(this.#address, { serial, keyspace, timeoutMs: this.#timeoutMs }));
    this.#inside.set(serial, cql);
    return cql;
  }

  async #meta(): Promise<Meta | null> {
    if ((await this.#replication()) === null) return null;
    try {
      return await readMeta(await this.#enter('local'));
    } catch (error) {
      if (isMissingKeyspace((error as Error).cause ?? error)) return null;
      throw error;
    }
  }

  /** As a row of the system tables says; null where there is no such keyspace. */
  async #replication(): Promise<string | null> {
    const query = 'SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?';
    const [row] = await this.#outside.read(query, [this.#address.keyspace]);
    return row === undefined ? null : JSON.stringify(row.replication);
  }

  #makeKeyspace({ replicationFactor: factor }: SchemaInit): string {
    const { keyspace, localDataCenter } = this.#address;
    const factors = typeof factor === 'number' ? { [localDataCenter]: factor } : factor;
    if (!(localDataCenter in factors)) {
      throw usageError('OPTION_INVALID', `no copies were asked for in ${localDataCenter}, where requests go`, {
        detail: this.#address.url,
        hint: `name it, as in --rf ${localDataCenter}=3`,
      });
    }
    const places = Object.entries(factors).map(([name, count]) => `'${name.replaceAll("'", "''")}': ${count}`);
    const replication = `{'class': 'NetworkTopologyStrategy', ${places.join(', ')}}`;
    return `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = ${replication}`;
  }

  #dropKeyspace(): string {
    return `DROP KEYSPACE IF EXISTS ${this.#address.keyspace}`;
  }
}

const missingFrom = (version: number): readonly Migration[] => MIGRATIONS.filter((each) => each.version > version);

const migrateFrom = async (cql: Cql, version: number): Promise<void> => {
  const major = await serverMajor(cql);
  for (const migration of missingFrom(version)) {
    await cql.define(migration.statements.map((statement) => withCompaction(statement, major)));
    await writeMeta(cql, { version: String(migration.version) });
  }
};

/**
 * What a hint or Paxos brings to a node while it truncates stays, parts of rows among it: a lock's row without its token. So
 * every replica is asked whether anything did.
 */
const truncate = async (cql: Cql, table: string): Promise<void> => {
  for (let tries = 0; tries < TRUNCATES_MAX; tries += 1) {
    if (await cql.truncate(table)) return;
  }
  throw conflictError('SCHEMA_BUSY', `rows come into ${table} while it is emptied`, {
    hint: 'end what uses it (`jobctl worker list`, `jobctl scheduler list`), then try again',
  });
};

const serverVersion = async (cql: Cql): Promise<string> => {
  const [row] = await cql.read('SELECT release_version FROM system.local');
  return String(row?.release_version);
};

const serverMajor = async (cql: Cql): Promise<number> => Number.parseInt(await serverVersion(cql), 10);

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
