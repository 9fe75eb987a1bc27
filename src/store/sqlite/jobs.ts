// Jobs, attempts and pointers. Reads are one prepared statement per bucket, priority order first; a truth is the first row
// of its job, since fences lie highest first.
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { type Bucket, type JobId, jobKey, outermost, type Slot, slotOf } from '../../core/model/ids.ts';
import type { AttemptRow, JobRow, JobSpec, Partition, PointerRow } from '../../core/model/job.ts';
import type { JobStore, Mutation, Page, Scan, Sweep, Truth } from '../../core/ports/store.ts';
import { createTurns } from './turns.ts';
import type { Writer } from './writer.ts';

/** Rows deleted in one transaction. */
const DELETE_ROWS = 1_000;
const TABLES = ['jobs_sharded', 'job_history', 'jobs_pending_by_bucket'] as const;

const SWEEP = `bucket = ? AND slot = ? AND prio IN (0, 1, 2, 3, 4, 5, 6, 7, 8, 9) AND due_ms BETWEEN ? AND ?
  ORDER BY prio, due_ms, job_id LIMIT ?`;
/** Of all buckets; so many at most, else each bucket is asked for its own. */
const DUE_ROWS_MAX = 500;
const DUE = `slot = ? AND due_ms BETWEEN ? AND ? LIMIT ${DUE_ROWS_MAX}`;
const PAGE = `bucket = ? AND slot = ? AND prio = ? AND (due_ms, job_id) > (?, ?) AND due_ms <= ?
  ORDER BY due_ms, job_id LIMIT ?`;
const SCAN = 'bucket = ? AND slot = ? AND (prio, due_ms, job_id) > (?, ?, ?) ORDER BY prio, due_ms, job_id';
const JOB = 'bucket = ? AND slot = ? AND prio = ? AND due_ms = ? AND job_id = ?';
const TRUTH = 'job_id, fence, attempt, state, worker, started_ms, ended_ms, next_due_ms, error';

type Row = Readonly<Record<string, SQLOutputValue>>;

const prepare = (db: DatabaseSync) => ({
  jobInsert: db.prepare('INSERT OR REPLACE INTO jobs_sharded VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'),
  attemptInsert: db.prepare('INSERT OR REPLACE INTO job_history VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'),
  pointerInsert: db.prepare('INSERT OR REPLACE INTO jobs_pending_by_bucket VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
  jobSweep: sweepOf(db, '*', 'jobs_sharded', 'jobs_by_due'),
  jobKeySweep: sweepOf(db, 'bucket, prio, due_ms, job_id', 'jobs_sharded', 'jobs_by_due'),
  pointerSweep: sweepOf(db, '*', 'jobs_pending_by_bucket', 'pointers_by_due'),
  jobPage: db.prepare(`SELECT job_id, queue, type, payload, spec, created_ms FROM jobs_sharded WHERE ${PAGE}`),
  pointerPage: db.prepare(`SELECT * FROM jobs_pending_by_bucket WHERE ${PAGE}`),
  jobGet: db.prepare(`SELECT * FROM jobs_sharded WHERE ${JOB}`),
  attempts: db.prepare(`SELECT ${TRUTH}, result FROM job_history WHERE ${JOB} ORDER BY fence DESC LIMIT ?`),
  anyAttempt: db.prepare(`SELECT 1 FROM job_history WHERE bucket = ? AND slot = ? AND prio = ?
    AND (due_ms, job_id) >= (?, ?) AND (due_ms, job_id) <= (?, ?) LIMIT 1`),
  jobScan: db.prepare(`SELECT job_id FROM jobs_sharded WHERE ${SCAN} LIMIT ?`),
  truthScan: db.prepare(`SELECT ${TRUTH} FROM job_history WHERE ${SCAN}, fence DESC`),
  nextSlots: TABLES.map((table) =>
    db.prepare(`SELECT min(slot) AS slot FROM ${table} WHERE bucket = ? AND slot BETWEEN ? AND ?`),
  ),
  deletes: TABLES.map((table) =>
    db.prepare(`DELETE FROM ${table} WHERE bucket = ?1 AND slot = ?2 AND (prio, due_ms, job_id) IN
      (SELECT prio, due_ms, job_id FROM ${table} WHERE bucket = ?1 AND slot = ?2 LIMIT ${DELETE_ROWS})`),
  ),
});

const sweepOf = (db: DatabaseSync, columns: string, table: string, index: string) => ({
  ofBucket: db.prepare(`SELECT ${columns} FROM ${table} WHERE ${SWEEP}`),
  ofAll: db.prepare(`SELECT ${columns} FROM ${table} INDEXED BY ${index} WHERE ${DUE}`),
});

/** By bucket, urgent ones first; of each bucket so many at most. */
const sweep = <Result>(
  statement: ReturnType<typeof sweepOf>,
  { buckets, slot, dueFromMs, dueToMs, limit }: Sweep,
  toResult: (row: Row) => Result,
): readonly Result[] => {
  const due = statement.ofAll.all(slot, dueFromMs, dueToMs);
  const rows =
    due.length < DUE_ROWS_MAX
      ? firstOfEach(due, buckets, limit)
      : inOrder(buckets).flatMap((bucket) => statement.ofBucket.all(bucket, slot, dueFromMs, dueToMs, limit));
  return rows.map(toResult);
};

/**
 * A sweep looks at the last 100 ms again: of what is known by then only the index is read. Null: there is more due than the index is good
 * for, or nobody says what is known.
 */
const sweepUnknown = (statements: ReturnType<typeof prepare>, given: Sweep): readonly JobRow[] | null => {
  const { buckets, slot, dueFromMs, dueToMs, limit, isKnown } = given;
  if (isKnown === undefined) return null;
  const due = statements.jobKeySweep.ofAll.all(slot, dueFromMs, dueToMs);
  if (due.length >= DUE_ROWS_MAX) return null;
  const unknown = due.filter((row) => !isKnown(idOf(row)));
  return firstOfEach(unknown, buckets, limit).flatMap((row) => {
    const job = statements.jobGet.get(...placeOf(idOf(row)));
    return job === undefined ? [] : [jobOf(job)];
  });
};

export const createJobStore = (db: DatabaseSync, writer: Writer): JobStore => {
  const statements = prepare(db);
  const read = createTurns();

  /** A cursor without a job stands before every job of its time: the empty text sorts first. */
  const page = (statement: (typeof statements)['jobPage'], { bucket, slot, priority, after, dueToMs, limit }: Page) =>
    statement.all(bucket, slot, priority, after.dueMs, after.jobId ?? '', dueToMs, limit);
  const attemptsOf = (id: JobId, limit: number): readonly AttemptRow[] =>
    statements.attempts.all(...placeOf(id), limit).map(attemptOf);
  const apply = ({ jobs = [], attempts = [], pointers = [] }: Mutation): void => {
    for (const row of jobs) {
      const { queue, type, payload, spec, createdMs } = row;
      statements.jobInsert.run(...placeOf(row.jobId), queue, type, payload, JSON.stringify(spec), createdMs);
    }
    for (const row of attempts) {
      const { fence, attempt, state, worker, startedMs, endedMs, nextDueMs, error, result } = row;
      const place = placeOf(row.jobId);
      statements.attemptInsert.run(
        ...place,
        fence,
        attempt,
        state,
        worker,
        startedMs,
        endedMs,
        nextDueMs,
        error,
        result,
      );
    }
    for (const { jobId, dueMs, fence, op, targetMs } of pointers) {
      const { bucket, priority } = jobKey(jobId);
      statements.pointerInsert.run(bucket, slotOf(dueMs), priority, dueMs, jobId, fence, op, targetMs);
    }
  };

  return {
    append: (mutation) => {
      const { jobs = [], attempts = [], pointers = [], hint } = mutation;
      return writer.write(jobs.length + attempts.length + pointers.length, () => apply(mutation), hint);
    },
    jobSweep: read((given) => sweepUnknown(statements, given) ?? sweep(statements.jobSweep, given, jobOf)),
    jobKeySweep: read((given) => sweep(statements.jobKeySweep, given, idOf)),
    pointerSweep: read((given) => sweep(statements.pointerSweep, given, pointerOf)),
    jobPage: read((given) => page(statements.jobPage, given).map(jobOf)),
    pointerPage: read((given) => page(statements.pointerPage, given).map(pointerOf)),
    jobGet: read((ids) => {
      const rows = new Map<JobId, JobRow>();
      for (const id of ids) {
        const row = statements.jobGet.get(...placeOf(id));
        if (row !== undefined) rows.set(id, jobOf(row));
      }
      return rows;
    }),
    truthGet: read((ids) => {
      const rows = new Map<JobId, AttemptRow>();
      for (const id of ids.length < PROBED_MIN ? ids : perhapsTried(statements.anyAttempt, ids)) {
        const [row] = attemptsOf(id, 1);
        if (row !== undefined) rows.set(id, row);
      }
      return rows;
    }),
    attemptList: read((id) => attemptsOf(id, -1)),
    jobScan: read(({ bucket, slot, after, limit }: Scan) =>
      statements.jobScan.all(bucket, slot, ...cursorOf(after), limit).map(idOf),
    ),
    truthScan: read(({ bucket, slot, after, limit }: Scan) => {
      const truths: Truth[] = [];
      for (const row of statements.truthScan.iterate(bucket, slot, ...cursorOf(after))) {
        if (row.job_id === truths.at(-1)?.jobId) continue;
        if (truths.length === limit) break;
        truths.push(truthOf(row));
      }
      return truths;
    }),
    slotScan: read(({ bucket, from, to, limit }) => nextSlots(statements.nextSlots, { bucket, from, to, limit })),
    partitionDelete: async ({ bucket, slot }: Partition) => {
      for (const statement of statements.deletes) {
        while ((await writer.write(DELETE_ROWS, () => Number(statement.run(bucket, slot).changes))) > 0);
      }
    },
  };
};

const inOrder = (buckets: readonly Bucket[]): readonly Bucket[] => buckets.toSorted((left, right) => left - right);

/** Rows of all buckets, by bucket and as each bucket is read. */
const firstOfEach = (rows: readonly Row[], buckets: readonly Bucket[], limit: number): readonly Row[] => {
  const wanted = rows.filter((row) => buckets.includes(row.bucket as Bucket)).sort(byPlace);
  if (wanted.length <= limit) return wanted;
  return [...Map.groupBy(wanted, (row) => row.bucket).values()].flatMap((own) => own.slice(0, limit));
};

const byPlace = (left: Row, right: Row): number =>
  Number(left.bucket) - Number(right.bucket) ||
  Number(left.prio) - Number(right.prio) ||
  Number(left.due_ms) - Number(right.due_ms) ||
  (String(left.job_id) < String(right.job_id) ? -1 : 1);

/** So many ids are worth a look whether any of their neighbours was ever tried. */
const PROBED_MIN = 8;

/** Without those of places where nothing was tried yet: every page of a backlog that nobody has begun. */
const perhapsTried = (anyAttempt: ReturnType<typeof prepare>['anyAttempt'], ids: readonly JobId[]): readonly JobId[] =>
  [...Map.groupBy(ids, (id) => placeOf(id).slice(0, 3).join()).values()].flatMap((near) => {
    const [first, last] = outermost(near);
    const [bucket, slot, priority, dueMs] = placeOf(first);
    const tried = anyAttempt.get(bucket, slot, priority, dueMs, first, jobKey(last).dueMs, last);
    return tried === undefined ? [] : near;
  });

/** Skips from slot to slot, so that empty ones cost nothing. */
const nextSlots = (
  statements: ReturnType<typeof prepare>['nextSlots'],
  range: { readonly bucket: Bucket; readonly from: Slot; readonly to: Slot; readonly limit: number },
): readonly Slot[] => {
  const slots: Slot[] = [];
  for (let from: number = range.from; slots.length < range.limit; ) {
    const found = statements
      .map((statement) => statement.get(range.bucket, from, range.to)?.slot)
      .filter((slot) => typeof slot === 'number');
    if (found.length === 0) break;
    const slot = Math.min(...found) as Slot;
    slots.push(slot);
    from = slot + 1;
  }
  return slots;
};

const placeOf = (id: JobId): [number, number, number, number, string] => {
  const { bucket, slot, priority, dueMs } = jobKey(id);
  return [bucket, slot, priority, dueMs, id];
};

const cursorOf = (after: JobId | null): [number, number, string] => {
  if (after === null) return [-1, 0, ''];
  const { priority, dueMs } = jobKey(after);
  return [priority, dueMs, after];
};

const idOf = (row: Row): JobId => row.job_id as JobId;

const jobOf = (row: Row): JobRow => ({
  jobId: idOf(row),
  queue: row.queue as string,
  type: row.type as string,
  payload: row.payload as string,
  spec: row.spec === '{}' ? NO_SPEC : (JSON.parse(row.spec as string) as JobSpec),
  createdMs: row.created_ms as number,
});

const NO_SPEC: JobSpec = {};

const truthOf = (row: Row): Truth => ({
  jobId: idOf(row),
  fence: row.fence as Truth['fence'],
  attempt: row.attempt as number,
  state: row.state as Truth['state'],
  worker: row.worker as string,
  startedMs: row.started_ms as number,
  endedMs: row.ended_ms as number | null,
  nextDueMs: row.next_due_ms as number | null,
  error: row.error as string | null,
});

const attemptOf = (row: Row): AttemptRow => ({ ...truthOf(row), result: row.result as string | null });

const pointerOf = (row: Row): PointerRow => ({
  dueMs: row.due_ms as number,
  jobId: idOf(row),
  fence: row.fence as PointerRow['fence'],
  op: row.op as PointerRow['op'],
  targetMs: row.target_ms as number | null,
});
