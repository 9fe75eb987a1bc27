// Jobs, attempts and pointers: three tables that share the partition (bucket, slot), so whatever is written to one slot
// together is one mutation. Sweeps read all buckets in one statement.
import { type Bucket, type JobId, jobKey, outermost, PRIORITIES, type Slot, slotOf } from '../../core/model/ids.ts';
import type { AttemptRow, JobRow, JobSpec, Partition, PointerRow } from '../../core/model/job.ts';
import type { JobStore, Mutation, Page, Scan, Sweep, Truth } from '../../core/ports/store.ts';
import type { Cql, Row, Statement } from './client.ts';
import { createSlotScans } from './slots.ts';
import { jobOfUuid, numberOf, numberOrNull, opCode, opOf, orUnset, stateCode, stateOf, uuidOfJob } from './values.ts';

/** Reads sent at once. */
const READS_AT_ONCE = 64;
/** A range of slots up to this long is answered without a look: reading a few empty ones is cheaper than finding out. */
const SLOTS_UNSEEN_MAX = 64;

const JOB_COLUMNS = 'job_id, queue, type, payload, spec, created_ms';
const TRUTH_COLUMNS = 'job_id, fence, attempt, state, worker, started_ms, ended_ms, next_due_ms, error';
const POINTER_COLUMNS = 'job_id, due_ms, fence, op, target_ms';
const IN_SLOT = 'bucket = ? AND slot = ?';
const SWEEP = 'bucket IN ? AND slot = ? AND prio IN ? AND due_ms >= ? AND due_ms <= ? PER PARTITION LIMIT ?';
const JOB = `${IN_SLOT} AND prio = ? AND due_ms = ? AND job_id = ?`;
const PAGE_FROM = `${IN_SLOT} AND prio = ? AND due_ms >= ? AND due_ms <= ? LIMIT ?`;
const PAGE_AFTER = `${IN_SLOT} AND prio = ? AND (due_ms, job_id) > (?, ?) AND (due_ms) <= (?) LIMIT ?`;
const AFTER_JOB = `${IN_SLOT} AND (prio, due_ms, job_id) > (?, ?, ?)`;
/** The first row of each job: fences are stored in descending order. */
const BY_JOB = 'GROUP BY bucket, slot, prio, due_ms, job_id LIMIT ?';

const JOBS = 'jobs_sharded';
const ATTEMPTS = 'job_history';
const POINTERS = 'jobs_pending_by_bucket';

const INSERT = {
  job: `INSERT INTO ${JOBS} (bucket, slot, prio, due_ms, ${JOB_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  /** One form, with values that are not there unset: a second would be prepared with the first outcome, perhaps by a node that hangs. */
  attempt: `INSERT INTO ${ATTEMPTS} (bucket, slot, prio, due_ms, ${TRUTH_COLUMNS}, result)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  pointer: `INSERT INTO ${POINTERS} (bucket, slot, prio, due_ms, job_id, fence, op, target_ms)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
} as const;

export interface JobStoreOptions {
  readonly hintSend: (bucket: Bucket) => void;
  /** No row is due before this: the store was made then. */
  readonly firstSlot: Slot;
}

export const createJobStore = (cql: Cql, { firstSlot, hintSend }: JobStoreOptions): JobStore => {
  const sweep = async <Found>(columns: string, table: string, wanted: Sweep, toFound: (row: Row) => Found) => {
    const buckets = wanted.buckets.toSorted((left, right) => left - right);
    const { slot, dueFromMs, dueToMs, limit } = wanted;
    const params = [buckets, slot, PRIORITIES, dueFromMs, dueToMs, limit];
    const rows = await cql.read(`SELECT bucket, ${columns} FROM ${table} WHERE ${SWEEP}`, params);
    return rows.toSorted((left, right) => left.bucket - right.bucket).map(toFound);
  };
  const page = (columns: string, table: string, { bucket, slot, priority, after, dueToMs, limit }: Page) => {
    const select = `SELECT ${columns} FROM ${table} WHERE`;
    if (after.jobId === null)
      return cql.read(`${select} ${PAGE_FROM}`, [bucket, slot, priority, after.dueMs, dueToMs, limit]);
    const place = [bucket, slot, priority, after.dueMs, uuidOfJob(after.jobId), dueToMs, limit];
    return cql.read(`${select} ${PAGE_AFTER}`, place);
  };
  const slotScans = createSlotScans(cql, [JOBS, ATTEMPTS, POINTERS]);
  const newest = async (id: JobId): Promise<AttemptRow | undefined> => {
    const query = `SELECT ${TRUTH_COLUMNS}, result FROM ${ATTEMPTS} WHERE ${JOB} LIMIT 1`;
    return (await cql.read(query, placeOf(id))).map(attemptOf)[0];
  };
  const job = async (id: JobId): Promise<JobRow | undefined> =>
    (await cql.read(`SELECT ${JOB_COLUMNS} FROM ${JOBS} WHERE ${JOB}`, placeOf(id))).map(jobOf)[0];

  return {
    append: async (mutation) => {
      await cql.write(statementsOf(mutation));
      if (mutation.hint) hintSend(mutation.bucket);
    },
    jobSweep: (wanted) => sweep(JOB_COLUMNS, JOBS, wanted, jobOf),
    jobKeySweep: (wanted) => sweep('job_id', JOBS, wanted, idOf),
    pointerSweep: (wanted) => sweep(POINTER_COLUMNS, POINTERS, wanted, pointerOf),
    jobPage: async (wanted) => (await page(JOB_COLUMNS, JOBS, wanted)).map(jobOf),
    pointerPage: async (wanted) => (await page(POINTER_COLUMNS, POINTERS, wanted)).map(pointerOf),
    jobGet: (ids) => readEach(ids, job),
    truthGet: (ids) => readTruths(cql, ids, newest),
    attemptList: async (id) =>
      (await cql.read(`SELECT ${TRUTH_COLUMNS}, result FROM ${ATTEMPTS} WHERE ${JOB}`, placeOf(id))).map(attemptOf),
    jobScan: async ({ bucket, slot, after, limit }: Scan) => {
      const from = after === null ? IN_SLOT : AFTER_JOB;
      const params = [bucket, slot, ...cursorOf(after), limit];
      return (await cql.read(`SELECT job_id FROM ${JOBS} WHERE ${from} LIMIT ?`, params)).map(idOf);
    },
    truthScan: async ({ bucket, slot, after, limit }: Scan) => {
      const from = after === null ? IN_SLOT : AFTER_JOB;
      const params = [bucket, slot, ...cursorOf(after), limit];
      return (await cql.read(`SELECT ${TRUTH_COLUMNS} FROM ${ATTEMPTS} WHERE ${from} ${BY_JOB}`, params)).map(truthOf);
    },
    slotScan: async ({ bucket, from, to, limit, isForPeople = false }) => {
      const first = Math.max(from, firstSlot) as Slot;
      if (to - first < SLOTS_UNSEEN_MAX) return slotsFrom(first, Math.min(to - first + 1, limit));
      const slots = (await (isForPeople ? slotScans.forPeople() : slotScans.forOwners())).get(bucket) ?? [];
      return slots.filter((slot) => slot >= first && slot <= to).slice(0, limit);
    },
    partitionDelete: (partition) => cql.write([JOBS, ATTEMPTS, POINTERS].map((table) => deleteSlot(table, partition))),
  };
};

/** So many ids of one place are looked for by one statement, as long as they are most of what is there. */
const NEAR_MIN = 8;
const NEAR_SHARE = 2;
const NEAR = `SELECT ${TRUTH_COLUMNS}, result FROM ${ATTEMPTS} WHERE ${IN_SLOT} AND prio = ?
  AND (due_ms, job_id) >= (?, ?) AND (due_ms, job_id) <= (?, ?) ${BY_JOB}`;

/** An owner that takes over a backlog asks for the truth of every job in it: one at a time that is most of what it does. */
const readTruths = async (
  cql: Cql,
  ids: readonly JobId[],
  newest: (id: JobId) => Promise<AttemptRow | undefined>,
): Promise<ReadonlyMap<JobId, AttemptRow>> => {
  const places = [...Map.groupBy(ids, (id) => placeOf(id).slice(0, 3).join()).values()];
  const singly = places.filter((near) => near.length < NEAR_MIN).flat();
  const together = places.filter((near) => near.length >= NEAR_MIN);
  const found = new Map<JobId, AttemptRow>();
  const ranges = await inParts(together, (near) => readRange(cql, near));
  for (const [index, near] of together.entries()) {
    const rows = ranges[index];
    if (rows === null || rows === undefined) singly.push(...near);
    else for (const row of rows) found.set(row.jobId, row);
  }
  for (const [id, row] of await readEach(singly, newest)) found.set(id, row);
  return found;
};

/** Truths of jobs of one place; null: too many others lie between them. */
const readRange = async (cql: Cql, near: readonly JobId[]): Promise<readonly AttemptRow[] | null> => {
  const limit = NEAR_SHARE * near.length;
  const [first, last] = outermost(near);
  const rows = await cql.read(NEAR, [...placeOf(first), jobKey(last).dueMs, uuidOfJob(last), limit]);
  if (rows.length >= limit) return null;
  const wanted = new Set(near);
  return rows.map(attemptOf).filter(({ jobId }) => wanted.has(jobId));
};

const slotsFrom = (first: Slot, count: number): readonly Slot[] =>
  Array.from({ length: Math.max(0, count) }, (_, index) => (first + index) as Slot);

const deleteSlot = (table: string, { bucket, slot }: Partition): Statement => ({
  query: `DELETE FROM ${table} WHERE ${IN_SLOT}`,
  params: [bucket, slot],
});

const statementsOf = ({ jobs = [], attempts = [], pointers = [] }: Mutation): readonly Statement[] => [
  ...jobs.map(({ jobId, queue, type, payload, spec, createdMs }) => ({
    query: INSERT.job,
    params: [...placeOf(jobId), queue, type, payload, JSON.stringify(spec), createdMs],
  })),
  ...attempts.map((row) => ({ query: INSERT.attempt, params: attemptParams(row) })),
  ...pointers.map(({ jobId, dueMs, fence, op, targetMs }) => {
    const { bucket, priority } = jobKey(jobId);
    const place = [bucket, slotOf(dueMs), priority, dueMs, uuidOfJob(jobId)];
    return { query: INSERT.pointer, params: [...place, fence, opCode(op), orUnset(targetMs)] };
  }),
];

const attemptParams = (row: AttemptRow): readonly unknown[] => [
  ...placeOf(row.jobId),
  row.fence,
  row.attempt,
  stateCode(row.state),
  row.worker,
  row.startedMs,
  orUnset(row.endedMs),
  orUnset(row.nextDueMs),
  orUnset(row.error),
  orUnset(row.result),
];

/** A few at a time, absent ones left out. */
const readEach = async <Found>(
  ids: readonly JobId[],
  read: (id: JobId) => Promise<Found | undefined>,
): Promise<ReadonlyMap<JobId, Found>> => {
  const rows = await inParts(ids, read);
  return new Map(ids.flatMap((id, index) => (rows[index] === undefined ? [] : [[id, rows[index]]])));
};

const inParts = async <Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> => {
  const results: Result[] = [];
  for (let from = 0; from < items.length; from += READS_AT_ONCE) {
    results.push(...(await Promise.all(items.slice(from, from + READS_AT_ONCE).map(work))));
  }
  return results;
};

const placeOf = (id: JobId): readonly unknown[] => {
  const { bucket, slot, priority, dueMs } = jobKey(id);
  return [bucket, slot, priority, dueMs, uuidOfJob(id)];
};

const cursorOf = (after: JobId | null): readonly unknown[] => (after === null ? [] : placeOf(after).slice(2));

const idOf = (row: Row): JobId => jobOfUuid(row.job_id);

const NO_SPEC: JobSpec = {};

const jobOf = (row: Row): JobRow => ({
  jobId: idOf(row),
  queue: row.queue,
  type: row.type,
  payload: row.payload,
  spec: row.spec === '{}' ? NO_SPEC : JSON.parse(row.spec),
  createdMs: numberOf(row.created_ms),
});

const truthOf = (row: Row): Truth => ({
  jobId: idOf(row),
  fence: numberOf(row.fence) as Truth['fence'],
  attempt: row.attempt,
  state: stateOf(row.state),
  worker: row.worker,
  startedMs: numberOf(row.started_ms),
  endedMs: numberOrNull(row.ended_ms),
  nextDueMs: numberOrNull(row.next_due_ms),
  error: row.error,
});

const attemptOf = (row: Row): AttemptRow => ({ ...truthOf(row), result: row.result });

const pointerOf = (row: Row): PointerRow => ({
  dueMs: numberOf(row.due_ms),
  jobId: idOf(row),
  fence: numberOf(row.fence) as PointerRow['fence'],
  op: opOf(row.op),
  targetMs: numberOrNull(row.target_ms),
});
