// What can be said about a job besides type and payload, as flags and as fields of a bulk line: one table, so that both
// mean the same.

import { parseDuration } from '../config/parse/duration.ts';
import { type Moment, parseMoment } from '../config/parse/time.ts';
import { oneOf, parseShare, parseText, wholeNumber } from '../config/parse/values.ts';
import type { SubmitRequest } from '../core/job/submit-request.ts';
import { usageError } from '../core/model/errors.ts';
import { type Backoff, completeBackoff, JOB_DEFAULTS, type JobSpec } from '../core/model/job.ts';
import { ATTEMPTS_MAX } from '../core/model/limits.ts';
import { isoTime } from '../core/model/time.ts';
import { option, type Values } from './command.ts';

const BACKOFF_KINDS = ['fixed', 'linear', 'exponential', 'exp'] as const;

export const REQUEST_OPTIONS = {
  delay: option('<duration>', 'start no sooner than this from now', parseDuration),
  at: option('<time>', 'start no sooner than this: ISO time with an offset, or +10m', parseMoment),
  key: option('<text>', 'idempotency key: the same key again answers the same job for a day', parseText),
  priority: option('<0-9>', `0 is first, 9 is last (default ${JOB_DEFAULTS.priority})`, wholeNumber(0, 9)),
  partitionKey: option('<text>', 'jobs of one key run in one bucket', parseText),
  maxAttempts: option(
    '<n>',
    `runs before it is a dead letter (default ${JOB_DEFAULTS.maxAttempts})`,
    wholeNumber(1, ATTEMPTS_MAX),
  ),
  backoff: option(
    '<kind>',
    'how the wait before a retry grows: fixed, linear, exponential (default)',
    oneOf(BACKOFF_KINDS),
  ),
  backoffBase: option('<duration>', 'first wait before a retry (default 1s)', parseDuration),
  backoffMax: option('<duration>', 'longest wait before a retry (default 10m)', parseDuration),
  jitter: option('<share>', `random share of the wait, 0 to 1 (default ${JOB_DEFAULTS.backoff.jitter})`, parseShare),
  runTimeout: option('<duration>', 'longest run of one attempt (default 5m)', parseDuration),
  onCrash: option('<what>', 'after a worker crashed in the middle: retry (default) or fail', oneOf(['retry', 'fail'])),
} as const;

export type RequestValues = Values<typeof REQUEST_OPTIONS>;

export const toRequest = (type: string, payload: string, values: Partial<RequestValues>): SubmitRequest => {
  const { key, priority, partitionKey } = values;
  return {
    type,
    payload,
    ...dueOf(values),
    ...(key === undefined ? {} : { key }),
    ...(priority === undefined ? {} : { priority }),
    ...(partitionKey === undefined ? {} : { partitionKey }),
    spec: specOf(values),
  };
};

const dueOf = ({ delay, at }: Partial<RequestValues>): Pick<SubmitRequest, 'delayMs' | 'atMs'> => {
  if (delay !== undefined && at !== undefined) {
    throw usageError('OPTION_INVALID', '--delay and --at exclude each other', { hint: 'keep one of them' });
  }
  if (delay !== undefined) return { delayMs: delay };
  if (at === undefined) return {};
  return dueAt(at);
};

const dueAt = (moment: Moment): Pick<SubmitRequest, 'delayMs' | 'atMs'> =>
  'atMs' in moment ? { atMs: moment.atMs } : { delayMs: Math.max(0, moment.fromNowMs) };

const specOf = (values: Partial<RequestValues>): JobSpec => {
  const { maxAttempts, runTimeout, onCrash } = values;
  const backoff = backoffOf(values);
  return {
    ...(maxAttempts === undefined ? {} : { maxAttempts }),
    ...(backoff === null ? {} : { backoff }),
    ...(runTimeout === undefined ? {} : { runTimeoutMs: runTimeout }),
    ...(onCrash === undefined ? {} : { onCrash }),
  };
};

const backoffOf = ({ backoff, backoffBase, backoffMax, jitter }: Partial<RequestValues>): Backoff | null => {
  if (backoff === undefined && backoffBase === undefined && backoffMax === undefined && jitter === undefined)
    return null;
  const kind = backoff === 'exp' ? 'exponential' : backoff;
  return completeBackoff({ kind, baseMs: backoffBase, maxMs: backoffMax, jitter });
};

/** As the API takes it. */
export const bodyOf = ({ spec, payload, atMs, ...request }: SubmitRequest): Readonly<Record<string, unknown>> => ({
  ...request,
  ...spec,
  payload: JSON.parse(payload) as unknown,
  ...runAtOf(atMs),
});

/** Of an order for another time; empty when none is said. */
export const dueBody = (values: Pick<Partial<RequestValues>, 'delay' | 'at'>): Readonly<Record<string, unknown>> => {
  const { atMs, ...due } = dueOf(values);
  return { ...due, ...runAtOf(atMs) };
};

const runAtOf = (atMs: number | undefined): { readonly runAt?: string } =>
  atMs === undefined ? {} : { runAt: isoTime(atMs) };
