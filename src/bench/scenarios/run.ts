// Jobs from submission to start and end: at a fixed rate, when they are due later, from a backlog, with failures.
import { type JobId, jobDueMs } from '../../core/model/ids.ts';
import type { Truth } from '../../core/ports/store.ts';
import { WORKER_DEFAULTS } from '../../core/worker/defaults.ts';
import { CALLERS, SHAPES, submitBacklog, submitWarmUp } from '../jobs.ts';
import { Latencies } from '../measure/latencies.ts';
import { closedLoop, openLoop } from '../measure/load.ts';
import type { Place } from '../place.ts';
import type { Params } from '../results/table.ts';
import { type Found, latencyMetric, type Metric, numberOf, rateMetric, type Scenario, type Size } from '../scenario.ts';
import { wrongWith } from './check.ts';

const E2E_RATE = 200;
/** Jobs that do nothing wait for the store alone: as many at a time as keep it busy. */
const CONCURRENCY_OF_NOTHING = 1_024;

/** Attempts of a job fail so often in `retry-storm`. */
const FAILURES = 2;
const RETRIED_SOON = {
  maxAttempts: FAILURES + 1,
  backoff: { kind: 'fixed', baseMs: 100, maxMs: 100, jitter: 0 },
} as const;

const idle = async (place: Place): Promise<void> => {
  await place.startWorkers(1);
};

interface AtRate extends Pick<Size, 'seconds' | 'warmupSeconds'> {
  /** Jobs a second. */
  readonly rate: number;
  /** What each does; default: nothing. */
  readonly deedsOf?: (typeof SHAPES)[string] | undefined;
}

/** At a rate: from the moment a job was meant to be submitted to its start, and from when it was due to its end. */
export const atRate = async (
  place: Place,
  { rate, seconds, warmupSeconds, deedsOf = () => ({}) }: AtRate,
): Promise<Found> => {
  const { signal } = place.deps;
  const ids: JobId[] = [];
  const intended: number[] = [];
  let starts = 0;
  const submit = (n: number, payload = { n, ...deedsOf(n) }) =>
    place.submit(payload, payload.failures === undefined ? {} : { spec: RETRIED_SOON });
  const send = async (n: number, intendedMs: number): Promise<void> => {
    intended[n] = intendedMs;
    ids.push((await submit(n)).id);
    starts += 1 + (deedsOf(n).failures ?? 0);
  };
  const warm = (n: number) => submit(n, { ...deedsOf(n), n: -1 });
  if (warmupSeconds > 0) await openLoop({ rate, durationMs: warmupSeconds * 1_000, signal, send: warm });
  await place.trace.clear();
  const before = await place.usage();
  const loop = await openLoop({ rate, durationMs: seconds * 1_000, signal, send });
  await place.started(ids.length);
  const truths = await place.ended(ids);
  const wrong = await wrongWith(place, { ids, truths, starts });
  const after = await place.usage();
  const [start, end] = [new Latencies(), new Latencies()];
  for (const { n, atMs, attempt } of place.trace.starts) if (attempt === 1) start.record(atMs - (intended[n] ?? atMs));
  for (const { jobId, endedMs } of truths.values()) end.record((endedMs ?? Number.NaN) - jobDueMs(jobId));
  const cpuMs = after.cpuMs - before.cpuMs;
  return {
    metrics: [
      { ...latencyMetric('start', start, loop), offeredRate: rate },
      latencyMetric('end', end, loop),
      latencyMetric('acknowledge', loop.response),
      { metric: 'worker-cpu', unit: 'ms/job', better: 'lower', value: cpuMs / ids.length },
      { metric: 'worker-memory', unit: 'MB', better: 'lower', value: after.rssMb },
    ],
    seconds: loop.seconds,
    wrong,
  };
};

export const e2eScenario: Scenario = {
  name: 'e2e',
  summary:
    'from submission to start and end, at a fixed rate, one worker; of jobs that do nothing, sleep, compute, fail',
  isQuick: true,
  points: ({ name }) =>
    name === 'smoke'
      ? [{ rate: E2E_RATE, workers: 1 }]
      : [
          ...[50, E2E_RATE, 1_000, 2_000].map((rate) => ({ rate, workers: 1 })),
          ...Object.keys(SHAPES).map((shape) => ({ rate: 50, shape, workers: 1 })),
        ],
  prepare: idle,
  measure: (place, params, size) =>
    atRate(place, { ...size, rate: numberOf(params, 'rate'), deedsOf: SHAPES[String(params.shape)] }),
};

export const scheduleLagScenario: Scenario = {
  name: 'schedule-lag',
  summary: 'from the moment a delayed job is due to its start',
  isQuick: true,
  points: () => [{ rate: 100, workers: 1 }],
  prepare: idle,
  measure: async (place, params, { seconds }) => {
    await place.trace.clear();
    const count = Math.round(numberOf(params, 'rate') * seconds);
    // Spread over the time, and far enough ahead that all are submitted before the first is due.
    const delayOf = (n: number): number => 1_500 + (n * seconds * 1_000) / count;
    const ids: JobId[] = [];
    const call = async (n: number): Promise<void> => {
      ids.push((await place.submit({ n }, { delayMs: delayOf(n) })).id);
    };
    await closedLoop({ callers: 16, until: { count }, signal: place.signal, call });
    await place.started(count);
    const lag = new Latencies();
    for (const { wallMs, nominalMs } of place.trace.starts) lag.record(wallMs - nominalMs);
    const early = place.trace.starts.filter(({ wallMs, nominalMs }) => wallMs < nominalMs - 1).length;
    return {
      metrics: [latencyMetric('lag', lag)],
      wrong: early > 0 ? `${early} jobs were early` : await wrongWith(place, { ids, truths: await place.ended(ids) }),
    };
  },
};

interface Drain {
  readonly jobs: number;
  readonly workers: number;
  readonly concurrency: number;
}

const drainOf = ({ jobs, workers = 1, concurrency = WORKER_DEFAULTS.concurrency }: Params): Drain => ({
  jobs: Number(jobs),
  workers: Number(workers),
  concurrency: Number(concurrency),
});

/** Workers that are warm, and a backlog that is due at one moment: from the first start to the last outcome, by what they wrote. */
const drain = async (place: Place, { jobs, workers, concurrency }: Drain): Promise<Found> => {
  const names = await place.startWorkers(workers, ['--concurrency', String(concurrency)]);
  const warmUp = await submitWarmUp(place);
  await place.ended(warmUp.ids);
  await place.trace.clear();
  const { ids, dueInMs } = await submitBacklog(place, jobs, warmUp);
  const before = await place.usage();
  await place.started(jobs);
  const truths = await place.ended(ids);
  const { cpuMs, rssMb } = await place.usage();
  const wrong = await wrongWith(place, { ids, truths });
  for (const name of names) await place.end(name, 'SIGTERM');
  return {
    metrics: [
      {
        ...drained([...truths.values()]),
        invalid: dueInMs < 0 ? 'jobs were due before all of them were submitted' : null,
      },
      { metric: 'worker-cpu', unit: 'ms/job', better: 'lower', value: (cpuMs - before.cpuMs) / jobs },
      { metric: 'worker-memory', unit: 'MB', better: 'lower', value: rssMb },
    ],
    wrong,
  };
};

const drained = (truths: readonly Truth[]): Metric => {
  const first = truths.reduce((least, { startedMs }) => Math.min(least, startedMs), Number.POSITIVE_INFINITY);
  const last = truths.reduce((most, { endedMs }) => Math.max(most, endedMs ?? 0), 0);
  return rateMetric('throughput', 'jobs/s', truths.length, last - first);
};

const DRAINS: Pick<Scenario, 'ceiling' | 'measure'> = {
  ceiling: (params) => ({ name: 'drain', ...drainOf(params) }),
  measure: (place, params) => drain(place, drainOf(params)),
};

export const drainScenario: Scenario = {
  name: 'drain',
  summary: 'a backlog that is due at once, and one worker: from the first start to the last outcome',
  isQuick: true,
  points: ({ name, jobs }) =>
    (name === 'smoke' ? [CONCURRENCY_OF_NOTHING] : [WORKER_DEFAULTS.concurrency, CONCURRENCY_OF_NOTHING]).map(
      (concurrency) => ({ jobs, concurrency }),
    ),
  ...DRAINS,
};

export const workersScenario: Scenario = {
  name: 'workers',
  summary: 'a backlog that is due at once, and several workers',
  points: ({ jobs }) => [1, 2, 4, 8].map((workers) => ({ jobs, workers })),
  ...DRAINS,
};

export const bucketsScenario: Scenario = {
  name: 'buckets',
  summary: 'a backlog in few and in many buckets, and one worker',
  points: ({ jobs }) => [1, 16, 64, 256].map((buckets) => ({ jobs, buckets })),
  buckets: (params) => numberOf(params, 'buckets'),
  ...DRAINS,
};

export const retryStormScenario: Scenario = {
  name: 'retry-storm',
  summary: 'jobs that all fail twice: attempts a second until all have succeeded',
  points: ({ jobs }) => [{ jobs: Math.ceil(jobs / 10), failures: FAILURES, workers: 1 }],
  prepare: idle,
  measure: async (place, params) => {
    await place.trace.clear();
    const ids: JobId[] = [];
    const count = numberOf(params, 'jobs');
    const startMs = place.deps.clock.monotonicMs();
    const call = async (n: number): Promise<void> => {
      ids.push((await place.submit({ n, failures: FAILURES }, { spec: RETRIED_SOON })).id);
    };
    await closedLoop({ callers: CALLERS, until: { count }, signal: place.signal, call });
    const [truths, starts] = [await place.ended(ids), count * (FAILURES + 1)];
    const wrong = await wrongWith(place, { ids, truths, starts });
    const tookMs = place.deps.clock.monotonicMs() - startMs;
    return { metrics: [rateMetric('throughput', 'attempts/s', starts, tookMs)], wrong };
  },
};
