// npm run bench:embedded: what the embedded store can do on this machine. 20,000 no-op module jobs are submitted singly by
// 64 callers, again in bulk, and drained by one worker process; then 200 jobs a second show the time from submit to start.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createSubmitter, type Submitter } from '../src/core/job/submit.ts';
import type { JobId } from '../src/core/model/ids.ts';
import type { Store } from '../src/core/ports/store.ts';
import { systemClock } from '../src/platform/clock.ts';
import { systemRandom } from '../src/platform/random.ts';
import { openStore } from '../src/store/open.ts';

const JOBS = 20_000;
const CALLERS = 64;
const BULK = 1_000;
const RATE = 200;
const RATE_SECONDS = 10;
/** What one job carries, bytes. */
const PAYLOAD = JSON.stringify({ to: 'somebody@example.org', text: 'x'.repeat(200) });
const DRAIN_TIMEOUT_MS = 120_000;

const main = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'jobctl-bench-'));
  try {
    const url = `sqlite:${join(folder, 'jobs.db')}`;
    await using store = await openStore(url);
    const deps = { store, clock: systemClock, random: systemRandom, events: { emit: () => {} } };
    const submitter = createSubmitter(deps);
    const payloadBytes = Buffer.byteLength(PAYLOAD);
    print(`embedded store, ${JOBS} no-op module jobs of ${payloadBytes} bytes; node ${process.versions.node}`);
    const single = await measured(() => submitSingly(submitter));
    report(`submitted singly by ${CALLERS} callers`, single);
    const bulk = await measured(() => submitInBulk(submitter));
    report(`submitted in bulk, ${BULK} at a time`, bulk);
    await using worker = await WorkerProcess.start(url);
    await drain(store, worker, [...single.ids, ...bulk.ids]);
    await latency(store, submitter);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

interface Measured {
  readonly ids: readonly JobId[];
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly rssBytes: number;
}

const measured = async (work: () => Promise<readonly JobId[]>): Promise<Measured> => {
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  const ids = await work();
  const seconds = (performance.now() - startMs) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return { ids, seconds, cpuSeconds: (user + system) / 1e6, rssBytes: process.memoryUsage.rss() };
};

const report = (what: string, { ids, seconds, cpuSeconds, rssBytes }: Measured): void => {
  const rate = Math.round(ids.length / seconds).toLocaleString('en');
  const cpu = ((cpuSeconds / ids.length) * 10_000).toFixed(2);
  print(`${what.padEnd(34)} ${rate.padStart(9)} jobs/s  ${cpu} CPU s per 10,000  ${Math.round(rssBytes / 1e6)} MB`);
};

const submitSingly = async (submitter: Submitter): Promise<readonly JobId[]> => {
  const ids: JobId[] = [];
  let left = JOBS;
  const caller = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      ids.push((await submitter.submit({ type: 'noop', payload: PAYLOAD })).id);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return ids;
};

const submitInBulk = async (submitter: Submitter): Promise<readonly JobId[]> => {
  const ids: JobId[] = [];
  for (let sent = 0; sent < JOBS; sent += BULK) {
    const requests = Array.from({ length: BULK }, () => ({ type: 'noop', payload: PAYLOAD }));
    for (const { id } of await submitter.submitAll(requests)) ids.push(id);
  }
  return ids;
};

/** From the first start to the last outcome, by the rows that the worker wrote. */
const drain = async (store: Store, worker: WorkerProcess, ids: readonly JobId[]): Promise<void> => {
  const endsMs = performance.now() + DRAIN_TIMEOUT_MS;
  while ((await worker.metric('jobctl_job_attempts_total{outcome="success"}')) < ids.length) {
    if (performance.now() > endsMs) throw new Error('the worker did not drain the queue');
    await systemClock.sleep(100);
  }
  const truths = [...(await store.truthGet(ids)).values()];
  const startMs = truths.reduce((least, { startedMs }) => Math.min(least, startedMs), Number.POSITIVE_INFINITY);
  const endMs = truths.reduce((most, { endedMs }) => Math.max(most, endedMs ?? 0), 0);
  report(`drained by one worker (${ids.length})`, {
    ids,
    seconds: (endMs - startMs) / 1_000,
    cpuSeconds: await worker.metric('process_cpu_seconds_total'),
    rssBytes: await worker.metric('process_resident_memory_bytes'),
  });
};

/** Open loop: a job is submitted when its time has come, whatever became of the ones before. */
const latency = async (store: Store, submitter: Submitter): Promise<void> => {
  const submitted: Promise<{ readonly id: JobId; readonly calledMs: number }>[] = [];
  const startMs = performance.now();
  for (let index = 0; index < RATE * RATE_SECONDS; index += 1) {
    await systemClock.sleep(Math.max(0, startMs + (index * 1_000) / RATE - performance.now()));
    const calledMs = performance.timeOrigin + performance.now();
    submitted.push(submitter.submit({ type: 'noop', payload: PAYLOAD }).then(({ id }) => ({ id, calledMs })));
  }
  const jobs = await Promise.all(submitted);
  const delays: number[] = [];
  for (const { id, calledMs } of jobs) delays.push(Number(await resultOf(store, id)) - calledMs);
  delays.sort((left, right) => left - right);
  const at = (share: number): string => `${(delays[Math.floor(share * (delays.length - 1))] ?? 0).toFixed(1)} ms`;
  print(`submit to start, ${RATE} jobs a second     p50 ${at(0.5)}  p99 ${at(0.99)}  max ${at(1)}`);
};

const resultOf = async (store: Store, id: JobId): Promise<string | null> => {
  for (;;) {
    const truth = (await store.truthGet([id])).get(id);
    if (truth?.state === 'succeeded') return truth.result;
    await systemClock.sleep(10);
  }
};

class WorkerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #port: number;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.#port = port;
  }

  static async start(url: string): Promise<WorkerProcess> {
    const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
    const flags = ['--handlers', path('noop.ts'), '--metrics-port', '0', '--log-format', 'json'];
    const child = spawn(path('../bin/jobctl.js'), ['worker', ...flags], {
      env: { ...process.env, JOBCTL_STORE: url },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const lines = createInterface({ input: child.stderr });
    for await (const line of lines) {
      const port = /localhost:(\d+)\/metrics/.exec(line)?.[1];
      if (port === undefined) continue;
      child.stderr.resume(); // its log is read and thrown away
      return new WorkerProcess(child, Number(port));
    }
    throw new Error('the worker ended before it was ready');
  }

  /** The value of one line of its metrics; 0 when there is none yet. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.#port}/metrics`)).text();
    const line = text.split('\n').find((each) => each.startsWith(`${name} `));
    return Number(line?.slice(name.length + 1) ?? 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }
}

await main();
