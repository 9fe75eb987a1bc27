// jobctl scheduler run: decides what becomes of the slots of schedules, and serves the REST API, until a signal comes.
import { hostname } from 'node:os';
import { parseRate, parseText, wholeNumber } from '../config/parse/values.ts';
import { EXIT, usageError } from '../core/model/errors.ts';
import { defineCommand, flag, option } from './command.ts';
import { API_PORT_DEFAULT, assertLease, logFormatOf, PORT_MAX, PROCESS_OPTIONS } from './process-options.ts';

const LEASE_DEFAULT_MS = 10_000;

export const schedulerRun = defineCommand({
  name: 'scheduler run',
  changes: 'itself',
  summary: 'submit the jobs of schedules when they are due, and serve the REST API; any number may run',
  isDefault: true,
  details: `The API answers this machine only, unless there are --tokens. Its documentation is at /docs, its description at
/openapi.json; it serves /metrics, /healthz and /readyz, too. Two on one machine need
ports of their own.`,
  options: {
    port: option(
      '<port>',
      `serve the REST API here (default ${API_PORT_DEFAULT}); 0 takes any free port`,
      wholeNumber(0, PORT_MAX),
    ),
    host: option('<address>', 'address to serve it on (default 127.0.0.1)', parseText),
    tokens: option('<file>', 'who may use the API: entries made by `jobctl api token`', parseText),
    tlsCert: option('<file>', 'certificate chain, PEM: serve https', parseText),
    tlsKey: option('<file>', 'its private key, PEM', parseText),
    rateLimit: option('<rate>', 'requests of one address, as 500/s (default 2000/s)', parseRate),
    noCron: flag('serve the API only'),
    noApi: flag('decide slots only'),
    lease: PROCESS_OPTIONS.lease,
    id: option('<name>', 'its name in the list of schedulers (default HOST-PID)', parseText),
    metricsPort: PROCESS_OPTIONS.metricsPort,
    logFormat: PROCESS_OPTIONS.logFormat,
  },
  examples: [
    { does: 'beside the workers', line: 'jobctl scheduler' },
    { does: 'two, so that one may die', line: 'jobctl scheduler --port 7071 --lease 5s' },
    {
      does: 'an API for others',
      line: 'jobctl scheduler --host 0.0.0.0 --tokens tokens.yaml --tls-cert cert.pem --tls-key key.pem',
    },
  ],
  async run(context, _args, options) {
    const { startApi, startScheduler } = await import('./run-scheduler.ts');
    const { aborted } = await import('./run-worker.ts');
    const { lease: leaseMs = LEASE_DEFAULT_MS, metricsPort, noCron = false, noApi = false } = options;
    assertLease(leaseMs);
    if (noCron && noApi) {
      throw usageError('OPTION_INVALID', 'with --no-cron and --no-api there is nothing to do', {
        hint: 'leave one of them out',
      });
    }
    const id = options.id ?? `${hostname()}-${process.pid}`;
    const shutdown = context.shutdown();
    const format = options.logFormat ?? logFormatOf(context);
    const telemetry = await context.telemetry({ format, role: 'scheduler', id });
    await using _member = await context.announce('scheduler', id);
    await using scheduler = noCron ? null : await startScheduler(context, telemetry, { id, leaseMs });
    const health = async () => {
      if (scheduler === null) await (await context.store()).wallMs(); // throws when it cannot be reached
      const { isTrusted, shards } = scheduler?.status() ?? { isTrusted: true, shards: [] };
      return { ready: isTrusted, detail: { scheduler: id, shards } };
    };
    await using server = metricsPort === undefined ? null : await telemetry.serve(metricsPort, health);
    await using api = noApi ? null : await startApi(context, telemetry, { ...options, health });
    const places = [
      ...(api === null ? [] : [`API on ${api.url}`]),
      ...(server === null ? [] : [`metrics on http://localhost:${server.port}/metrics`]),
    ];
    context.note([`scheduler ${id} runs`, ...places].join('; '));
    if (api !== null && options.tokens === undefined) context.note('no --tokens: the API answers this machine only');
    await aborted(shutdown.stop);
    return EXIT.ok;
  },
});
