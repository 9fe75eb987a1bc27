// What can be said about a process that runs until a signal comes: a worker, a scheduler.
import { parseDuration } from '../config/parse/duration.ts';
import { oneOf, wholeNumber } from '../config/parse/values.ts';
import { usageError } from '../core/model/errors.ts';
import { LEASE_MIN_MS } from '../core/model/limits.ts';
import { option } from './command.ts';
import { type Context, LOG_FORMATS, type LogFormat } from './context.ts';

export const PORT_MAX = 65_535;
export const API_PORT_DEFAULT = 7070;

export const PROCESS_OPTIONS = {
  lease: option('<duration>', 'how long it may be unheard of before others take over (default 10s)', parseDuration),
  metricsPort: option(
    '<port>',
    'serve /metrics, /healthz and /readyz; 0 takes any free port',
    wholeNumber(0, PORT_MAX),
  ),
  logFormat: option('<format>', `${LOG_FORMATS.join(' or ')} (default pretty on a terminal)`, oneOf(LOG_FORMATS)),
};

export const logFormatOf = ({ io }: Context): LogFormat => (io.stderr.isTTY ? 'pretty' : 'json');

/** For processes that hold a session. Throws a usage error. */
export const assertLease = (leaseMs: number): void => {
  if (leaseMs >= LEASE_MIN_MS) return;
  throw usageError('OPTION_INVALID', `--lease: ${leaseMs} ms is too short`, {
    detail: 'it is renewed every third of it, and must outlast pauses of the machine and the store',
    hint: 'use 1s or more; the default is 10s',
  });
};
