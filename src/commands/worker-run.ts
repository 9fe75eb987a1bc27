// jobctl worker run: owns buckets, runs their jobs, and drains on the first signal.
import { hostname } from 'node:os';
import { parseDuration } from '../config/parse/duration.ts';
import { parseText, parseTexts, wholeNumber } from '../config/parse/values.ts';
import { EXIT } from '../core/model/errors.ts';
import { defineCommand, option } from './command.ts';
import { assertLease, logFormatOf, PROCESS_OPTIONS } from './process-options.ts';

const CONCURRENCY_MAX = 10_000;

export const workerRun = defineCommand({
  name: 'worker run',
  changes: 'itself',
  summary: 'run jobs until a signal comes: the first drains, a second stops at once',
  isDefault: true,
  options: {
    buckets: option('<range>', 'buckets it is willing to own, as 0-15 (default auto: all)', parseText),
    handlers: option(
      '<file>',
      'a TypeScript or JavaScript file whose default export maps types to handlers',
      parseText,
    ),
    types: option('<list>', 'run only these job types, as exec,email.send', parseTexts),
    concurrency: option('<n>', 'jobs at the same time (default 64)', wholeNumber(1, CONCURRENCY_MAX)),
    lease: PROCESS_OPTIONS.lease,
    drain: option('<duration>', 'how long a drain waits for running jobs (default 30s)', parseDuration),
    retention: option('<duration>', 'how long ended jobs are kept (default 7d)', parseDuration),
    id: option('<name>', 'its name in histories (default HOST-PID)', parseText),
    metricsPort: PROCESS_OPTIONS.metricsPort,
    logFormat: PROCESS_OPTIONS.logFormat,
  },
  examples: [
    { does: 'every bucket, commands and HTTP calls', line: 'jobctl worker' },
    { does: 'your own handlers', line: 'jobctl worker --buckets 0-15 --handlers examples/handlers.ts' },
  ],
  async run(context, _args, options) {
    const { WORKER_DEFAULTS, aborted, withWorker } = await import('./run-worker.ts');
    const { formatRanges } = await import('../core/worker/assignment.ts');
    const { parseBuckets } = await import('../config/parse/buckets.ts');
    const { bucketCount } = await context.store();
    assertLease(options.lease ?? WORKER_DEFAULTS.leaseMs);
    const buckets = parseBuckets(options.buckets ?? 'auto', bucketCount);
    const settings = {
      id: options.id ?? `${hostname()}-${process.pid}`,
      buckets,
      concurrency: options.concurrency ?? WORKER_DEFAULTS.concurrency,
      leaseMs: options.lease ?? WORKER_DEFAULTS.leaseMs,
      drainMs: options.drain ?? WORKER_DEFAULTS.drainMs,
      retentionMs: options.retention ?? WORKER_DEFAULTS.retentionMs,
      handlersFile: options.handlers,
      types: options.types,
      logFormat: options.logFormat ?? logFormatOf(context),
      metricsPort: options.metricsPort,
    };
    return withWorker(context, settings, async ({ types, metricsPort }, stop) => {
      const place = metricsPort === null ? '' : `; metrics on http://localhost:${metricsPort}/metrics`;
      context.note(`worker ${settings.id}: buckets ${formatRanges(buckets)}, types ${types.join(', ')}${place}`);
      await aborted(stop);
      return EXIT.ok;
    });
  },
});
