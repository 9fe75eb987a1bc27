// jobctl scheduler run: decides what becomes of the slots of schedules until a signal comes.
import { hostname } from 'node:os';
import { parseText } from '../config/parse/values.ts';
import { EXIT } from '../core/model/errors.ts';
import { defineCommand, option } from './command.ts';
import { assertLease, logFormatOf, PROCESS_OPTIONS } from './process-options.ts';

const LEASE_DEFAULT_MS = 10_000;

export const schedulerRun = defineCommand({
  name: 'scheduler run',
  summary: 'submit the jobs of schedules when they are due, until a signal comes; any number may run',
  isDefault: true,
  options: {
    lease: PROCESS_OPTIONS.lease,
    id: option('<name>', 'its name in the list of schedulers (default HOST-PID)', parseText),
    metricsPort: PROCESS_OPTIONS.metricsPort,
    logFormat: PROCESS_OPTIONS.logFormat,
  },
  examples: [
    { does: 'beside the workers', line: 'jobctl scheduler' },
    { does: 'two, so that one may die', line: 'jobctl scheduler --lease 5s --metrics-port 9465' },
  ],
  async run(context, _args, options) {
    const { startScheduler } = await import('./run-scheduler.ts');
    const { aborted } = await import('./run-worker.ts');
    const { lease: leaseMs = LEASE_DEFAULT_MS, metricsPort } = options;
    assertLease(leaseMs);
    const id = options.id ?? `${hostname()}-${process.pid}`;
    const shutdown = context.shutdown();
    const format = options.logFormat ?? logFormatOf(context);
    const telemetry = await context.telemetry({ format, role: 'scheduler', id });
    await using scheduler = await startScheduler(context, telemetry, { id, leaseMs });
    const health = () => {
      const { isTrusted, shards } = scheduler.status();
      return { ready: isTrusted, detail: { scheduler: id, shards } };
    };
    await using server = metricsPort === undefined ? null : await telemetry.serve(metricsPort, health);
    const place = server === null ? '' : `; metrics on http://localhost:${server.port}/metrics`;
    context.note(`scheduler ${id} runs${place}`);
    await aborted(shutdown.stop);
    return EXIT.ok;
  },
});
