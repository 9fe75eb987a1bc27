// Why a job is where it is. The facts are gathered in one place and judged by one pure function.
import { type JobId, jobBucket, jobDueMs } from '../model/ids.ts';
import { type JobRow, type JobState, jobState } from '../model/job.ts';
import type { CheckpointRow, MemberRow, SessionRow } from '../model/lock.ts';
import { isoTime } from '../model/time.ts';
import type { Store, Truth } from '../ports/store.ts';
import { bucketSession } from './buckets.ts';
import { attemptsMax } from './transitions.ts';
import { nextDueMs } from './view.ts';

export interface Explanation {
  readonly id: JobId;
  readonly state: JobState;
  /** Sentences, the decisive one first. */
  readonly reasons: readonly string[];
  /** What could be done about it. */
  readonly hints: readonly string[];
}

export interface Facts {
  readonly nowMs: number;
  readonly job: JobRow;
  readonly truth: Truth | undefined;
  /** Live session that holds the bucket's lock. */
  readonly session: SessionRow | null;
  /** The owner as it announced itself. */
  readonly owner: MemberRow | null;
  readonly checkpoint: CheckpointRow | null;
}

/** Due for less than this is no delay, ms. */
const LATE_MS = 2_000;

export const jobExplain = async (store: Store, nowMs: number, id: JobId): Promise<Explanation | null> => {
  const bucket = jobBucket(id);
  const [jobs, truths, session, checkpoint, members] = await Promise.all([
    store.jobGet([id]),
    store.truthGet([id]),
    bucketSession(store, bucket),
    store.checkpointGet(bucket),
    store.memberList('worker'),
  ]);
  const job = jobs.get(id);
  if (job === undefined) return null;
  const owner = members.find((member) => member.session === session?.id) ?? null;
  return explain({ nowMs, job, truth: truths.get(id), session, owner, checkpoint });
};

export const explain = (facts: Facts): Explanation => {
  const { job, truth } = facts;
  const state = jobState(truth);
  return { id: job.jobId, state, ...judge(facts, state) };
};

type Judged = Pick<Explanation, 'reasons' | 'hints'>;

const judge = (facts: Facts, state: JobState): Judged => {
  const { job, truth } = facts;
  switch (state) {
    case 'succeeded':
      return { reasons: [`it succeeded at attempt ${truth?.attempt} on ${truth?.worker}`], hints: [] };
    case 'failed':
      return {
        reasons: [`attempt ${truth?.attempt} failed and was not to be retried: ${truth?.error}`],
        hints: [`run it again with \`jobctl job retry ${job.jobId}\``],
      };
    case 'cancelled':
      return { reasons: [`it was cancelled at ${isoTime(truth?.endedMs ?? 0)}`], hints: [] };
    case 'dlq':
      return {
        reasons: [`it used up its ${attemptsMax(job.spec)} attempts; the last error: ${truth?.error}`],
        hints: [`run it again with \`jobctl dlq retry ${job.jobId}\``],
      };
    case 'running':
      return explainRunning(facts);
    default:
      return explainWaiting(facts);
  }
};

const explainRunning = ({ truth, session, owner, nowMs }: Facts): Judged => {
  const since = `attempt ${truth?.attempt} runs on ${truth?.worker} since ${isoTime(truth?.startedMs ?? nowMs)}`;
  if (session !== null && owner?.memberId === truth?.worker) return { reasons: [since], hints: [] };
  return {
    reasons: [
      since,
      'that worker does not own the bucket any more: it may finish, or be declared lost with its session',
    ],
    hints: [],
  };
};

const explainWaiting = (facts: Facts): Judged => {
  const { job, truth, nowMs } = facts;
  const dueMs = nextDueMs(job.jobId, truth) ?? jobDueMs(job.jobId);
  const last = lastAttempt(facts);
  if (dueMs > nowMs) {
    const what = truth === undefined ? 'it is due' : 'it is due again';
    const reasons = [`${what} at ${isoTime(dueMs)}, in ${seconds(dueMs - nowMs)}`, ...last];
    return { reasons, hints: [`run it now with \`jobctl job retry ${job.jobId}\``] };
  }
  const { reasons, hints } = explainDue(facts, dueMs);
  return { reasons: [...reasons, ...last], hints };
};

const lastAttempt = ({ job, truth }: Facts): readonly string[] => {
  if (truth === undefined) return [];
  const error = truth.error === null ? '' : `: ${truth.error}`;
  return [`attempt ${truth.attempt} of ${attemptsMax(job.spec)} ended ${truth.state}${error}`];
};

const explainDue = ({ job, session, owner, checkpoint, nowMs }: Facts, dueMs: number): Judged => {
  const bucket = jobBucket(job.jobId);
  const late = `it is due since ${isoTime(dueMs)} (${seconds(nowMs - dueMs)})`;
  if (session === null) {
    return {
      reasons: [`${late}, but no worker owns its bucket ${bucket}`],
      hints: [
        `start one: \`jobctl worker --buckets ${bucket}\`; after a crash the next one takes over when the lease has run out`,
      ],
    };
  }
  const name = owner?.memberId ?? 'a worker';
  if (owner !== null && !owner.types.includes(job.type)) {
    return {
      reasons: [`${late}, but ${name}, which owns its bucket ${bucket}, has no handler for "${job.type}"`],
      hints: [`it handles ${owner.types.join(', ')}; start a worker with a handler for "${job.type}"`],
    };
  }
  if (owner !== null && owner.running >= owner.capacity) {
    return {
      reasons: [`${late}; ${name} runs ${owner.running} jobs, as many as it may`],
      hints: ['start another worker, or give it more --concurrency'],
    };
  }
  const isBehind = checkpoint !== null && nowMs - checkpoint.lowWaterMs > 60_000;
  if (isBehind) return { reasons: [`${late}; ${name} is behind, and works off jobs that were due earlier`], hints: [] };
  return { reasons: [nowMs - dueMs < LATE_MS ? `${late}; ${name} is about to start it` : late], hints: [] };
};

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
