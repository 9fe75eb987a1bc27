// Submitting: one plain row a job, durable once acknowledged. Jobs without a partition key may go to any bucket, so those
// that arrive while others are being written are written together, in groups of one partition each (group commit): once they
// fill a group, or the others are done. An idle submitter sends at once. Ids are made here, so a repeated write is the same row.
import { type JobctlError, unavailableError } from '../model/errors.ts';
import { hashText } from '../model/hash.ts';
import {
  type Bucket,
  type JobId,
  jobBucket,
  jobDueMs,
  jobSlot,
  makeJobId,
  NO_FENCE,
  type Random,
  slotOf,
} from '../model/ids.ts';
import { JOB_DEFAULTS, type JobRow, type JobSpec } from '../model/job.ts';
import { KEY_TTL_MS, MUTATION_BYTES_MAX, MUTATION_ROWS_MAX } from '../model/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventSink } from '../ports/events.ts';
import type { Mutation, Store } from '../ports/store.ts';
import { StoreTime } from '../store-time.ts';
import { assertRequest, type SubmitRequest } from './submit-request.ts';

export type { SubmitRequest } from './submit-request.ts';

/**
 * An acknowledgement later than this after the job was due also writes a LATE pointer: the owner may have read past the row. The last 2 s
 * are read again once a second: what comes up to a second late is certainly seen by that, the rest may wait for 8 s.
 */
const LATE_ACK_MS = 1_000;
/** Tries to write one batch before its callers get the store's error. */
const WRITE_TRIES_MAX = 4;
/** Jobs that share a bucket and a mutation, at least where there are so many (docs/decisions/003-groups-of-ten-and-twenty.md). */
const GROUP_ROWS = 20;
/** The same of a burst that comes alone: workers share it. */
const BURST_GROUP_ROWS = 10;
/** Batches in flight at the same time: a slow node keeps only those waiting whose jobs it writes. */
const BATCHES_MAX = 4;
/** Wait before the second try, ms; doubles. */
const WRITE_RETRY_MS = 50;
/** Due sooner than this is worth a hint to the owner, ms. */
const HINT_HORIZON_MS = 2_000;
/** Tries to settle an idempotency key whose outcome is unknown. */
const KEY_TRIES_MAX = 5;

export interface Submitted {
  readonly id: JobId;
  /** The idempotency key was known: nothing new was submitted. */
  readonly duplicate: boolean;
  readonly dueMs: number;
}

export interface SubmitterDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventSink;
  /**
   * Submits though this machine's clock is far off the store's, by which jobs are stamped anyhow: for processes that nobody looks
   * at. Default: CLOCK_SKEW, so that a person mends it.
   */
  readonly isClockIgnored?: boolean;
}

interface Pending {
  readonly request: SubmitRequest;
  /** Set when key or partition key decided it already. */
  readonly id: JobId | null;
  readonly bucket: Bucket | null;
  readonly resolve: (submitted: Submitted) => void;
  readonly reject: (error: unknown) => void;
}

export class Submitter {
  readonly #deps: SubmitterDeps;
  readonly #time: StoreTime;
  #pending: Pending[] = [];
  /** Batches in flight, or about to be. */
  #batches = 0;
  #nextBucket: number;

  constructor(deps: SubmitterDeps) {
    this.#deps = deps;
    this.#time = new StoreTime(deps);
    this.#nextBucket = deps.random.uint32() % deps.store.bucketCount;
  }

  /** Resolves once the job is durable. Throws a usage error for bad input, a retryable one when the store did not answer. */
  async submit(request: SubmitRequest): Promise<Submitted> {
    assertRequest(request);
    if (request.key !== undefined) return this.#submitKeyed(request, request.key);
    return this.#enqueue(request, null);
  }

  /** Under an id that was chosen before: the same again is the same job. Late pointers go with it as with every other. */
  submitAs(id: JobId, request: SubmitRequest): Promise<Submitted> {
    assertRequest(request);
    return this.#enqueue(request, id);
  }

  /** In request order. Everything is checked before anything is written. */
  async submitAll(requests: readonly SubmitRequest[]): Promise<readonly Submitted[]> {
    requests.forEach(assertRequest);
    return Promise.all(requests.map((request) => this.submit(request)));
  }

  #enqueue(request: SubmitRequest, id: JobId | null): Promise<Submitted> {
    const bucket = id === null ? this.#bucketOf(request) : jobBucket(id);
    return new Promise<Submitted>((resolve, reject) => {
      this.#pending.push({ request, id, bucket, resolve, reject });
      const isWorthABatch = this.#batches === 0 || this.#pending.length >= GROUP_ROWS;
      if (isWorthABatch && this.#batches < BATCHES_MAX) void this.#flush();
    });
  }

  #bucketOf(request: SubmitRequest): Bucket | null {
    if (request.partitionKey === undefined) return null;
    return (hashText(request.partitionKey) % this.#deps.store.bucketCount) as Bucket;
  }

  async #flush(): Promise<void> {
    let groupRows = this.#batches === 0 ? BURST_GROUP_ROWS : GROUP_ROWS;
    this.#batches += 1;
    await null; // callers of the same turn share the first batch
    while (this.#pending.length > 0) {
      const batch = takeBatch(this.#pending);
      try {
        await this.#writeBatch(batch, groupRows);
      } catch (error) {
        for (const entry of batch) entry.reject(error);
      }
      groupRows = GROUP_ROWS;
    }
    this.#batches -= 1;
  }

  async #writeBatch(batch: readonly Pending[], groupRows: number): Promise<void> {
    await this.#time.refresh();
    if (this.#deps.isClockIgnored !== true) this.#time.assertUsable();
    const stampedMs = this.#time.nowMs();
    const nextBucket = this.#freeBuckets(batch.filter(({ bucket }) => bucket === null).length, groupRows);
    const groups = new Map<string, { mutation: Mutation; jobs: JobRow[]; entries: Pending[] }>();
    for (const entry of batch) {
      const job = this.#jobRow(entry, entry.bucket ?? nextBucket(), stampedMs);
      const partition = { bucket: jobBucket(job.jobId), slot: jobSlot(job.jobId) };
      const name = `${partition.bucket}/${partition.slot}`;
      let group = groups.get(name);
      if (group === undefined) {
        const jobs: JobRow[] = [];
        group = { mutation: { ...partition, jobs }, jobs, entries: [] };
        groups.set(name, group);
      }
      group.jobs.push(job);
      group.entries.push(entry);
    }
    await Promise.all([...groups.values()].map((group) => this.#writeGroup(group, stampedMs)));
  }

  async #writeGroup(
    group: { readonly mutation: Mutation; readonly jobs: readonly JobRow[]; readonly entries: readonly Pending[] },
    stampedMs: number,
  ): Promise<void> {
    const { clock, events } = this.#deps;
    const sentMs = clock.monotonicMs();
    try {
      const soonMs = stampedMs + HINT_HORIZON_MS;
      await this.#write({ ...group.mutation, hint: group.jobs.some((job) => dueMsOf(job) <= soonMs) });
      await this.#writeLatePointers(group.mutation.bucket, group.jobs);
    } catch (error) {
      for (const entry of group.entries) entry.reject(error);
      return;
    }
    group.entries.forEach((entry, index) => {
      const job = group.jobs[index];
      if (job !== undefined) entry.resolve({ id: job.jobId, duplicate: false, dueMs: dueMsOf(job) });
    });
    const durationMs = clock.monotonicMs() - sentMs;
    events.emit({ type: 'jobs.submitted', bucket: group.mutation.bucket, count: group.jobs.length, durationMs });
  }

  async #write(mutation: Mutation): Promise<void> {
    for (let tried = 1; ; tried += 1) {
      try {
        return await this.#deps.store.append(mutation);
      } catch (error) {
        if (tried >= WRITE_TRIES_MAX || (error as Partial<JobctlError>).retryable !== true) throw error;
        await this.#deps.clock.sleep(WRITE_RETRY_MS * 2 ** (tried - 1));
      }
    }
  }

  #writeLatePointers(bucket: Bucket, jobs: readonly JobRow[]): Promise<void> {
    // The store's time is not later than this, however badly it was measured.
    const dueMs = this.#time.nowMs() + this.#time.measuredWithinMs;
    const late = jobs.filter((job) => dueMs - dueMsOf(job) > LATE_ACK_MS);
    if (late.length === 0) return Promise.resolve();
    const pointers = late.map(({ jobId }) => ({ dueMs, jobId, fence: NO_FENCE, op: 'late' as const, targetMs: null }));
    return this.#write({ bucket, slot: slotOf(dueMs), pointers, hint: true });
  }

  /** Deals out buckets to jobs that may go anywhere: as few as make full groups, so that workers share a burst. */
  #freeBuckets(jobCount: number, groupRows: number): () => Bucket {
    const { bucketCount } = this.#deps.store;
    const groups = Math.min(bucketCount, Math.ceil(jobCount / groupRows));
    const [first, rows] = [this.#nextBucket, Math.ceil(jobCount / groups)];
    this.#nextBucket = (first + groups) % bucketCount;
    let dealt = 0;
    return () => {
      const bucket = (first + Math.floor(dealt / rows)) % bucketCount;
      dealt += 1;
      return bucket as Bucket;
    };
  }

  #jobRow(entry: Pending, bucket: Bucket, stampedMs: number): JobRow {
    const { request } = entry;
    return {
      jobId: entry.id ?? this.#makeId(request, bucket, stampedMs),
      queue: request.queue ?? JOB_DEFAULTS.queue,
      type: request.type,
      payload: request.payload,
      spec: specOf(request),
      createdMs: stampedMs,
    };
  }

  #makeId(request: SubmitRequest, bucket: Bucket, stampedMs: number): JobId {
    const dueMs = Math.max(stampedMs, Math.round(request.atMs ?? stampedMs + (request.delayMs ?? 0)));
    return makeJobId({ bucket, priority: request.priority ?? JOB_DEFAULTS.priority, dueMs }, this.#deps.random);
  }

  /** The key row first, then the job; a crash in between heals when the key is submitted again. */
  async #submitKeyed(request: SubmitRequest, key: string): Promise<Submitted> {
    const { store, random } = this.#deps;
    const namespace = request.queue ?? JOB_DEFAULTS.queue;
    await this.#time.refresh();
    this.#time.assertUsable();
    const nowMs = this.#time.nowMs();
    const bucket = this.#bucketOf(request) ?? ((random.uint32() % store.bucketCount) as Bucket);
    const id = this.#makeId(request, bucket, nowMs);
    for (let tried = 1; tried <= KEY_TRIES_MAX; tried += 1) {
      const known = await store.keyGet(namespace, key);
      if (known !== null && known !== id) return this.#duplicate(request, known);
      const inserted =
        known === id ||
        (await store.keyInsert({ namespace, key, jobId: id, createdMs: nowMs, ttlMs: KEY_TTL_MS })) === 'applied';
      if (inserted) return this.#enqueue(request, id);
    }
    throw unavailableError(
      'STORE_UNAVAILABLE',
      `no answer about the idempotency key "${key}" after ${KEY_TRIES_MAX} tries`,
      {
        hint: 'submit again with the same key: it cannot create a second job',
      },
    );
  }

  async #duplicate(request: SubmitRequest, id: JobId): Promise<Submitted> {
    const jobs = await this.#deps.store.jobGet([id]);
    const job = jobs.get(id);
    this.#deps.events.emit({ type: 'job.duplicate', jobId: id });
    if (job === undefined) return { id, duplicate: true, dueMs: (await this.#enqueue(request, id)).dueMs };
    // Its row may never have been acknowledged before this, and the owner have read past it.
    const isAttempted = (await this.#deps.store.truthGet([id])).has(id);
    if (!isAttempted) await this.#writeLatePointers(jobBucket(id), [job]);
    return { id, duplicate: true, dueMs: dueMsOf(job) };
  }
}

export const createSubmitter = (deps: SubmitterDeps): Submitter => new Submitter(deps);

const specOf = ({ spec, key, partitionKey }: SubmitRequest): JobSpec => ({
  ...spec,
  ...(key === undefined ? {} : { key }),
  ...(partitionKey === undefined ? {} : { partitionKey }),
});

const dueMsOf = (job: JobRow): number => jobDueMs(job.jobId);

/** Takes from the front as many as fit into one mutation. */
const takeBatch = (pending: Pending[]): readonly Pending[] => {
  let bytes = 0;
  let count = 0;
  for (const { request } of pending) {
    bytes += request.payload.length;
    if (count > 0 && (count === MUTATION_ROWS_MAX || bytes > MUTATION_BYTES_MAX)) break;
    count += 1;
  }
  return pending.splice(0, count);
};
