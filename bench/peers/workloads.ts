// The same work for every queue: submitted one at a time and in bulk, drained, at a fixed rate, due later, and after a crash.
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Latencies } from '../../src/bench/measure/latencies.ts';
import { closedLoop, openLoop } from '../../src/bench/measure/load.ts';
import { type Found, latencyMetric, rateMetric } from '../../src/bench/scenario.ts';
import { Trace } from '../../src/bench/trace.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { machineMs } from '../../src/platform/machine-time.ts';
import { type Client, logIn, type Peer } from './peer.ts';

const CALLERS = 64;
const BULK = 1_000;
const RATE = 200;
const LAG_RATE = 100;
const FILLER = 'x'.repeat(200);
const LATER_MS = 24 * 3_600_000;
const STALLED_MS = 60_000;
const PROBES = 200;
const LOOK_MS = 20;
const MB = 1e6;
const BYTES_PER_KB = 1_024;
/** A crashed worker's jobs are waited for so long, ms: what takes longer is told as this. */
const RECOVERY_MAX_MS = 40_000;
const RUNNING = 20;

export interface Amount {
  readonly seconds: number;
  readonly jobs: number;
  /** Jobs that a worker runs at a time. */
  readonly concurrency: number;
}

export interface Around extends Amount {
  readonly peer: Peer;
  readonly client: Client;
  /** Of this repetition alone. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

export type Workload = (around: Around) => Promise<Found>;

const submit: Workload = async ({ client, seconds, signal }) => {
  const call = (n: number) => client.submit({ n, filler: FILLER }, LATER_MS);
  await closedLoop({ callers: CALLERS, until: { durationMs: 500 }, signal, call });
  const { calls, errors, durationMs, service } = await closedLoop({
    callers: CALLERS,
    until: { durationMs: seconds * 1_000 },
    signal,
    call,
  });
  return {
    metrics: [{ ...rateMetric('throughput', 'jobs/s', calls, durationMs), errors }, latencyMetric('service', service)],
    wrong: null,
  };
};

const drain: Workload = async (around) => {
  const { client, jobs, signal } = around;
  const startedMs = machineMs();
  for (let n = 0; n < jobs; n += BULK) {
    await client.submitMany(
      Array.from({ length: Math.min(BULK, jobs - n) }, (_, index) => ({ n: n + index, filler: FILLER })),
    );
  }
  const submittedMs = machineMs() - startedMs;
  await using worker = Worker.start(around);
  await worker.trace.until(jobs, { stalledMs: STALLED_MS, signal });
  const finished = await untilFinished(client, jobs, signal);
  const first = worker.trace.starts.reduce((least, { atMs }) => Math.min(least, atMs), Number.POSITIVE_INFINITY);
  const known = client.lastFinishedMs?.();
  const last = known === undefined ? finished.atMs : machineMs() - (Date.now() - known);
  const metrics = [
    rateMetric('submit-bulk', 'jobs/s', jobs, submittedMs),
    rateMetric('drain', 'jobs/s', jobs, last - first),
    {
      metric: 'memory',
      unit: 'MB',
      better: 'lower',
      value: await memoryMb([worker.pid, ...around.peer.servers]),
    } as const,
  ];
  return { metrics, wrong: wrongWith(worker.trace, jobs, finished.count) };
};

const startLatency: Workload = async (around) => {
  const { client, seconds, signal } = around;
  await using worker = Worker.start(around);
  await worker.ready(client, signal);
  const intended: number[] = [];
  const send = (n: number, intendedMs: number): Promise<unknown> => {
    intended[n] = intendedMs;
    return client.submit({ n, filler: FILLER });
  };
  const loop = await openLoop({ rate: RATE, durationMs: seconds * 1_000, signal, send });
  await worker.trace.until(loop.sent, { stalledMs: STALLED_MS, signal });
  const start = new Latencies();
  for (const { n, atMs } of worker.trace.starts) start.record(atMs - (intended[n] ?? atMs));
  const { count } = await untilFinished(client, loop.sent + PROBES, signal);
  return {
    metrics: [
      { ...latencyMetric('start', start, loop), offeredRate: RATE },
      { metric: 'start-p99', unit: 'ms', better: 'lower', value: start.percentile(99) },
    ],
    wrong: wrongWith(worker.trace, loop.sent, count - PROBES),
  };
};

const lag: Workload = async (around) => {
  const { client, seconds, signal } = around;
  await using worker = Worker.start(around);
  await worker.ready(client, signal);
  const count = Math.round(LAG_RATE * seconds);
  const call = (n: number) => {
    const delayMs = Math.round(1_500 + (n * 1_000) / LAG_RATE);
    return client.submit({ n, dueMs: Date.now() + delayMs }, delayMs);
  };
  await closedLoop({ callers: 16, until: { count }, signal, call });
  await worker.trace.until(count, { stalledMs: STALLED_MS, signal });
  const found = new Latencies();
  for (const { n, wallMs, nominalMs } of worker.trace.starts) if (n >= 0) found.record(wallMs - nominalMs);
  return {
    metrics: [
      latencyMetric('lag', found),
      { metric: 'lag-p99', unit: 'ms', better: 'lower', value: found.percentile(99) },
    ],
    wrong: null,
  };
};

const recovery: Workload = async (around) => {
  const { client, signal } = around;
  const victim = Worker.start(around, 'victim');
  for (let n = 0; n < RUNNING; n += 1) await client.submit({ n, sleepMs: 2_000 });
  await victim.trace.until(RUNNING, { stalledMs: STALLED_MS, signal });
  const killedMs = machineMs();
  await victim.end('SIGKILL');
  await using heir = Worker.start(around, 'heir');
  const endsMs = killedMs + RECOVERY_MAX_MS;
  const again = () => new Set(heir.trace.starts.map(({ n }) => n)).size;
  while (again() < RUNNING && machineMs() < endsMs && !signal.aborted) {
    await systemClock.sleep(LOOK_MS, signal);
    await heir.trace.poll();
  }
  const last = again() < RUNNING ? endsMs : Math.max(...heir.trace.starts.map(({ atMs }) => atMs));
  return {
    metrics: [{ metric: 'recovery', unit: 's', better: 'lower', value: (last - killedMs) / 1_000 }],
    wrong: null,
  };
};

export const WORKLOADS = { submit, drain, start: startLatency, lag, recovery } as const satisfies Readonly<
  Record<string, Workload>
>;
export type WorkloadName = keyof typeof WORKLOADS;

/** Of processes and all that they started; what several share is counted once (smaps_rollup: Pss). */
const memoryMb = async (pids: readonly number[]): Promise<number> => {
  let bytes = 0;
  for (const pid of pids) {
    const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
    bytes += Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0) * BYTES_PER_KB;
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
    bytes += (await memoryMb(children.split(' ').filter(Boolean).map(Number))) * MB;
  }
  return bytes / MB;
};

const wrongWith = (trace: Trace, jobs: number, finished: number): string | null => {
  if (finished !== jobs) return `${finished} of ${jobs} jobs have succeeded`;
  return trace.starts.length === jobs ? null : `${jobs} jobs were started ${trace.starts.length} times`;
};

const untilFinished = async (
  client: Client,
  jobs: number,
  signal: AbortSignal,
): Promise<{ readonly count: number; readonly atMs: number }> => {
  const endsMs = machineMs() + STALLED_MS;
  for (;;) {
    const count = await client.finished();
    const atMs = machineMs();
    if (count >= jobs || atMs > endsMs || signal.aborted) return { count, atMs };
    await systemClock.sleep(LOOK_MS, signal);
  }
};

class Worker implements AsyncDisposable {
  readonly trace: Trace;
  readonly #child: ReturnType<Peer['startWorker']>;

  private constructor(trace: Trace, child: ReturnType<Peer['startWorker']>) {
    this.trace = trace;
    this.#child = child;
  }

  static start({ peer, folder, concurrency }: Around, name = 'worker'): Worker {
    const traces = join(folder, `traces-${name}`);
    mkdirSync(traces, { recursive: true });
    const child = peer.startWorker({ trace: join(traces, name), log: logIn(folder, name), concurrency });
    return new Worker(new Trace(traces, systemClock), child);
  }

  /** It has run some jobs, and its code is hot. */
  async ready(client: Client, signal: AbortSignal): Promise<void> {
    for (let n = 0; n < PROBES; n += 1) await client.submit({ n });
    await this.trace.until(PROBES, { stalledMs: STALLED_MS, signal });
    await untilFinished(client, PROBES, signal);
    await this.trace.clear();
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill(signal);
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
  }
}
