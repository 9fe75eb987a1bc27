// How much the database could do: what jobctl sends for so many jobs is written down, and sent again with nothing else around it.
// jobctl cannot be faster than that with these statements; how near it comes is what its own code costs.
import { createSubmitter, type Submitter } from '../../core/job/submit.ts';
import { EXIT, JobctlError } from '../../core/model/errors.ts';
import type { Random } from '../../core/model/ids.ts';
import { allBuckets } from '../../core/model/ids.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Event, EventSink } from '../../core/ports/events.ts';
import type { Handlers } from '../../core/ports/handler.ts';
import type { Store } from '../../core/ports/store.ts';
import { WORKER_DEFAULTS } from '../../core/worker/defaults.ts';
import { Worker } from '../../core/worker/worker.ts';
import { CALLERS, laterJob, submitBacklog, submitInBulk, submitWarmUp } from '../jobs.ts';
import { closedLoop } from '../measure/load.ts';
import { CassandraCapture } from './cassandra.ts';
import type { Recording } from './recording.ts';
import { SqliteCapture } from './sqlite.ts';

/** Beyond this something is wrong, ms. */
const DRAINED_WITHIN_MS = 1_800_000;

/** The work whose statements are written down. */
export interface CeilingWork {
  readonly name: 'submit' | 'submit-bulk' | 'drain';
  readonly jobs: number;
  /** Of the worker that drains; default: a worker's. */
  readonly concurrency?: number;
  /** What each job carries; default: what jobs of benchmarks do. */
  readonly payload?: string;
}

export interface CeilingDeps {
  /** An empty store; opened while everything that is sent is written down. */
  readonly openStore: () => Promise<Store>;
  readonly isEmbedded: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/** Measures by sending again, in a folder or an empty store of the same kind: jobs a second. */
export type Ceiling = (folder: string) => Promise<number>;

/** Does the work, and writes down what is sent for it. */
export const captureCeiling = async (work: CeilingWork, deps: CeilingDeps): Promise<Ceiling> => {
  using capture = deps.isEmbedded ? new SqliteCapture() : new CassandraCapture();
  await using store = await deps.openStore();
  const submitter = createSubmitter({ ...deps, store, events: { emit: () => {} }, isClockIgnored: true });
  await WORK[work.name]({ ...deps, ...work, store, submitter }, capture);
  return async (folder) => (work.jobs * 1_000) / (await capture.replay(folder));
};

interface Around extends CeilingDeps, CeilingWork {
  readonly store: Store;
  readonly submitter: Submitter;
}

/** What is sent in between is timed. */
type Timed = Pick<Recording<unknown>, 'beginBacklog' | 'begin' | 'end'>;

type Work = (around: Around, timed: Timed) => Promise<void>;

const submit: Work = async ({ submitter, signal, jobs, payload }, timed) => {
  timed.begin();
  const given = payload === undefined ? {} : { payload };
  const call = (n: number) => submitter.submit({ ...laterJob(n), ...given });
  await closedLoop({ callers: CALLERS, until: { count: jobs }, signal, call });
  timed.end();
};

const submitBulk: Work = async (around, timed) => {
  timed.begin();
  await submitInBulk(around, around.jobs, laterJob);
  timed.end();
};

const drain: Work = async (around, timed) => {
  const { store, clock, random, concurrency = WORKER_DEFAULTS.concurrency, jobs } = around;
  const ends = new Ends(around);
  const options = { memberId: 'ceiling', buckets: allBuckets(store.bucketCount), address: '', version: 'ceiling' };
  const worker = await Worker.start(
    { store, clock, random, events: ends, handlers: NOOP },
    { ...WORKER_DEFAULTS, ...options, concurrency },
  );
  try {
    const warmUp = await submitWarmUp(around);
    await ends.reach(warmUp.ids.length);
    timed.beginBacklog();
    const { dueInMs } = await submitBacklog(around, jobs, warmUp);
    await clock.sleep(dueInMs, around.signal);
    timed.begin(); // it is warm, owns its buckets, and has looked for work until now: nothing but the backlog is left
    await ends.reach(warmUp.ids.length + jobs);
    timed.end();
  } finally {
    await worker.drain(AbortSignal.abort());
  }
};

/** Counts jobs that ended. */
class Ends implements EventSink {
  readonly #around: Pick<Around, 'clock' | 'signal'>;
  #count = 0;
  #wanted = Number.POSITIVE_INFINITY;
  #reached = new AbortController();

  constructor(around: Pick<Around, 'clock' | 'signal'>) {
    this.#around = around;
  }

  emit({ type }: Event): void {
    if (type !== 'job.ended') return;
    this.#count += 1;
    if (this.#count >= this.#wanted) this.#reached.abort();
  }

  /** Resolves once so many have ended. Throws BENCH_STALLED. */
  async reach(wanted: number): Promise<void> {
    const { clock, signal } = this.#around;
    this.#reached = new AbortController();
    this.#wanted = wanted;
    if (this.#count >= wanted) return;
    await clock.sleep(DRAINED_WITHIN_MS, AbortSignal.any([this.#reached.signal, signal]));
    signal.throwIfAborted();
    if (!this.#reached.signal.aborted) throw notDrained(this.#count, wanted);
  }
}

const notDrained = (count: number, jobs: number): JobctlError =>
  new JobctlError(
    'BENCH_STALLED',
    EXIT.failed,
    `a ceiling was not measured within ${DRAINED_WITHIN_MS / 60_000} minutes`,
    {
      detail: `${count} of ${jobs} jobs had ended`,
      hint: 'measure fewer: --jobs 5000',
    },
  );

const WORK: Readonly<Record<CeilingWork['name'], Work>> = { submit, 'submit-bulk': submitBulk, drain };

const NOOP: Handlers = {
  types: ['bench'],
  run: async () => ({ kind: 'succeeded', result: null }),
  [Symbol.asyncDispose]: async () => {},
};
