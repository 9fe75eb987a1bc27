// The schema as numbered migrations: each is applied once, in order, under a lock. `infra/schema.cql` is written from it.

export interface Migration {
  readonly version: number;
  readonly name: string;
  /** One CQL statement each; tables are named without their keyspace; COMPACTION stands for the strategy. */
  readonly statements: readonly string[];
}

/** Longer than hints are kept (3 h): a deleted partition must not come back with one. */
const GC_GRACE_SECONDS = 10_800;
/** Rows of members expire by themselves and are never read by anything that must be right. */
const MEMBERS_GC_GRACE_SECONDS = 60;

const PLACE = 'bucket smallint, slot int, prio tinyint, due_ms bigint, job_id uuid';
/** When a coordinator asks another replica for a row: a node that hangs costs so much, until gossip takes it out. */
const SPECULATIVE_RETRY = 'MIN(99p,50ms)';
const options = (gcGraceSeconds: number, extra = ''): string =>
  `WITH gc_grace_seconds = ${gcGraceSeconds} AND speculative_retry = '${SPECULATIVE_RETRY}'
  AND compaction = COMPACTION${extra}`;
const AP = options(GC_GRACE_SECONDS);

export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    name: 'jobs, sessions and locks',
    statements: [
      `CREATE TABLE IF NOT EXISTS sessions (id uuid PRIMARY KEY, live boolean, beat bigint, op_id uuid, lease_ms int,
  until timestamp, role text, address text) ${AP}`,
      `CREATE TABLE IF NOT EXISTS locks (name text PRIMARY KEY, session uuid, fencing_token bigint, op_id uuid,
  note text) ${AP}`,
      `CREATE TABLE IF NOT EXISTS jobs_sharded (${PLACE}, queue text, type text, payload text, spec text,
  created_ms bigint, PRIMARY KEY ((bucket, slot), prio, due_ms, job_id)) ${AP}`,
      `CREATE TABLE IF NOT EXISTS job_history (${PLACE}, fence bigint, attempt smallint, state tinyint, worker text,
  started_ms bigint, ended_ms bigint, next_due_ms bigint, error text, result text,
  PRIMARY KEY ((bucket, slot), prio, due_ms, job_id, fence))
  ${options(GC_GRACE_SECONDS, ' AND CLUSTERING ORDER BY (prio ASC, due_ms ASC, job_id ASC, fence DESC)')}`,
      `CREATE TABLE IF NOT EXISTS jobs_pending_by_bucket (${PLACE}, fence bigint, op tinyint, target_ms bigint,
  PRIMARY KEY ((bucket, slot), prio, due_ms, job_id, fence, op)) ${AP}`,
      `CREATE TABLE IF NOT EXISTS checkpoints (bucket smallint, fencing_token bigint, ckpt text, at_ms bigint,
  PRIMARY KEY (bucket, fencing_token)) ${options(GC_GRACE_SECONDS, ' AND CLUSTERING ORDER BY (fencing_token DESC)')}`,
      `CREATE TABLE IF NOT EXISTS job_keys (ns text, key text, job_id uuid, created_ms bigint,
  PRIMARY KEY ((ns, key))) ${AP}`,
      `CREATE TABLE IF NOT EXISTS jobs_dlq (queue text, day int, shard tinyint, failed_ms bigint, job_id uuid, fence bigint,
  attempts smallint, reason text, type text, payload text, spec text, created_ms bigint,
  PRIMARY KEY ((queue, day, shard), failed_ms, job_id, fence))
  ${options(GC_GRACE_SECONDS, ' AND CLUSTERING ORDER BY (failed_ms DESC, job_id ASC, fence DESC)')}`,
      `CREATE TABLE IF NOT EXISTS members (role text, member_id text, session uuid, beat bigint, address text,
  hint_address text, buckets text, types list<text>, capacity int, running int, version text, started_ms bigint,
  beat_ms bigint, PRIMARY KEY ((role), member_id)) ${options(MEMBERS_GC_GRACE_SECONDS)}`,
    ],
  },
  {
    version: 2,
    name: 'placements of buckets',
    // One partition: every worker reads it as a whole, and there are few rows.
    statements: [
      `CREATE TABLE IF NOT EXISTS placements (scope text, subject text, worker text, reason text, who text, at_ms bigint,
  PRIMARY KEY ((scope), subject)) ${AP}`,
    ],
  },
  {
    version: 3,
    name: 'schedules',
    statements: [
      `CREATE TABLE IF NOT EXISTS schedules (shard smallint, name text, version int, doc text,
  PRIMARY KEY ((shard), name)) ${AP}`,
      `CREATE TABLE IF NOT EXISTS cron_runs (schedule text, day int, slot_ms bigint, fencing_token bigint, state text, job_id uuid,
  reason text, late boolean, decided_ms bigint, PRIMARY KEY ((schedule, day), slot_ms, fencing_token))
  ${options(GC_GRACE_SECONDS, ' AND CLUSTERING ORDER BY (slot_ms ASC, fencing_token DESC)')}`,
      `CREATE TABLE IF NOT EXISTS cron_progress (shard smallint, schedule text, fencing_token bigint, done_to_ms bigint, last_job uuid,
  PRIMARY KEY ((shard), schedule, fencing_token))
  ${options(GC_GRACE_SECONDS, ' AND CLUSTERING ORDER BY (schedule ASC, fencing_token DESC)')}`,
    ],
  },
  {
    version: 4,
    name: 'what a schedule was, what its owner remembers, backfills',
    statements: [
      `CREATE TABLE IF NOT EXISTS schedule_versions (name text, created_ms bigint, version int, doc text,
  PRIMARY KEY ((name), created_ms, version))
  ${options(GC_GRACE_SECONDS, ' AND CLUSTERING ORDER BY (created_ms DESC, version DESC)')}`,
      'ALTER TABLE cron_progress ADD IF NOT EXISTS memory text',
      'ALTER TABLE cron_progress DROP IF EXISTS last_job',
      'ALTER TABLE cron_runs ADD IF NOT EXISTS backfill boolean',
    ],
  },
];

export const SCHEMA_VERSION = Math.max(...MIGRATIONS.map(({ version }) => version));

/** What a store is, written when it is made: it stands before the first migration. */
export const META_TABLE = `CREATE TABLE IF NOT EXISTS meta (name text PRIMARY KEY, value text) ${AP}`;

/** Unified compaction came with 5.0. Timestamps are ordinary wall-clock ones, so time windows work before that. */
export const withCompaction = (cql: string, serverMajor: number): string =>
  cql.replaceAll(
    'COMPACTION',
    `{'class': '${serverMajor >= 5 ? 'UnifiedCompactionStrategy' : 'TimeWindowCompactionStrategy'}'}`,
  );

/** Everything, as one file for people. */
export const schemaCql = (): string => {
  const lines = [
    '-- Written from src/store/cassandra/schema.ts by `npm run schema`; a test compares the two.',
    '-- The keyspace is made by `jobctl db init`, with the replication that you give.',
    `${META_TABLE};`,
    ...MIGRATIONS.flatMap(({ version, name, statements }) => [
      `-- ${version}: ${name}`,
      ...statements.map((statement) => `${statement};`),
    ]),
    '',
  ];
  return withCompaction(lines.join('\n'), 5);
};
