// Where one scenario is measured: an empty store, a client in this process, and workers and schedulers as processes of their own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createSubmitter, type SubmitRequest, type Submitted, type Submitter } from '../core/job/submit.ts';
import { EXIT, JobctlError } from '../core/model/errors.ts';
import type { JobId, Random } from '../core/model/ids.ts';
import { isTerminal } from '../core/model/job.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Store, Truth } from '../core/ports/store.ts';
import { memoryOf, processorMsOf } from '../platform/process-identity.ts';
import { Trace } from './trace.ts';
import { type BenchPayload, TRACE_VARIABLE } from './trace-format.ts';

/** As a program that was built: `.js` there, `.ts` where sources are run. */
const HANDLERS = fileURLToPath(new URL(`handlers${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url));
const START_LOOK_MS = 20;
const STARTED_WITHIN_MS = 60_000;
/** Jobs that show that workers are there, and make their code hot. */
const PROBES = 200;
const STALLED_MS = 60_000;
/** Truths read at once. */
const READ_MAX = 1_000;
const OUTCOME_LOOK_MS = 20;
const MB = 1_000_000;

export interface PlaceDeps {
  readonly store: Store;
  readonly url: string;
  /** For traces and logs, of this place alone. */
  readonly folder: string;
  /** `node .../bin/jobctl.js`. */
  readonly program: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
}

export interface Usage {
  readonly cpuMs: number;
  readonly rssMb: number;
}

export class Place implements AsyncDisposable {
  readonly store: Store;
  readonly submitter: Submitter;
  readonly trace: Trace;
  readonly deps: PlaceDeps;
  readonly #children = new Map<string, ChildProcess>();

  private constructor(deps: PlaceDeps) {
    this.deps = deps;
    this.store = deps.store;
    this.submitter = createSubmitter({ ...deps, events: { emit: () => {} }, isClockIgnored: true });
    this.trace = new Trace(join(deps.folder, 'traces'), deps.clock);
  }

  static async open(deps: PlaceDeps): Promise<Place> {
    await mkdir(join(deps.folder, 'traces'), { recursive: true });
    return new Place(deps);
  }

  get signal(): AbortSignal {
    return this.deps.signal;
  }

  submit(payload: BenchPayload, further: Partial<SubmitRequest> = {}): Promise<Submitted> {
    return this.submitter.submit({ type: 'bench', payload: JSON.stringify(payload), ...further });
  }

  /** Starts `jobctl ROLE`; its log lies in the folder. */
  start(role: 'worker' | 'scheduler', id: string, flags: readonly string[] = []): ChildProcess {
    const { program, url, folder } = this.deps;
    const log = openSync(join(folder, `${id}.log`), 'a');
    const own = role === 'worker' ? ['--handlers', HANDLERS] : [];
    const [file = '', ...args] = [
      ...program,
      role,
      '--id',
      id,
      '--store',
      url,
      '--log-format',
      'json',
      ...own,
      ...flags,
    ];
    const child = spawn(file, args, {
      env: { ...process.env, [TRACE_VARIABLE]: join(folder, 'traces', id) },
      stdio: ['ignore', log, log],
      detached: true, // a Ctrl-C is for the benchmark, which ends them
    });
    closeSync(log);
    child.on('error', () => {}); // seen as its not coming up
    this.#children.set(id, child);
    return child;
  }

  /** Starts so many workers; resolves with their names once they are there and ran some jobs. Of many, one may own no bucket. */
  async startWorkers(count: number, flags: readonly string[] = []): Promise<readonly string[]> {
    const ids = Array.from({ length: count }, (_, index) => `w${index + 1}`);
    for (const id of ids) this.start('worker', id, flags);
    await Promise.all(ids.map((id) => this.logged(id, 'session.opened')));
    await this.ended(
      (await Promise.all(Array.from({ length: PROBES }, () => this.submit({ n: -1 })))).map(({ id }) => id),
    );
    return ids;
  }

  /** Resolves once its log has this text. Throws BENCH_PROCESS_FAILED. */
  async logged(id: string, text: string): Promise<void> {
    const { folder, clock } = this.deps;
    const endsMs = clock.monotonicMs() + STARTED_WITHIN_MS;
    const child = this.#children.get(id);
    for (;;) {
      const log = await readFile(join(folder, `${id}.log`), 'utf8');
      if (log.includes(text)) return;
      this.signal.throwIfAborted();
      if (child?.exitCode !== null || clock.monotonicMs() > endsMs) {
        throw new JobctlError('BENCH_PROCESS_FAILED', EXIT.failed, `${id} did not start`, {
          detail: log.trim().split('\n').slice(-3).join('\n'),
          hint: 'try the same by hand: jobctl worker',
        });
      }
      await clock.sleep(START_LOOK_MS, this.signal);
    }
  }

  /** Resolves once that many numbered jobs were started; throws when the signal aborts. */
  async started(jobs: number): Promise<void> {
    await this.trace.until(jobs, { stalledMs: STALLED_MS, signal: this.signal });
    this.signal.throwIfAborted();
  }

  /** Resolves once each has an outcome that is durable, with all of them. Throws BENCH_STALLED. */
  async ended(ids: readonly JobId[]): Promise<ReadonlyMap<JobId, Truth>> {
    const { clock } = this.deps;
    const truths = new Map<JobId, Truth>();
    let [open, sinceMs] = [ids, clock.monotonicMs()];
    for (;;) {
      for (const [id, truth] of await this.#truths(open)) if (isTerminal(truth.state)) truths.set(id, truth);
      const left = open.filter((id) => !truths.has(id));
      if (left.length === 0) return truths;
      if (left.length < open.length) sinceMs = clock.monotonicMs();
      open = left;
      this.signal.throwIfAborted();
      if (clock.monotonicMs() - sinceMs > STALLED_MS) {
        throw new JobctlError('BENCH_STALLED', EXIT.failed, `${left.length} jobs have no outcome`, {
          detail: `nothing ended for ${STALLED_MS / 1_000} s, as ${left[0]}`,
          hint: 'the logs of the workers are in the folder that --keep leaves behind',
        });
      }
      await clock.sleep(OUTCOME_LOOK_MS, this.signal);
    }
  }

  async #truths(ids: readonly JobId[]): Promise<ReadonlyMap<JobId, Truth>> {
    const found = new Map<JobId, Truth>();
    for (let from = 0; from < ids.length; from += READ_MAX) {
      for (const [id, truth] of await this.store.truthGet(ids.slice(from, from + READ_MAX))) found.set(id, truth);
    }
    return found;
  }

  /** Of the processes that were started here, so far. */
  async usage(): Promise<Usage> {
    const pids = [...this.#children.values()].flatMap(({ pid, exitCode }) => (pid && exitCode === null ? [pid] : []));
    const each = await Promise.all(pids.map(async (pid) => [await processorMsOf(pid), await memoryOf(pid)] as const));
    return {
      cpuMs: each.reduce((sum, [cpuMs]) => sum + (cpuMs ?? 0), 0),
      rssMb: each.reduce((sum, [, bytes]) => sum + (bytes ?? 0), 0) / MB,
    };
  }

  /** `SIGKILL`: as a crash. Resolves when it is gone. */
  async end(id: string, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#children.get(id);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
    this.#children.delete(id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nothing of theirs is kept: there is nothing to hand over.
    await Promise.all([...this.#children.keys()].map((id) => this.end(id, 'SIGKILL')));
    await this.store[Symbol.asyncDispose]();
  }
}
