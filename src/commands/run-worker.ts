// Starts a worker in this process, with its log and its metrics, and ends it in order: shared by `worker run` and `dev`.
import { formatDuration } from '../config/parse/duration.ts';
import type { Bucket } from '../core/model/ids.ts';
import type { Store } from '../core/ports/store.ts';
import { Worker } from '../core/worker/worker.ts';
import type { Context, LogFormat, Telemetry } from './context.ts';
import { packageVersion } from './version.ts';

export { WORKER_DEFAULTS } from '../core/worker/defaults.ts';

export interface RunWorkerOptions {
  readonly id: string;
  readonly buckets: readonly Bucket[];
  readonly concurrency: number;
  readonly leaseMs: number;
  readonly drainMs: number;
  readonly retentionMs: number;
  readonly handlersFile: string | undefined;
  readonly types: readonly string[] | undefined;
  readonly logFormat: LogFormat;
  readonly metricsPort: number | undefined;
}

export interface RunningWorker {
  readonly worker: Worker;
  readonly telemetry: Telemetry;
  readonly types: readonly string[];
  /** Where /metrics is, or null. */
  readonly metricsPort: number | null;
}

/** Runs `work` beside a worker, then drains it; the first signal ends `work`'s wait, the second one the drain's. */
export const withWorker = async (
  context: Context,
  options: RunWorkerOptions,
  work: (running: RunningWorker, stop: AbortSignal) => Promise<number>,
): Promise<number> => {
  const shutdown = context.shutdown();
  const store = await context.store();
  await using _member = await context.announce('worker', options.id);
  await using handlers = await context.handlers({ file: options.handlersFile, types: options.types });
  const telemetry = await context.telemetry({ format: options.logFormat, role: 'worker', id: options.id });
  const worker = await startWorker(context, options, { store: telemetry.instrument(store), telemetry, handlers });
  let server: (AsyncDisposable & { readonly port: number }) | null = null;
  try {
    if (options.metricsPort !== undefined) {
      server = await telemetry.serve(options.metricsPort, () => {
        const { isTrusted, buckets, running } = worker.status();
        return { ready: isTrusted, detail: { worker: options.id, buckets, running } };
      });
    }
    return await work({ worker, telemetry, types: handlers.types, metricsPort: server?.port ?? null }, shutdown.stop);
  } finally {
    noteDrain(context, worker, options);
    await worker.drain(shutdown.abort);
    await server?.[Symbol.asyncDispose]();
  }
};

/** Resolves when the signal aborts. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

const startWorker = (
  context: Context,
  options: RunWorkerOptions,
  adapters: {
    readonly store: Store;
    readonly telemetry: Telemetry;
    readonly handlers: Awaited<ReturnType<Context['handlers']>>;
  },
): Promise<Worker> => {
  const { store, telemetry, handlers } = adapters;
  const { id, buckets, concurrency, leaseMs, drainMs, retentionMs } = options;
  return Worker.start(
    { store, handlers, clock: context.clock, random: context.random, events: telemetry.events },
    { memberId: id, buckets, concurrency, leaseMs, drainMs, retentionMs, address: '', version: packageVersion() },
  );
};

const noteDrain = (context: Context, worker: Worker, { drainMs }: RunWorkerOptions): void => {
  const { running } = worker.status();
  if (running === 0) return;
  const jobs = running === 1 ? '1 running job' : `${running} running jobs`;
  context.note(`draining ${jobs} (up to ${formatDuration(drainMs)}), Ctrl-C again to stop now`);
};
