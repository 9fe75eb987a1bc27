// Turns events into log lines: JSON for machines (one object a line, the same field names everywhere), short text for a
// person at a terminal. Payloads and results are never logged.
import { errorText, JobctlError } from '../core/model/errors.ts';
import { jobBucket } from '../core/model/ids.ts';
import type { Event, EventSink } from '../core/ports/events.ts';

export type LogLevel = 'debug' | 'info' | 'warn';

export interface LogOptions {
  readonly format: 'pretty' | 'json';
  /** Least level that is written. */
  readonly level: LogLevel;
  readonly identity: {
    readonly service: string;
    readonly role: string;
    readonly instance: string;
    readonly version: string;
  };
  readonly write: (text: string) => void;
}

/** The reason of a session that ended on purpose; every other one means that its locks were lost. */
const DRAINED = 'drained';
const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2 };

export const createLogSink = (options: LogOptions): EventSink => {
  const least = RANK[options.level];
  const log = options.format === 'json' ? jsonLog(options) : prettyLog(options);
  return {
    emit: (event) => {
      const level = levelOf(event);
      if (level !== null && RANK[level] >= least) log(level, event);
    },
  };
};

const levelOf = (event: Event): LogLevel | null => {
  switch (event.type) {
    case 'store.operation':
      return event.outcome === 'error' || event.outcome === 'unknown' ? 'warn' : null;
    case 'jobs.submitted':
    case 'jobs.claimed':
    case 'job.started':
    case 'job.progress':
    case 'lock.acquired':
    case 'lock.released':
      return 'debug';
    case 'bucket.audited':
      return event.found === 0 ? 'debug' : event.step === 'audit' ? 'warn' : 'info';
    case 'api.requested':
      if (event.status === 500) return 'warn';
      return event.isChange ? 'info' : 'debug';
    case 'slot.decided':
      return event.state === 'missed' ? 'warn' : 'info';
    case 'job.ended':
      return event.state === 'dead' || event.state === 'failed' || event.state === 'lost' ? 'warn' : 'info';
    case 'session.ended':
      return event.reason === DRAINED ? 'info' : 'warn';
    case 'job.dropped':
    case 'session.expired':
    case 'clock.skewed':
    case 'pointer.ghost':
    case 'loop.failed':
      return 'warn';
    default:
      return 'info';
  }
};

type Log = (level: LogLevel, event: Event) => void;

const jsonLog = ({ identity, write }: LogOptions): Log => {
  const about = JSON.stringify(identity).slice(1, -1);
  return (level, event) => {
    const fields = JSON.stringify(fieldsOf(event)).slice(1, -1);
    write(`{"level":"${level}",${timestamp()},${about},${fields},"msg":"${MESSAGES[event.type]}"}\n`);
  };
};

/** Many lines of a busy worker are of one ms. */
let stamped = { atMs: 0, text: '' };
const timestamp = (): string => {
  const atMs = Date.now();
  if (atMs !== stamped.atMs) stamped = { atMs, text: `"ts":"${new Date(atMs).toISOString()}"` };
  return stamped.text;
};

/** Constant texts, so that lines can be counted by them. */
const MESSAGES: Readonly<Record<Event['type'], string>> = {
  'session.opened': 'session opened',
  'session.ended': 'session ended',
  'session.expired': 'ended a session that was not renewed',
  'lock.acquired': 'lock acquired',
  'lock.released': 'lock released',
  'bucket.owned': 'bucket owned',
  'bucket.left': 'bucket left',
  'bucket.audited': 'slot looked at again',
  'bucket.purged': 'slot purged',
  'slot.decided': 'slot of a schedule decided',
  'jobs.submitted': 'jobs submitted',
  'job.duplicate': 'duplicate submission',
  'api.requested': 'request answered',
  'jobs.claimed': 'jobs claimed',
  'job.started': 'attempt started',
  'job.log': 'handler log',
  'job.progress': 'handler progress',
  'job.ended': 'attempt ended',
  'job.dropped': 'attempt dropped',
  'pointer.ghost': 'pointer of a stale owner dropped',
  'loop.failed': 'a round failed and will be repeated',
  'clock.skewed': "this machine's clock is off the store's",
  'store.operation': 'store operation failed',
};

const NAMES: Readonly<Record<string, string>> = {
  jobId: 'job_id',
  jobType: 'job_type',
  fence: 'fencing_token',
  token: 'fencing_token',
  durationMs: 'duration_ms',
  lagMs: 'lag_ms',
  nextDueMs: 'next_due_ms',
  retryMs: 'retry_ms',
  offsetMs: 'offset_ms',
  name: 'lock',
};

const fieldsOf = (event: Event): Readonly<Record<string, unknown>> => {
  const fields: Record<string, unknown> = { event: event.type };
  if ('jobId' in event) fields.bucket = jobBucket(event.jobId);
  for (const name of Object.keys(event)) {
    const value: unknown = event[name as keyof Event];
    if (name === 'type' || value === null) continue;
    if (name === 'error') fields.err = errorFields(value);
    else fields[NAMES[name] ?? name] = value;
  }
  return fields;
};

const errorFields = (error: unknown): Readonly<Record<string, unknown>> => {
  if (error instanceof JobctlError)
    return { class: error.retryable ? 'unavailable' : 'refused', code: error.code, message: error.message };
  if (error instanceof Error) return { class: 'internal', message: error.message, stack: error.stack };
  return { class: 'handler', message: String(error) };
};

const prettyLog = ({ write }: LogOptions): Log => {
  return (_level, event) => {
    const text = prettyText(event);
    // What handlers say stays one line, and cannot command the terminal.
    if (text !== null) write(`${new Date().toISOString().slice(11, 19)}  ${text.replace(/\p{Cc}+/gu, ' ')}\n`);
  };
};

/** Null for what a person at a terminal need not see. */
const prettyText = (event: Event): string | null => {
  switch (event.type) {
    case 'job.started':
      return `started    job/${event.jobId}  ${event.jobType}  attempt ${event.attempt}`;
    case 'job.ended': {
      const next = event.nextDueMs === null ? '' : `, next at ${new Date(event.nextDueMs).toISOString().slice(11, 23)}`;
      const error = event.error === null ? '' : `: ${event.error}`;
      return `${event.state.padEnd(9)}  job/${event.jobId}  ${event.jobType}  attempt ${event.attempt}${error}${next}`;
    }
    case 'job.log':
      return `log        job/${event.jobId}  attempt ${event.attempt}  ${event.message}${event.fields === undefined ? '' : `  ${JSON.stringify(event.fields)}`}`;
    case 'slot.decided': {
      const why = event.reason === null ? '' : `: ${event.reason}`;
      return `${event.state.padEnd(9)}  schedule/${event.schedule}  ${new Date(event.slotMs).toISOString().slice(0, 19)}Z${why}`;
    }
    case 'api.requested':
      return `${event.operation.padEnd(9)}  ${event.subject}  ${event.status}  by ${event.actor}`;
    case 'job.dropped':
      return `dropped    job/${event.jobId}  ${event.reason}`;
    case 'bucket.owned':
      return event.lost === 0 ? null : `took over   bucket ${event.bucket} with ${event.lost} lost attempts`;
    case 'session.ended':
      return event.reason === DRAINED ? null : `session    ended: ${event.reason}`;
    case 'session.opened':
    case 'bucket.left':
    case 'bucket.purged':
    case 'job.duplicate':
      return null;
    case 'loop.failed':
      return `failed     ${event.loop}: ${errorText(event.error)}; again in ${event.retryMs} ms`;
    default: {
      const { event: name, ...fields } = fieldsOf(event);
      return `${String(name)}  ${JSON.stringify(fields)}`;
    }
  }
};
