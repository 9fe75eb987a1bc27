// Making and changing the schema of a store: `jobctl db`.

/** How far compare-and-sets agree: within a data centre, or between all of them. Never mixed: one does not see the other. */
export type SerialConsistency = 'local' | 'global';

export interface SchemaInit {
  /** Copies of every row, in the data centre of the store URL or in each that is named; ignored where the keyspace exists. */
  readonly replicationFactor: number | Readonly<Record<string, number>>;
  /** Fixed for the life of the store. Default `local`. */
  readonly serial?: SerialConsistency;
  /** Fixed for the life of the store. */
  readonly bucketCount: number;
}

export interface SchemaStatus {
  readonly url: string;
  /** Null where nothing was made yet. */
  readonly version: number | null;
  readonly newest: number;
  readonly bucketCount: number | null;
  readonly serial: SerialConsistency | null;
  /** As Cassandra describes it; null where there is no keyspace. */
  readonly replication: string | null;
  /** Names of the migrations that are missing. */
  readonly pending: readonly string[];
  /** Version of the database, and how many nodes it has. */
  readonly server: string;
  readonly nodes: number;
}

export type SchemaChange =
  | ({ readonly kind: 'init' } & SchemaInit)
  | { readonly kind: 'migrate' }
  | { readonly kind: 'reset' };

export interface SchemaStore extends AsyncDisposable {
  status(): Promise<SchemaStatus>;
  /** The statements that a change would send, in their order; nothing is changed. Throws what the change would throw. */
  plan(change: SchemaChange): Promise<readonly string[]>;
  /** Makes keyspace and tables. Idempotent: what is there stays as it is. */
  init(options: SchemaInit): Promise<SchemaStatus>;
  /** Applies what is missing. Throws SCHEMA_MISSING before `init`, SCHEMA_BUSY while another process does it. */
  migrate(): Promise<SchemaStatus>;
  /** Deletes all rows. What the store is stays, but for its age: it was made now. To be opened again. */
  empty(): Promise<void>;
  /** Drops the keyspace with all its data. */
  reset(): Promise<void>;
}
