// Checkpoints, members, idempotency keys and dead letters.
import { deadLetterKey } from '../../core/model/dead-letter.ts';
import type { DeadLetterRow, JobRow } from '../../core/model/job.ts';
import type { CheckpointRow, MemberRow } from '../../core/model/lock.ts';
import type {
  CheckpointStore,
  DeadLetterStore,
  KeyStore,
  MemberStore,
  PlacementStore,
} from '../../core/ports/store.ts';
import type { Cql, Row, Statement } from './client.ts';
import { createPlacementStore } from './placements.ts';
import { jobOfUuid, numberOf, uuidOf, uuidOfJob } from './values.ts';

const MS_PER_SECOND = 1_000;
/** Cassandra's TTL counts whole seconds. */
const ttlSeconds = (ttlMs: number): number => Math.max(1, Math.ceil(ttlMs / MS_PER_SECOND));

/** Checkpoints kept of one bucket: the newest and the one before. */
const CHECKPOINTS_KEPT = 2;

export const createCheckpointStore = (cql: Cql): CheckpointStore => {
  /** The token under which old checkpoints of a bucket were deleted last. */
  const pruned = new Map<number, number>();
  return {
    checkpointWrite: async (row) => {
      const { bucket, token, atMs } = row;
      const insert = {
        query: 'INSERT INTO checkpoints (bucket, fencing_token, ckpt, at_ms) VALUES (?, ?, ?, ?)',
        params: [bucket, token, JSON.stringify(row), atMs],
      };
      const isNew = pruned.get(bucket) !== token && token > CHECKPOINTS_KEPT;
      const prune = {
        query: 'DELETE FROM checkpoints WHERE bucket = ? AND fencing_token <= ?',
        params: [bucket, token - CHECKPOINTS_KEPT],
      };
      await cql.write(isNew ? [insert, prune] : [insert]);
      pruned.set(bucket, token);
    },
    checkpointGet: async (bucket) => {
      const [row] = await cql.read('SELECT ckpt FROM checkpoints WHERE bucket = ? LIMIT 1', [bucket]);
      return row === undefined ? null : (JSON.parse(row.ckpt) as CheckpointRow);
    },
  };
};

export interface MemberStoreOptions {
  /** Where this process listens for hints, as `host:port`; null when it does not. */
  readonly hintAddress: () => Promise<string | null>;
}

/** Who is there, and where operators want buckets to be: workers read the two together. */
export const createMemberStore = (cql: Cql, { hintAddress }: MemberStoreOptions): MemberStore & PlacementStore => ({
  ...createPlacementStore(cql),
  memberWrite: async (row, ttlMs) =>
    cql.write([
      {
        query: `INSERT INTO members (role, member_id, session, beat, address, hint_address, buckets, types, capacity, running,
          version, started_ms, beat_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TTL ?`,
        params: [...memberParams(row, (await hintAddress()) ?? ''), ttlSeconds(ttlMs)],
      },
    ]),
  memberDelete: (role, memberId) =>
    cql.write([{ query: 'DELETE FROM members WHERE role = ? AND member_id = ?', params: [role, memberId] }]),
  memberList: async (role) => (await cql.read('SELECT * FROM members WHERE role = ?', [role])).map(memberOf),
});

/** Where workers listen for hints, as `host:port`. */
export const hintAddresses = async (cql: Cql): Promise<readonly string[]> => {
  const rows = await cql.read("SELECT hint_address FROM members WHERE role = 'worker'");
  return rows.map((row) => row.hint_address ?? '').filter((address) => address !== '');
};

const memberParams = (row: MemberRow, hintAddress: string): readonly unknown[] => [
  row.role,
  row.memberId,
  uuidOf(row.session),
  row.beat,
  row.address,
  hintAddress,
  row.buckets,
  [...row.types],
  row.capacity,
  row.running,
  row.version,
  row.startedMs,
  row.beatMs,
];

const memberOf = (row: Row): MemberRow => ({
  role: row.role,
  memberId: row.member_id,
  session: String(row.session) as MemberRow['session'],
  beat: numberOf(row.beat),
  address: row.address,
  buckets: row.buckets,
  types: row.types ?? [],
  capacity: row.capacity,
  running: row.running,
  version: row.version,
  startedMs: numberOf(row.started_ms),
  beatMs: numberOf(row.beat_ms),
});

export const createKeyStore = (cql: Cql): KeyStore => ({
  keyGet: async (namespace, key) => {
    const row = await cql.serialRead('SELECT job_id FROM job_keys WHERE ns = ? AND key = ?', [namespace, key]);
    return row === null ? null : jobOfUuid(row.job_id);
  },
  keyInsert: ({ namespace, key, jobId, createdMs, ttlMs }) =>
    cql.compareAndSet(
      'INSERT INTO job_keys (ns, key, job_id, created_ms) VALUES (?, ?, ?, ?) IF NOT EXISTS USING TTL ?',
      [namespace, key, uuidOfJob(jobId), createdMs, ttlSeconds(ttlMs)],
    ),
});

const LETTER = 'queue = ? AND day = ? AND shard = ?';

export const createDeadLetterStore = (cql: Cql): DeadLetterStore => ({
  deadLetterAppend: async (letters) => {
    await Promise.all([...byPartition(letters.map(insertLetter)).values()].map((part) => cql.write(part)));
  },
  deadLetterPage: async ({ queue, day, shard, after, limit }) => {
    const select = `SELECT * FROM jobs_dlq WHERE ${LETTER}`;
    const place = [queue, day, shard];
    if (after === null) return (await cql.read(`${select} LIMIT ?`, [...place, limit])).map(letterOf);
    const id = uuidOfJob(after.jobId);
    // The order is mixed (times descend, ids ascend, fences descend): "after" is three ranges.
    const ranges = [
      { where: 'failed_ms = ? AND job_id = ? AND fence < ?', params: [after.failedMs, id, after.fence] },
      { where: 'failed_ms = ? AND job_id > ?', params: [after.failedMs, id] },
      { where: 'failed_ms < ?', params: [after.failedMs] },
    ];
    const letters: DeadLetterRow[] = [];
    for (const { where, params } of ranges) {
      if (letters.length >= limit) break;
      const query = `${select} AND ${where} LIMIT ?`;
      letters.push(...(await cql.read(query, [...place, ...params, limit - letters.length])).map(letterOf));
    }
    return letters;
  },
  deadLetterDelete: async (keys) => {
    const statements = keys.map(({ queue, day, shard, failedMs, jobId, fence }) => ({
      query: `DELETE FROM jobs_dlq WHERE ${LETTER} AND failed_ms = ? AND job_id = ? AND fence = ?`,
      params: [queue, day, shard, failedMs, uuidOfJob(jobId), fence],
    }));
    await Promise.all([...byPartition(statements).values()].map((part) => cql.write(part)));
  },
});

const insertLetter = ({ job, fence, failedMs, attempts, reason }: DeadLetterRow): Statement => {
  const { queue, day, shard } = deadLetterKey({ queue: job.queue, jobId: job.jobId, fence, failedMs });
  return {
    query: `INSERT INTO jobs_dlq (queue, day, shard, failed_ms, job_id, fence, attempts, reason, type, payload, spec, created_ms)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    params: [queue, day, shard, failedMs, uuidOfJob(job.jobId), fence, attempts, reason, ...jobParams(job)],
  };
};

const jobParams = ({ type, payload, spec, createdMs }: JobRow): readonly unknown[] => [
  type,
  payload,
  JSON.stringify(spec),
  createdMs,
];

/** Every statement's parameters begin with (queue, day, shard). */
const byPartition = (statements: readonly Statement[]): ReadonlyMap<string, readonly Statement[]> =>
  Map.groupBy(statements, ({ params }) => JSON.stringify(params.slice(0, 3)));

const letterOf = (row: Row): DeadLetterRow => ({
  job: {
    jobId: jobOfUuid(row.job_id),
    queue: row.queue,
    type: row.type,
    payload: row.payload,
    spec: JSON.parse(row.spec),
    createdMs: numberOf(row.created_ms),
  },
  fence: numberOf(row.fence) as DeadLetterRow['fence'],
  failedMs: numberOf(row.failed_ms),
  attempts: row.attempts,
  reason: row.reason,
});
