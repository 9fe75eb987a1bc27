// The port Store on the simulated cluster, for one process: what the real one will say in CQL.
import { deadLetterKey } from '../../core/model/dead-letter.ts';
import { type Bucket, type JobId, jobDueMs, jobPriority, type Slot, slotOf } from '../../core/model/ids.ts';
import type { AttemptRow, PointerRow } from '../../core/model/job.ts';
import type { CheckpointRow, LockRow, MemberRow, SessionRow } from '../../core/model/lock.ts';
import { type PlacementRow, placementSubject } from '../../core/model/placement.ts';
import type { LockStore, NodeRow, Page, PlacementStore, Store, Sweep, Truth } from '../../core/ports/store.ts';
import { START_MS } from '../machine.ts';
import { columnsOf, known, mutationOf, type SimulatedStoreOptions } from './answers.ts';
import { deletedRow, insertRow, type Row } from './cells.ts';
import type { Cluster } from './cluster.ts';
import type { Replica, Write } from './replica.ts';
import { scheduleStore } from './schedules.ts';
import {
  afterJob,
  attemptKey,
  attemptRange,
  checkpointKey,
  dueRange,
  jobRange,
  letterKey,
  letterPartition,
  letterRange,
  partitionName,
  pointerKey,
  readAttempt,
  readJob,
  readLetter,
  readPointer,
  TABLES,
} from './tables.ts';

const WHOLE = { from: '', to: '~' };

export const openSimulatedStore = (options: SimulatedStoreOptions): Store => ({
  url: 'simulated:',
  bucketCount: options.bucketCount,
  wallMs: () => options.machine.writeClock.measure(() => known(options.cluster.wallMs(options.machine))),
  ...jobStore(options),
  ...lockStore(options),
  ...keyStore(options),
  ...letterStore(options),
  ...checkpointStore(options),
  ...memberStore(options),
  ...placementStore(options),
  ...scheduleStore(options),
  nodeList: async () => options.cluster.nodes.map(nodeRow),
  tableList: async () => [],
  hintSubscribe: (listener) => options.hints.subscribe(options.machine, listener),
  [Symbol.asyncDispose]: async () => {},
});

const nodeRow = ({ name, skewMs, isUp }: Replica): NodeRow => ({
  ...{ address: name, dc: null, rack: null, version: null, storedBytes: null },
  ...{ state: isUp ? 'up' : 'down', answerMs: isUp ? 0 : null, clockOffsetMs: isUp ? skewMs : null },
});

const jobStore = ({ cluster, machine, hints }: SimulatedStoreOptions) => {
  const write = (writes: readonly Write[]): Promise<void> => known(cluster.write(machine, mutationOf(writes)));
  const read = (ranges: Parameters<Cluster['read']>[1]) => known(cluster.read(machine, ranges));
  const sweep = async <Found>(table: Swept, { slot, limit, ...wanted }: Sweep, decode: Decode<Found>) => {
    const buckets = wanted.buckets.toSorted((left, right) => left - right);
    const due = { fromMs: wanted.dueFromMs, toMs: wanted.dueToMs };
    const slices = await read(buckets.map((bucket) => dueRange(table, { bucket, slot }, due)));
    return slices.flatMap((rows) => columnsOf(rows).slice(0, limit).map(decode));
  };
  const page = async <Found extends { readonly jobId: JobId }>(
    table: Swept,
    wanted: Page,
    decode: Decode<Found>,
    dueMs: (row: Found) => number,
  ) => {
    const [rows] = await read([dueRange(table, wanted, { fromMs: wanted.after.dueMs, toMs: wanted.dueToMs })]);
    return columnsOf(rows)
      .map(decode)
      .filter((row) => jobPriority(row.jobId) === wanted.priority && isAfter(row.jobId, dueMs(row), wanted))
      .slice(0, wanted.limit);
  };
  const jobDue = ({ jobId }: { readonly jobId: JobId }): number => jobDueMs(jobId);
  const pointerDue = ({ dueMs }: PointerRow): number => dueMs;
  return {
    append: async ({ bucket, slot, jobs = [], attempts = [], pointers = [], hint }: Parameters<Store['append']>[0]) => {
      const timestampUs = machine.writeClock.nextUs();
      const place = { bucket, slot };
      const put = (table: string, key: string, row: object): Write => ({
        partition: partitionName(table, place),
        key,
        row: insertRow(row as Record<string, unknown>, timestampUs),
      });
      await write([
        ...jobs.map((row) => put('jobs_sharded', row.jobId, row)),
        ...attempts.map((row) => put('job_history', attemptKey(row), row)),
        ...pointers.map((row) => put('jobs_pending_by_bucket', pointerKey(row), row)),
      ]);
      if (hint) hints.send(machine, bucket);
    },
    jobSweep: (wanted: Sweep) => sweep('jobs_sharded', wanted, readJob),
    jobKeySweep: async (wanted: Sweep) => (await sweep('jobs_sharded', wanted, readJob)).map(({ jobId }) => jobId),
    pointerSweep: (wanted: Sweep) => sweep('jobs_pending_by_bucket', wanted, readPointer),
    jobPage: (wanted: Page) => page('jobs_sharded', wanted, readJob, jobDue),
    pointerPage: (wanted: Page) => page('jobs_pending_by_bucket', wanted, readPointer, pointerDue),
    jobGet: async (ids: readonly JobId[]) => {
      if (ids.length === 0) return new Map();
      const slices = await read(ids.map(jobRange));
      return new Map(
        slices.flatMap((rows) => columnsOf(rows).map((columns) => [readJob(columns).jobId, readJob(columns)])),
      );
    },
    truthGet: async (ids: readonly JobId[]) => {
      if (ids.length === 0) return new Map();
      const slices = await read(ids.map(attemptRange));
      const truths = slices.flatMap((rows) => columnsOf(rows).slice(0, 1).map(readAttempt));
      return new Map(truths.map((truth) => [truth.jobId, truth]));
    },
    attemptList: async (id: JobId) => columnsOf((await read([attemptRange(id)]))[0]).map(readAttempt),
    jobScan: async ({ bucket, slot, after, limit }: Parameters<Store['jobScan']>[0]) => {
      const [rows] = await read([afterJob('jobs_sharded', { bucket, slot }, after)]);
      return columnsOf(rows)
        .slice(0, limit)
        .map((columns) => readJob(columns).jobId);
    },
    truthScan: async ({ bucket, slot, after, limit }: Parameters<Store['truthScan']>[0]) => {
      const [rows] = await read([afterJob('job_history', { bucket, slot }, after)]);
      const truths = new Map<JobId, Truth>();
      for (const attempt of columnsOf(rows).map(readAttempt)) {
        if (!truths.has(attempt.jobId)) truths.set(attempt.jobId, withoutResult(attempt));
      }
      return [...truths.values()].slice(0, limit);
    },
    /** Cassandra cannot tell which partitions exist: all of them, since the store was made. */
    slotScan: async ({ from, to, limit }: Parameters<Store['slotScan']>[0]) => {
      const first = Math.max(from, slotOf(START_MS) - 1);
      const count = Math.max(0, Math.min(limit, to - first + 1));
      return Array.from({ length: count }, (_, index) => (first + index) as Slot);
    },
    partitionDelete: ({ bucket, slot }: Parameters<Store['partitionDelete']>[0]) => {
      const timestampUs = machine.writeClock.nextUs();
      const deletes = TABLES.map((table) => ({ partition: partitionName(table, { bucket, slot }), timestampUs }));
      return known(cluster.write(machine, { writes: [], deletes }));
    },
  };
};

type Swept = 'jobs_sharded' | 'jobs_pending_by_bucket';
type Decode<Found> = (columns: Record<string, unknown>) => Found;

const isAfter = (jobId: JobId, dueMs: number, { after, dueToMs }: Page): boolean => {
  if (dueMs > dueToMs || dueMs < after.dueMs) return false;
  return dueMs > after.dueMs || after.jobId === null || jobId > after.jobId;
};

const withoutResult = ({ result: _result, ...truth }: AttemptRow): Truth => truth;

const lockStore = ({ cluster, machine }: SimulatedStoreOptions): LockStore => {
  const change = <Value>(name: string, decide: (row: Value | undefined) => Value | undefined) =>
    cluster.compareAndSet(machine, name, (value) => decide(value as Value | undefined));
  const get = async <Value>(name: string): Promise<Value | null> =>
    ((await known(cluster.serialRead(machine, name))) as Value | undefined) ?? null;
  return {
    sessionInsert: (row) => change<SessionRow>(`session/${row.id}`, (old) => (old === undefined ? row : undefined)),
    sessionGet: (id) => get<SessionRow>(`session/${id}`),
    sessionRenew: ({ id, beat, operationId, untilMs }) =>
      change<SessionRow>(`session/${id}`, (row) =>
        row?.live && row.beat === beat ? { ...row, beat: beat + 1, operationId, untilMs } : undefined,
      ),
    sessionEnd: ({ id, beat, operationId }) =>
      change<SessionRow>(`session/${id}`, (row) =>
        row?.live && row.beat === beat ? { ...row, live: false, operationId } : undefined,
      ),
    lockGet: (name) => get<LockRow>(`lock/${name}`),
    lockTake: ({ name, expected, session, operationId, note }) =>
      change<LockRow>(`lock/${name}`, (row) => {
        if (expected === null ? row !== undefined : row?.token !== expected.token || row.session !== expected.session)
          return undefined;
        const token = ((row?.token ?? 0) + 1) as LockRow['token'];
        return { name, session, token, operationId, note };
      }),
    lockRelease: ({ name, session, token, operationId }) =>
      change<LockRow>(`lock/${name}`, (row) =>
        row?.session === session && row.token === token ? { ...row, session: null, operationId } : undefined,
      ),
    lockList: (prefix) =>
      Promise.all(
        cluster.registers
          .names(`lock/${prefix}`)
          .map(async (name) => (await known(cluster.serialRead(machine, name))) as LockRow),
      ),
  };
};

const keyStore = ({ cluster, machine }: SimulatedStoreOptions): Pick<Store, 'keyGet' | 'keyInsert'> => {
  interface KeyRow {
    readonly jobId: JobId;
    readonly expiresMs: number;
  }
  const nameOf = (namespace: string, key: string): string => `key/${namespace}/${key}`;
  const isLive = (row: KeyRow | undefined): row is KeyRow => row !== undefined && row.expiresMs > cluster.nowMs();
  return {
    keyGet: async (namespace, key) => {
      const row = (await known(cluster.serialRead(machine, nameOf(namespace, key)))) as KeyRow | undefined;
      return isLive(row) ? row.jobId : null;
    },
    keyInsert: ({ namespace, key, jobId, ttlMs }) =>
      cluster.compareAndSet(machine, nameOf(namespace, key), (row) =>
        isLive(row as KeyRow | undefined) ? undefined : { jobId, expiresMs: cluster.nowMs() + ttlMs },
      ),
  };
};

const letterStore = ({ cluster, machine }: SimulatedStoreOptions) => {
  const write = (writes: readonly Write[]): Promise<void> => known(cluster.write(machine, mutationOf(writes)));
  return {
    deadLetterAppend: (rows: Parameters<Store['deadLetterAppend']>[0]) => {
      const timestampUs = machine.writeClock.nextUs();
      return write(
        rows.map((letter): Write => {
          const { job, fence, failedMs } = letter;
          const key = deadLetterKey({ queue: job.queue, jobId: job.jobId, fence, failedMs });
          return { partition: letterPartition(key), key: letterKey(key), row: insertRow({ ...letter }, timestampUs) };
        }),
      );
    },
    deadLetterPage: async ({ after, limit, ...partition }: Parameters<Store['deadLetterPage']>[0]) => {
      const [rows] = await known(cluster.read(machine, [letterRange(partition, after)]));
      return columnsOf(rows).slice(0, limit).map(readLetter);
    },
    deadLetterDelete: (keys: Parameters<Store['deadLetterDelete']>[0]) => {
      const row: Row = deletedRow(machine.writeClock.nextUs());
      return write(keys.map((key) => ({ partition: letterPartition(key), key: letterKey(key), row })));
    },
  };
};

const checkpointStore = ({ cluster, machine }: SimulatedStoreOptions) => ({
  checkpointWrite: (row: CheckpointRow): Promise<void> => {
    const write = {
      partition: `checkpoints/${row.bucket}`,
      key: checkpointKey(row.token),
      row: insertRow({ ckpt: row }, machine.writeClock.nextUs()),
    };
    return known(cluster.write(machine, mutationOf([write])));
  },
  checkpointGet: async (bucket: Bucket): Promise<CheckpointRow | null> => {
    const [rows] = await known(cluster.read(machine, [{ partition: `checkpoints/${bucket}`, ...WHOLE }]));
    return (columnsOf(rows)[0]?.ckpt as CheckpointRow | undefined) ?? null;
  },
});

const memberStore = ({ cluster, machine }: SimulatedStoreOptions) => {
  const write = (role: string, key: string, row: Row): Promise<void> =>
    known(cluster.write(machine, mutationOf([{ partition: `members/${role}`, key, row }])));
  return {
    memberWrite: (row: MemberRow, ttlMs: number) =>
      write(row.role, row.memberId, insertRow({ member: row }, machine.writeClock.nextUs(), cluster.nowMs() + ttlMs)),
    memberDelete: (role: string, memberId: string) => write(role, memberId, deletedRow(machine.writeClock.nextUs())),
    memberList: async (role: string): Promise<readonly MemberRow[]> => {
      const [rows] = await known(cluster.read(machine, [{ partition: `members/${role}`, ...WHOLE }]));
      return columnsOf(rows).map((columns) => columns.member as MemberRow);
    },
  };
};

const placementStore = ({ cluster, machine }: SimulatedStoreOptions): PlacementStore => {
  const partition = 'placements';
  const write = (key: string, row: Row): Promise<void> =>
    known(cluster.write(machine, mutationOf([{ partition, key, row }])));
  return {
    placementWrite: (row) => write(placementSubject(row), insertRow({ placement: row }, machine.writeClock.nextUs())),
    placementDelete: (subject) => write(subject, deletedRow(machine.writeClock.nextUs())),
    placementList: async () => {
      const [rows] = await known(cluster.read(machine, [{ partition, ...WHOLE }]));
      return columnsOf(rows).map((columns) => columns.placement as PlacementRow);
    },
  };
};
