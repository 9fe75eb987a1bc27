// Opens the store that a URL names. Stores are loaded only when they are asked for.
import { usageError } from '../core/model/errors.ts';
import type { Store } from '../core/ports/store.ts';

export interface OpenOptions {
  /** Buckets of a store that is created by this; default 16. An existing store keeps its own number. */
  readonly bucketCount?: number;
  /** The store's clock, ms since the epoch; the machine's unless a test moves time. */
  readonly wallMs?: () => number;
}

const HINT = 'use `sqlite:FILE`, for example `sqlite:./jobs.db`';

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
    throw usageError('STORE_URL_INVALID', 'this version cannot use Cassandra yet', { hint: HINT });
  }
  throw usageError('STORE_URL_INVALID', `cannot read the store URL "${url}"`, {
    detail: scheme === '' ? 'it does not start with a scheme' : `there is no store of the kind "${scheme}"`,
    hint: HINT,
  });
};
