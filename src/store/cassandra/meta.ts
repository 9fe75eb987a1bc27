// What a store is, decided when it is made and the same for every process: schema version, number of buckets, which kind of
// linearizable consistency, when it was made, and the secret that signs hints.

import type { SerialConsistency } from '../../core/ports/schema.ts';
import type { Cql } from './client.ts';
import { schemaMissing, schemaNewer, schemaOlder } from './errors.ts';
import { SCHEMA_VERSION } from './schema.ts';

export interface Meta {
  readonly version: number;
  readonly bucketCount: number;
  readonly serial: SerialConsistency;
  /** ms since the epoch, by the store's clock. */
  readonly createdMs: number;
  /** Who can read the store may send hints. */
  readonly hintSecret: string;
}

const NAMES = ['version', 'bucket_count', 'serial', 'created_ms', 'hint_secret'];

/** Null where no store was made yet. */
export const readMeta = async (cql: Cql): Promise<Meta | null> => {
  // By name: of a scan no coordinator asks a second replica, so one node that hangs would keep every process from starting.
  const rows = await cql.read('SELECT name, value FROM meta WHERE name IN ?', [NAMES]);
  const values = new Map<string, string>(rows.map((row) => [row.name, row.value]));
  const [version, bucketCount, createdMs] = ['version', 'bucket_count', 'created_ms'].map((name) => values.get(name));
  if (version === undefined || bucketCount === undefined || createdMs === undefined) return null;
  return {
    version: Number(version),
    bucketCount: Number(bucketCount),
    serial: values.get('serial') === 'global' ? 'global' : 'local',
    createdMs: Number(createdMs),
    hintSecret: values.get('hint_secret') ?? '',
  };
};

/** Throws SCHEMA_MISSING, SCHEMA_OLDER or SCHEMA_NEWER where this program cannot work with the store. */
export const assertUsable = (meta: Meta | null, url: string): Meta => {
  if (meta === null) throw schemaMissing(url);
  if (meta.version < SCHEMA_VERSION) throw schemaOlder(url, meta.version, SCHEMA_VERSION);
  if (meta.version > SCHEMA_VERSION) throw schemaNewer(url, meta.version, SCHEMA_VERSION);
  return meta;
};

export const writeMeta = async (cql: Cql, values: Readonly<Record<string, string>>): Promise<void> => {
  for (const [name, value] of Object.entries(values)) {
    await cql.write([{ query: 'INSERT INTO meta (name, value) VALUES (?, ?)', params: [name, value] }]);
  }
};
