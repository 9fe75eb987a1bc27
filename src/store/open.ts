// Opens the store that a URL names. Stores are loaded only when they are asked for.
import { usageError } from '../core/model/errors.ts';
import type { SchemaStore } from '../core/ports/schema.ts';
import type { Store } from '../core/ports/store.ts';

export interface OpenOptions {
  /** Buckets of a store that is created by this; default 16. An existing store keeps its own number. */
  readonly bucketCount?: number;
  /** The store's clock, ms since the epoch; the machine's unless a test moves time. */
  readonly wallMs?: () => number;
  /** Longest wait for an answer of a store on other machines, ms. Default 10 s. */
  readonly timeoutMs?: number;
}

const HINT = 'use `sqlite:./jobs.db` or `cassandra://10.0.0.1,10.0.0.2/jobctl?dc=dc1`';

/** Throws a usage error for a URL that cannot be read, and the store's own errors (docs/errors.md). */
export const openStore = async (url: string, options: OpenOptions = {}): Promise<Store> => {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+]*):(.*)$/s.exec(url.trim()) ?? [];
  if (scheme === 'sqlite') {
    const path = rest.replace(/^\/\/(?=\/|$)/, '');
    if (path === '') throw usageError('STORE_URL_INVALID', `the store URL "${url}" names no file`, { hint: HINT });
    const { openSqlite } = await import('./sqlite/open.ts');
    return openSqlite(path, options);
  }
  if (scheme === 'cassandra') {
    const { openCassandra } = await import('./cassandra/open.ts');
    return openCassandra(url.trim(), options);
  }
  throw usageError('STORE_URL_INVALID', `cannot read the store URL "${url}"`, {
    detail: scheme === '' ? 'it does not start with a scheme' : `there is no store of the kind "${scheme}"`,
    hint: HINT,
  });
};

/** What a store needs before it can be opened. Throws a usage error where nothing has to be made. */
export const openSchema = async (url: string, options: Pick<OpenOptions, 'timeoutMs'> = {}): Promise<SchemaStore> => {
  if (!url.trim().startsWith('cassandra:')) {
    throw usageError('STORE_URL_INVALID', `the store "${url}" needs no schema commands`, {
      detail: 'an embedded store is made when it is first used',
      hint: 'name a cluster with --store cassandra://HOST/KEYSPACE?dc=NAME',
    });
  }
  const { openCassandraSchema } = await import('./cassandra/migrate.ts');
  return openCassandraSchema(url.trim(), options);
};
