// The tables, as on Cassandra: the clustering key is the primary key, so rows lie in the order in which they are read.

const PLACE =
  'bucket INTEGER NOT NULL, slot INTEGER NOT NULL, prio INTEGER NOT NULL, due_ms INTEGER NOT NULL, job_id TEXT NOT NULL';

const FIRST = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE jobs_sharded (${PLACE},
  queue TEXT NOT NULL, type TEXT NOT NULL, payload TEXT NOT NULL, spec TEXT NOT NULL, created_ms INTEGER NOT NULL,
  PRIMARY KEY (bucket, slot, prio, due_ms, job_id)) WITHOUT ROWID;
CREATE TABLE job_history (${PLACE}, fence INTEGER NOT NULL,
  attempt INTEGER NOT NULL, state TEXT NOT NULL, worker TEXT NOT NULL, started_ms INTEGER NOT NULL, ended_ms INTEGER,
  next_due_ms INTEGER, error TEXT, result TEXT,
  PRIMARY KEY (bucket, slot, prio, due_ms, job_id, fence DESC)) WITHOUT ROWID;
CREATE TABLE jobs_pending_by_bucket (${PLACE}, fence INTEGER NOT NULL, op TEXT NOT NULL, target_ms INTEGER,
  PRIMARY KEY (bucket, slot, prio, due_ms, job_id, fence, op)) WITHOUT ROWID;
CREATE TABLE checkpoints (bucket INTEGER NOT NULL, fencing_token INTEGER NOT NULL, row TEXT NOT NULL,
  PRIMARY KEY (bucket, fencing_token DESC)) WITHOUT ROWID;
CREATE TABLE sessions (id TEXT PRIMARY KEY, live INTEGER NOT NULL, beat INTEGER NOT NULL, op_id TEXT NOT NULL,
  lease_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL, role TEXT NOT NULL, address TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE locks (name TEXT PRIMARY KEY, session TEXT, fencing_token INTEGER NOT NULL, op_id TEXT NOT NULL,
  note TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE job_keys (ns TEXT NOT NULL, key TEXT NOT NULL, job_id TEXT NOT NULL, created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL, PRIMARY KEY (ns, key)) WITHOUT ROWID;
CREATE INDEX job_keys_by_expiry ON job_keys (expires_ms);
CREATE TABLE jobs_dlq (queue TEXT NOT NULL, day INTEGER NOT NULL, shard INTEGER NOT NULL, failed_ms INTEGER NOT NULL,
  job_id TEXT NOT NULL, fence INTEGER NOT NULL, attempts INTEGER NOT NULL, reason TEXT NOT NULL, type TEXT NOT NULL,
  payload TEXT NOT NULL, spec TEXT NOT NULL, created_ms INTEGER NOT NULL,
  PRIMARY KEY (queue, day, shard, failed_ms DESC, job_id, fence DESC)) WITHOUT ROWID;
CREATE TABLE members (role TEXT NOT NULL, member_id TEXT NOT NULL, row TEXT NOT NULL, expires_ms INTEGER NOT NULL,
  PRIMARY KEY (role, member_id)) WITHOUT ROWID;
`;

/** A table of placements came second. */
const PLACEMENTS = 'CREATE TABLE placements (subject TEXT PRIMARY KEY, row TEXT NOT NULL) WITHOUT ROWID;';

/** Schedules came third. */
const SCHEDULES = `
CREATE TABLE schedules (shard INTEGER NOT NULL, name TEXT PRIMARY KEY, version INTEGER NOT NULL, row TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX schedules_by_shard ON schedules (shard, name);
CREATE TABLE cron_runs (schedule TEXT NOT NULL, slot_ms INTEGER NOT NULL, token INTEGER NOT NULL, row TEXT NOT NULL,
  PRIMARY KEY (schedule, slot_ms, token)) WITHOUT ROWID;
CREATE TABLE cron_progress (shard INTEGER NOT NULL, schedule TEXT PRIMARY KEY, token INTEGER NOT NULL, row TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX cron_progress_by_shard ON cron_progress (shard, schedule);
`;

/** What schedules were before their changes came fourth. */
const VERSIONS = `
CREATE TABLE schedule_versions (name TEXT NOT NULL, created_ms INTEGER NOT NULL, version INTEGER NOT NULL, at_ms INTEGER NOT NULL,
  row TEXT NOT NULL, PRIMARY KEY (name, created_ms, version)) WITHOUT ROWID;
`;

/** What is due, of all buckets at once, came fifth: without it a look for work asks every priority of every bucket. */
const DUE = `
CREATE INDEX jobs_by_due ON jobs_sharded (slot, due_ms);
CREATE INDEX pointers_by_due ON jobs_pending_by_bucket (slot, due_ms);
`;

/** What makes each version out of the one before; a new file runs them all. */
export const MIGRATIONS: readonly string[] = [FIRST, PLACEMENTS, SCHEDULES, VERSIONS, DUE];

/** Kept in `user_version`. */
export const SCHEMA_VERSION = MIGRATIONS.length;
