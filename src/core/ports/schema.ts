// Making and changing the schema of a store: `jobctl db`.

export interface SchemaInit {
  /** Copies of every row in the data centre of the store URL; ignored where the keyspace exists. */
  readonly replicationFactor: number;
  /** Fixed for the life of the store. */
  readonly bucketCount: number;
}

export interface SchemaStatus {
  readonly url: string;
  /** Null where nothing was made yet. */
  readonly version: number | null;
  readonly newest: number;
  readonly bucketCount: number | null;
  /** As Cassandra describes it; null where there is no keyspace. */
  readonly replication: string | null;
  /** Names of the migrations that are missing. */
  readonly pending: readonly string[];
}

export interface SchemaStore extends AsyncDisposable {
  status(): Promise<SchemaStatus>;
  /** Makes keyspace and tables. Idempotent: what is there stays as it is. */
  init(options: SchemaInit): Promise<SchemaStatus>;
  /** Applies what is missing. Throws SCHEMA_MISSING before `init`, SCHEMA_BUSY while another process does it. */
  migrate(): Promise<SchemaStatus>;
  /** Drops the keyspace with all its data. */
  reset(): Promise<void>;
}
