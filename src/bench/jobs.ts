// The jobs that benchmarks submit, and how many at a time.
import type { SubmitRequest, Submitter } from '../core/job/submit.ts';
import type { JobId } from '../core/model/ids.ts';
import type { Store } from '../core/ports/store.ts';
import { machineMs } from '../platform/machine-time.ts';
import type { BenchPayload } from './trace-format.ts';

/** As many callers as a closed loop has, and as a bulk has jobs. */
export const CALLERS = 64;
export const BULK = 1_000;
/** As an order or an e-mail has it, bytes. */
export const FILLER = 'x'.repeat(200);
/** Nothing is to run them meanwhile. */
export const LATER_MS = 24 * 3_600_000;

const filledJob = (n: number): SubmitRequest => ({
  type: 'bench',
  payload: JSON.stringify({ n, filler: FILLER }),
});
/** Make the code of client and workers hot, however little is measured: after 10,000 it is half as fast as after 40,000. */
const WARMUP_JOBS = 30_000;
/** What is slow is not waited for any longer, ms. */
const WARMUP_MAX_MS = 5_000;
/** Until a backlog is due, ms, beside twice the time that its submission should take. */
const DUE_AFTER_MS = 500;

export const laterJob = (n: number): SubmitRequest => ({ ...filledJob(n), delayMs: LATER_MS });

type Deeds = Omit<BenchPayload, 'n'>;
const [SLEEPS, COMPUTES] = [{ sleepMs: 10 }, { cpuMs: 5 }];
/** What jobs do once they run, by their number: wait for something else, compute, or both and nothing; one of a hundred fails first. */
export const SHAPES: Readonly<Record<string, (n: number) => Deeds>> = {
  sleep: () => SLEEPS,
  cpu: () => COMPUTES,
  mixed: (n) => ({ ...[{}, SLEEPS, COMPUTES][n % 3], ...(n % 100 === 0 ? { failures: 1 } : {}) }),
};

interface Client {
  readonly submitter: Submitter;
  readonly signal: AbortSignal;
}

export interface WarmUp {
  readonly ids: readonly JobId[];
  readonly tookMs: number;
}

/** Whether so many jobs since then are enough. */
export const isWarm = (jobs: number, sinceMs: number): boolean =>
  jobs >= WARMUP_JOBS || machineMs() - sinceMs >= WARMUP_MAX_MS;

/** Jobs for workers that run, before a backlog. */
export const submitWarmUp = async (client: Client): Promise<WarmUp> => {
  const startMs = machineMs();
  const ids: JobId[] = [];
  do ids.push(...(await submitInBulk(client, BULK, () => filledJob(-1))));
  while (!isWarm(ids.length, startMs) && !client.signal.aborted);
  return { ids, tookMs: machineMs() - startMs };
};

export interface Backlog {
  readonly ids: readonly JobId[];
  /** How long until they are due, ms; negative: some were due before all of them were there. */
  readonly dueInMs: number;
}

/** Jobs that are all due at one moment, soon: when they are all there, as far as the warm-up can tell. */
export const submitBacklog = async (
  client: Client & { readonly store: Store },
  jobs: number,
  { ids: { length }, tookMs }: WarmUp,
): Promise<Backlog> => {
  const { store } = client;
  const atMs = (await store.wallMs()) + DUE_AFTER_MS + (2 * tookMs * jobs) / length;
  const ids = await submitInBulk(client, jobs, (n) => ({ ...filledJob(n), atMs }));
  return { ids, dueInMs: atMs - (await store.wallMs()) };
};

/** Numbered from 0; ends early, with fewer, when the signal aborts. */
export const submitInBulk = async (
  { submitter, signal }: Client,
  jobs: number,
  requestOf: (n: number) => SubmitRequest,
): Promise<readonly JobId[]> => {
  const ids: JobId[] = [];
  for (let made = 0; made < jobs && !signal.aborted; made += BULK) {
    const requests = Array.from({ length: Math.min(BULK, jobs - made) }, (_, index) => requestOf(made + index));
    for (const { id } of await submitter.submitAll(requests)) ids.push(id);
  }
  return ids;
};
