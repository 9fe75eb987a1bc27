// What a store must do: append rows, read ranges in key order, compare-and-set one row. Nothing here decides anything;
// test/conformance states the laws that every implementation obeys.
//
// Every method may throw a retryable JobctlError (`retryable`): the store did not answer, and a write may or may not
// have happened. Plain writes may simply be repeated with the same rows.

import type { DeadLetterKey } from '../model/dead-letter.ts';
import type { Bucket, FencingToken, JobId, OperationId, SessionId, Slot } from '../model/ids.ts';
import type { AttemptRow, DeadLetterRow, JobRow, Partition, PointerRow } from '../model/job.ts';
import type { CasOutcome, CheckpointRow, LockRow, MemberRow, SessionRow } from '../model/lock.ts';
import type { PlacementRow, PlacementSubject } from '../model/placement.ts';
import type { ProgressRow, RunRow, ScheduleRow } from '../model/schedule.ts';

/** Rows of one partition, written together or not at all; durable once the promise resolves. Idempotent. */
export interface Mutation extends Partition {
  readonly jobs?: readonly JobRow[];
  readonly attempts?: readonly AttemptRow[];
  readonly pointers?: readonly PointerRow[];
  /** Workers are told once the rows can be read, which may be before they are acknowledged. */
  readonly hint?: boolean;
}

/** Rows with dueFromMs <= due <= dueToMs of one slot in several buckets, by (bucket, priority, due, id). */
export interface Sweep {
  readonly buckets: readonly Bucket[];
  readonly slot: Slot;
  readonly dueFromMs: number;
  readonly dueToMs: number;
  /** Per bucket. A bucket that yields exactly this many rows may hold more. */
  readonly limit: number;
  /** Rows of jobs for which it says yes may be left out, where that saves the store something. */
  readonly isKnown?: (id: JobId) => boolean;
}

/** A place in one priority of a bucket: rows after (dueMs, jobId), or from dueMs on when jobId is null. */
export interface Cursor {
  readonly dueMs: number;
  readonly jobId: JobId | null;
}

/** The next rows of one slot and priority by (due, id); ids of equal due come in the store's own, stable order. */
export interface Page extends Partition {
  readonly priority: number;
  readonly after: Cursor;
  readonly dueToMs: number;
  readonly limit: number;
}

/** The next keys of a whole slot by (priority, due, id), after the given job. */
export interface Scan extends Partition {
  readonly after: JobId | null;
  readonly limit: number;
}

/** Newest attempt row of a job, without its result. */
export type Truth = Omit<AttemptRow, 'result'>;

export interface JobStore {
  append(mutation: Mutation): Promise<void>;
  jobSweep(sweep: Sweep): Promise<readonly JobRow[]>;
  /** As jobSweep, keys only: what re-reading costs. */
  jobKeySweep(sweep: Sweep): Promise<readonly JobId[]>;
  pointerSweep(sweep: Sweep): Promise<readonly PointerRow[]>;
  jobPage(page: Page): Promise<readonly JobRow[]>;
  pointerPage(page: Page): Promise<readonly PointerRow[]>;
  /** Point reads; a missing job is absent from the map. */
  jobGet(ids: readonly JobId[]): Promise<ReadonlyMap<JobId, JobRow>>;
  /** Newest attempt row of each job, with its result; absent where no attempt was ever written. */
  truthGet(ids: readonly JobId[]): Promise<ReadonlyMap<JobId, AttemptRow>>;
  /** Every attempt row of a job, highest fence first. */
  attemptList(id: JobId): Promise<readonly AttemptRow[]>;
  jobScan(scan: Scan): Promise<readonly JobId[]>;
  /** In the same order as jobScan, so that the two merge. */
  truthScan(scan: Scan): Promise<readonly Truth[]>;
  /** Slots in [from, to] that may hold rows of any kind, ascending, at most `limit`. A store that cannot tell returns all. */
  slotScan(range: SlotRange): Promise<readonly Slot[]>;
  /** Removes every row of the partition. */
  partitionDelete(partition: Partition): Promise<void>;
}

export interface SlotRange {
  readonly bucket: Bucket;
  readonly from: Slot;
  readonly to: Slot;
  readonly limit: number;
  /** For people: where no quorum answers, what one replica knows will do. Never for an owner. */
  readonly isForPeople?: true;
}

export interface CheckpointStore {
  checkpointWrite(row: CheckpointRow): Promise<void>;
  /** The one with the highest token. */
  checkpointGet(bucket: Bucket): Promise<CheckpointRow | null>;
}

/** Compare-and-set rows. Reads are linearizable. A write that got no answer returns `unknown`; it does not throw. */
export interface LockStore {
  /** Applied only if no such session exists. */
  sessionInsert(row: SessionRow): Promise<CasOutcome>;
  sessionGet(id: SessionId): Promise<SessionRow | null>;
  /** beat -> beat+1 if live and beat is the expected one. */
  sessionRenew(change: {
    readonly id: SessionId;
    readonly beat: number;
    readonly operationId: OperationId;
    readonly untilMs: number;
  }): Promise<CasOutcome>;
  /** live -> false if live and beat is the expected one. */
  sessionEnd(change: {
    readonly id: SessionId;
    readonly beat: number;
    readonly operationId: OperationId;
  }): Promise<CasOutcome>;
  lockGet(name: string): Promise<LockRow | null>;
  /** Sets session and token+1 if the row is still the expected one; null = no row yet, the token becomes 1. */
  lockTake(change: {
    readonly name: string;
    readonly expected: { readonly token: FencingToken; readonly session: SessionId | null } | null;
    readonly session: SessionId;
    readonly operationId: OperationId;
    readonly note: string;
  }): Promise<CasOutcome>;
  /** session -> null if the row is still this session's under this token. */
  lockRelease(change: {
    readonly name: string;
    readonly session: SessionId;
    readonly token: FencingToken;
    readonly operationId: OperationId;
  }): Promise<CasOutcome>;
  /** Locks whose name starts with the prefix, by name. For people; not linearizable. */
  lockList(prefix: string): Promise<readonly LockRow[]>;
}

/** Idempotency keys; compare-and-set only. */
export interface KeyStore {
  keyGet(namespace: string, key: string): Promise<JobId | null>;
  keyInsert(row: {
    readonly namespace: string;
    readonly key: string;
    readonly jobId: JobId;
    readonly createdMs: number;
    readonly ttlMs: number;
  }): Promise<CasOutcome>;
}

export interface DeadLetterStore {
  /** Any queue, day and shard; idempotent. Durable once resolved. */
  deadLetterAppend(rows: readonly DeadLetterRow[]): Promise<void>;
  /** Newest first, of one (queue, day, shard), after the given one. */
  deadLetterPage(page: {
    readonly queue: string;
    readonly day: number;
    readonly shard: number;
    readonly after: DeadLetterKey | null;
    readonly limit: number;
  }): Promise<readonly DeadLetterRow[]>;
  deadLetterDelete(keys: readonly DeadLetterKey[]): Promise<void>;
}

export interface MemberStore {
  /** Forgotten by itself after ttlMs. */
  memberWrite(row: MemberRow, ttlMs: number): Promise<void>;
  memberDelete(role: string, memberId: string): Promise<void>;
  memberList(role: string): Promise<readonly MemberRow[]>;
}

/** Orders of operators about buckets. Every worker reads all of them three times a lease: there are few. */
export interface PlacementStore {
  /** Replaces the one of the same subject. Idempotent. */
  placementWrite(row: PlacementRow): Promise<void>;
  /** Nothing happens where there is none. */
  placementDelete(subject: PlacementSubject): Promise<void>;
  /** By subject, at most PLACEMENTS_MAX. */
  placementList(): Promise<readonly PlacementRow[]>;
}

/** Schedules by shard: as many as there are buckets. */
export interface ScheduleStore {
  /** Linearizable. */
  scheduleGet(name: string): Promise<ScheduleRow | null>;
  /** Of one shard, by name, at most SCHEDULES_PER_SHARD_MAX. */
  scheduleList(shard: Bucket): Promise<readonly ScheduleRow[]>;
  /** Applied if the row there still has this version; null = there is none. */
  scheduleWrite(row: ScheduleRow, expectedVersion: number | null): Promise<CasOutcome>;
  /** Applied if the row there still has this version. Its runs stay until they expire. */
  scheduleDelete(name: string, expectedVersion: number): Promise<CasOutcome>;
  /** What a schedule was, before a change of it is written. Idempotent. Durable once resolved; forgotten after SCHEDULE_VERSIONS_KEPT_MS. */
  scheduleVersionWrite(row: ScheduleRow): Promise<void>;
  /** Former versions, the newest first, at most SCHEDULE_VERSIONS_MAX: also of schedules of this name that were deleted. */
  scheduleVersionList(name: string): Promise<readonly ScheduleRow[]>;
  /** Idempotent. Durable once resolved; forgotten after RUNS_KEPT_MS. */
  runWrite(row: RunRow): Promise<void>;
  /** The truths of slots in [fromMs, toMs], ascending, at most `limit`. */
  runList(range: {
    readonly schedule: string;
    readonly fromMs: number;
    readonly toMs: number;
    readonly limit: number;
  }): Promise<readonly RunRow[]>;
  progressWrite(row: ProgressRow): Promise<void>;
  /** Of every schedule of the shard, the truth of each. */
  progressList(shard: Bucket): Promise<readonly ProgressRow[]>;
}

/** A machine that keeps rows of the store, as it answers when it is asked by itself. For people. */
export interface NodeRow {
  /** `127.0.0.1:9042`; the path of an embedded file. */
  readonly address: string;
  readonly dc: string | null;
  readonly rack: string | null;
  readonly version: string | null;
  /** `silent`: it holds its connections and does not answer. */
  readonly state: 'up' | 'silent' | 'down';
  /** How long a read took that only this node answered, ms; null: there was no answer, or it was not asked. */
  readonly answerMs: number | null;
  /** Its clock minus this machine's, ms, to within `answerMs`; null as above. */
  readonly clockOffsetMs: number | null;
  /** What it stores of jobctl, bytes; null where it does not tell. */
  readonly storedBytes: number | null;
}

/** A table of jobctl, with the worst that any node tells of it. For people. */
export interface TableRow {
  readonly table: string;
  /** Largest partition, bytes. */
  readonly partitionBytesMax: number;
  /** Deleted rows that one read has met, at most. */
  readonly tombstonesMax: number;
}

export interface NodeStore {
  /** Every node that is known, by address. Does not throw for one that does not answer. */
  nodeList(): Promise<readonly NodeRow[]>;
  /** By name; empty where nodes do not tell. */
  tableList(): Promise<readonly TableRow[]>;
}

/** "Rows have arrived": only ever saves time; may be lost, late or repeated. */
export interface HintPort {
  /**
   * Calls back soon after another process, or this one, appended rows with a hint: to that bucket, or to any where the
   * store does not say. Returns how to stop.
   */
  hintSubscribe(listener: (bucket: Bucket | null) => void): () => void;
}

/** Everything of one store. Who opens it disposes of it. */
export interface Store
  extends JobStore,
    CheckpointStore,
    LockStore,
    KeyStore,
    DeadLetterStore,
    MemberStore,
    PlacementStore,
    ScheduleStore,
    NodeStore,
    HintPort,
    AsyncDisposable {
  /** For people: where it is. */
  readonly url: string;
  /** Fixed when the store is created. */
  readonly bucketCount: number;
  /** The store's wall clock, ms since the epoch. */
  wallMs(): Promise<number>;
}
