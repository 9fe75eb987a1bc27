// Starts a scheduler and its API in this process: shared by `scheduler run` and `dev`.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Scheduler } from '../core/cron/scheduler.ts';
import { createSubmitter } from '../core/job/submit.ts';
import { usageError } from '../core/model/errors.ts';
import type { RunningServer } from '../http/server.ts';
import type { Context, Health, Telemetry } from './context.ts';
import { unreadable } from './input.ts';
import { API_PORT_DEFAULT } from './process-options.ts';
import { packageVersion } from './version.ts';

const HOST_DEFAULT = '127.0.0.1';
/** Of one address. Enough for a busy program, and less than what a store is sized for. */
const RATE_MAX_DEFAULT = 2_000;

/** Disposing of it gives back what it owns. */
export const startScheduler = async (
  context: Context,
  telemetry: Telemetry,
  { id, leaseMs }: { readonly id: string; readonly leaseMs: number },
): Promise<Scheduler> => {
  const { clock, random } = context;
  const store = telemetry.instrument(await context.store());
  const deps = { store, clock, random, events: telemetry.events };
  return Scheduler.start(deps, { memberId: id, leaseMs, address: '', version: packageVersion() });
};

interface ApiOptions {
  readonly port?: number | undefined;
  readonly host?: string | undefined;
  readonly tokens?: string | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly rateLimit?: number | undefined;
  health(): Promise<Health>;
}

/** Disposing of it answers what is under way. */
export const startApi = async (
  context: Context,
  telemetry: Telemetry,
  {
    port = API_PORT_DEFAULT,
    host = HOST_DEFAULT,
    tokens,
    tlsCert,
    tlsKey,
    rateLimit = RATE_MAX_DEFAULT,
    health,
  }: ApiOptions,
): Promise<RunningServer> => {
  const { startServer } = await import('../http/server.ts');
  const { readTokens } = await import('../http/tokens.ts');
  const { clock, random } = context;
  const { events, metrics } = telemetry;
  const store = telemetry.instrument(await context.store());
  const submitter = createSubmitter({ store, clock, random, events });
  return startServer({
    service: { store, clock, random, events, submitter },
    ...{ host, port, rateMax: rateLimit, version: packageVersion(), metrics, health },
    tokens: tokens === undefined ? null : await readTokens(resolve(context.io.cwd, tokens)),
    tls: tlsOf(context, tlsCert, tlsKey),
  });
};

const tlsOf = ({ io }: Context, cert: string | undefined, key: string | undefined) => {
  if (cert === undefined && key === undefined) return null;
  if (cert === undefined || key === undefined) {
    throw usageError('OPTION_INVALID', '--tls-cert and --tls-key belong together', { hint: 'give both' });
  }
  return { cert: readPem(resolve(io.cwd, cert)), key: readPem(resolve(io.cwd, key)) };
};

const readPem = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw unreadable(file, cause);
  }
};
