// Orders and waiting: what a person wants to become of a job is written as a pointer, and executed by the owner of its
// bucket. An order names the truth it was given against; when that has moved on, it is given again.
import { conflictError, EXIT, JobctlError, jobMissing, waitTimeout } from '../model/errors.ts';
import { type Bucket, type Fence, type JobId, jobBucket, jobDueMs, NO_FENCE, slotOf } from '../model/ids.ts';
import { isTerminal, isTerminalJob, type JobState, jobState, type PointerOp } from '../model/job.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store, Truth } from '../ports/store.ts';
import { bucketSession } from './buckets.ts';

/** First and longest wait between two looks, ms: an outcome is seen within the longest. */
const POLL_FIRST_MS = 25;
const POLL_MAX_MS = 100;

export interface ControlDeps {
  readonly store: Store;
  readonly clock: Clock;
}

export interface OrderOptions {
  /** How long to wait for its execution, ms. */
  readonly timeoutMs: number;
}

export interface WaitOptions extends OrderOptions {
  /** Ends the wait as a time-out does. */
  readonly signal?: AbortSignal;
}

/** What came of an order: the state after it, or `accepted` where no live worker owns the bucket. It is durable, and executed later. */
export type Ordered = JobState | 'accepted';

/** Resolves with the outcome. Throws JOB_NOT_FOUND, or WAIT_TIMEOUT (exit 124). */
export const jobWait = async (deps: ControlDeps, id: JobId, options: WaitOptions): Promise<JobState> => {
  const { store, clock } = deps;
  const endsMs = clock.monotonicMs() + options.timeoutMs;
  let seen: string | null = null;
  for (let pollMs = POLL_FIRST_MS; ; pollMs = Math.min(pollMs * 2, POLL_MAX_MS)) {
    const truth = await truthOf(store, id);
    const now = `${truth?.fence ?? NO_FENCE}/${truth?.state ?? ''}`;
    if (seen === null) await assertExists(store, id);
    if (seen !== null && now !== seen) pollMs = POLL_FIRST_MS;
    seen = now;
    const state = jobState(truth);
    if (isTerminalJob(state)) return state;
    const leftMs = endsMs - clock.monotonicMs();
    if (leftMs <= 0 || options.signal?.aborted) {
      throw waitTimeout(id, state, options.timeoutMs);
    }
    await clock.sleep(Math.min(pollMs, leftMs), options.signal);
  }
};

/** Resolves with what came of it: `cancelled`, or the outcome that came first. Throws JOB_STATE_CONFLICT, WAIT_TIMEOUT. */
export const jobCancel = async (deps: ControlDeps, id: JobId, options: OrderOptions): Promise<Ordered> => {
  const truth = await assertExists(deps.store, id);
  const state = jobState(truth);
  if (state === 'cancelled') return state;
  if (isTerminalJob(state)) {
    throw conflictError('JOB_STATE_CONFLICT', `job ${id} is ${state}: there is nothing to cancel`, {
      hint: `see it with \`jobctl job get ${id}\``,
    });
  }
  const isDone = (now: Truth | undefined): boolean => now !== undefined && isTerminal(now.state);
  return giveOrder(deps, { id, op: 'cancel', targetMs: null, isDone }, options);
};

/** A job that ended without success runs again with new attempts, a waiting one runs now. Throws JOB_STATE_CONFLICT, WAIT_TIMEOUT. */
export const jobRetry = async (deps: ControlDeps, id: JobId, options: OrderOptions): Promise<Ordered> => {
  const truth = await assertExists(deps.store, id);
  const state = jobState(truth);
  if (state === 'succeeded' || state === 'running') {
    throw conflictError('JOB_STATE_CONFLICT', `job ${id} is ${state}: it cannot be retried`, {
      hint: state === 'running' ? `wait for it: \`jobctl job wait ${id}\`` : 'submit a new job for the same work',
    });
  }
  const nowMs = await deps.store.wallMs();
  const dueMs = truth === undefined ? jobDueMs(id) : truth.nextDueMs;
  if (dueMs !== null && dueMs <= nowMs) return state; // due already: its owner is on it
  const before = truth?.fence ?? NO_FENCE;
  const isDone = (now: Truth | undefined): boolean => (now?.fence ?? NO_FENCE) !== before;
  const order: Order = isTerminalJob(state)
    ? { id, op: 'replay', targetMs: null, isDone }
    : { id, op: 'reschedule', targetMs: nowMs, isDone };
  return giveOrder(deps, order, options);
};

/**
 * A waiting job runs at another time; its attempts count on. Throws JOB_STATE_CONFLICT for one that runs or is over, WAIT_TIMEOUT.
 */
export const jobReschedule = async (
  deps: ControlDeps,
  id: JobId,
  options: OrderOptions & { readonly dueMs: number },
): Promise<Ordered> => {
  const truth = await assertExists(deps.store, id);
  const state = jobState(truth);
  if (state === 'running' || isTerminalJob(state)) {
    throw conflictError('JOB_STATE_CONFLICT', `job ${id} is ${state}: it has no time to be moved`, {
      hint: state === 'running' ? `wait for it: \`jobctl job wait ${id}\`` : `run it again: \`jobctl job retry ${id}\``,
    });
  }
  const before = truth?.fence ?? NO_FENCE;
  const isDone = (now: Truth | undefined): boolean => (now?.fence ?? NO_FENCE) !== before;
  return giveOrder(deps, { id, op: 'reschedule', targetMs: options.dueMs, isDone }, options);
};

/** Orders it, against this truth, and waits for nobody. */
export const orderCancel = (store: Store, id: JobId, fence: Fence): Promise<void> =>
  writeOrder(store, { id, op: 'cancel', targetMs: null }, fence);

interface Order {
  readonly id: JobId;
  readonly op: PointerOp;
  readonly targetMs: number | null;
  readonly isDone: (truth: Truth | undefined) => boolean;
}

const giveOrder = async (deps: ControlDeps, order: Order, { timeoutMs }: OrderOptions): Promise<Ordered> => {
  const { store, clock } = deps;
  const endsMs = clock.monotonicMs() + timeoutMs;
  let givenAgainst: Fence | null = null;
  for (let pollMs = POLL_FIRST_MS; ; pollMs = Math.min(pollMs * 2, POLL_MAX_MS)) {
    const truth = await truthOf(store, order.id);
    if (order.isDone(truth)) return jobState(truth);
    const fence = truth?.fence ?? NO_FENCE;
    if (fence !== givenAgainst) {
      await writeOrder(store, order, fence);
      if (!(await hasLiveOwner(store, jobBucket(order.id)))) return 'accepted';
      givenAgainst = fence;
    }
    const leftMs = endsMs - clock.monotonicMs();
    if (leftMs <= 0) throw notExecuted(order, timeoutMs);
    await clock.sleep(Math.min(pollMs, leftMs));
  }
};

const writeOrder = async (store: Store, { id, op, targetMs }: Omit<Order, 'isDone'>, fence: Fence): Promise<void> => {
  const bucket = jobBucket(id);
  const dueMs = await store.wallMs();
  const pointers = [{ dueMs, jobId: id, fence, op, targetMs }];
  await store.append({ bucket, slot: slotOf(dueMs), pointers, hint: true });
};

/** A crashed worker's session lives on until somebody ends it; its announcement expires with the lease. */
const hasLiveOwner = async (store: Store, bucket: Bucket): Promise<boolean> => {
  const session = await bucketSession(store, bucket);
  if (session === null) return false;
  return (await store.memberList('worker')).some((member) => member.session === session.id);
};

const notExecuted = ({ id, op }: Order, timeoutMs: number): JobctlError =>
  new JobctlError('WAIT_TIMEOUT', EXIT.timeout, `the ${op} of job ${id} was not executed within ${timeoutMs} ms`, {
    detail: `it is recorded, and a worker that owns bucket ${jobBucket(id)} will execute it`,
    hint: 'see who owns it with `jobctl bucket list`, or start a worker with `jobctl worker`',
  });

const truthOf = async (store: Store, id: JobId): Promise<Truth | undefined> => (await store.truthGet([id])).get(id);

const assertExists = async (store: Store, id: JobId): Promise<Truth | undefined> => {
  const [jobs, truth] = await Promise.all([store.jobGet([id]), truthOf(store, id)]);
  if (jobs.has(id)) return truth;
  throw jobMissing(id);
};
