// How much the database could do: what jobctl sends for so many jobs is written down, and sent again with nothing else around it.
// jobctl cannot be faster than that with these statements; how near it comes is what its own code costs.
import { join } from 'node:path';
import { createSubmitter } from '../../core/job/submit.ts';
import type { Random } from '../../core/model/ids.ts';
import { allBuckets, type JobId } from '../../core/model/ids.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Event } from '../../core/ports/events.ts';
import type { Handlers } from '../../core/ports/handler.ts';
import type { Store } from '../../core/ports/store.ts';
import { WORKER_DEFAULTS } from '../../core/worker/defaults.ts';
import { Worker } from '../../core/worker/worker.ts';
import { closedLoop } from '../measure/load.ts';
import { CassandraCapture } from './cassandra.ts';
import { SqliteCapture } from './sqlite.ts';

const CALLERS = 64;
const BULK = 1_000;
const FILLER = 'x'.repeat(200);
const LATER_MS = 24 * 3_600_000;

export const CEILINGS = ['submit', 'submit-bulk', 'drain'] as const;
export type CeilingName = (typeof CEILINGS)[number];

export interface CeilingDeps {
  /** An empty store; opened while everything that is sent is written down. */
  readonly openStore: () => Promise<Store>;
  readonly isEmbedded: boolean;
  readonly folder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/** Jobs a second, sent by the bare driver; the best of what was tried. */
export const ceilingOf = async (name: CeilingName, jobs: number, deps: CeilingDeps): Promise<number> => {
  using capture = deps.isEmbedded ? new SqliteCapture() : new CassandraCapture();
  await using store = await deps.openStore();
  await WORK[name]({ ...deps, store }, jobs, () => capture.begin());
  capture[Symbol.dispose]();
  const tookMs =
    capture instanceof SqliteCapture
      ? capture.replay(join(deps.folder, `ceiling-${deps.random.uint32()}.db`))
      : await capture.replay();
  return (jobs * 1_000) / tookMs;
};

interface Around extends CeilingDeps {
  readonly store: Store;
}

type Work = (around: Around, jobs: number, begin: () => void) => Promise<void>;

const submit: Work = async (around, jobs, begin) => {
  const submitter = submitterOf(around);
  begin();
  const call = (n: number) =>
    submitter.submit({ type: 'bench', payload: JSON.stringify({ n, filler: FILLER }), delayMs: LATER_MS });
  await closedLoop({ callers: CALLERS, until: { count: jobs }, signal: around.signal, call });
};

const submitBulk: Work = async (around, jobs, begin) => {
  begin();
  await inBulk(around, jobs, { delayMs: LATER_MS });
};

const drain: Work = async (around, jobs, begin) => {
  const ids = await inBulk(around, jobs, {});
  const { store, clock, random, signal } = around;
  const ended = Promise.withResolvers<void>();
  let count = 0;
  const emit = (event: Event): void => {
    if (event.type !== 'job.ended') return;
    count += 1;
    if (count >= ids.length) ended.resolve();
  };
  signal.addEventListener('abort', () => ended.reject(signal.reason as Error));
  begin();
  const options = { memberId: 'ceiling', buckets: allBuckets(store.bucketCount), address: '', version: 'ceiling' };
  const worker = await Worker.start(
    { store, clock, random, events: { emit }, handlers: NOOP },
    { ...WORKER_DEFAULTS, ...options },
  );
  await ended.promise;
  await worker.drain(AbortSignal.abort());
};

const WORK: Readonly<Record<CeilingName, Work>> = { submit, 'submit-bulk': submitBulk, drain };

const NOOP: Handlers = {
  types: ['bench'],
  run: async () => ({ kind: 'succeeded', result: null }),
  [Symbol.asyncDispose]: async () => {},
};

const submitterOf = (around: Around) =>
  createSubmitter({ ...around, events: { emit: () => {} }, isClockIgnored: true });

const inBulk = async (
  around: Around,
  jobs: number,
  further: { readonly delayMs?: number },
): Promise<readonly JobId[]> => {
  const submitter = submitterOf(around);
  const ids: JobId[] = [];
  for (let made = 0; made < jobs; made += BULK) {
    const requests = Array.from({ length: Math.min(BULK, jobs - made) }, (_, n) => ({
      ...{ type: 'bench', payload: JSON.stringify({ n: made + n, filler: FILLER }), ...further },
    }));
    for (const { id } of await submitter.submitAll(requests)) ids.push(id);
  }
  return ids;
};
