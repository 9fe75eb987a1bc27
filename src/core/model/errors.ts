// The one error hierarchy. Every error says what, why (detail) and what now (hint), and carries its exit code;
// docs/errors.md lists the codes and a test keeps the two equal.

/** Exit codes of the command line (`jobctl help exit-codes`). */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  conflict: 4,
  unavailable: 5,
  checkFailed: 6,
  partial: 7,
  /** A check could not tell. */
  unknown: 8,
  jobFailed: 10,
  jobDead: 11,
  timeout: 124,
  cannotExecute: 127,
  interrupted: 130,
  terminated: 143,
} as const;

/** Every code an error can carry. The names are stable: scripts match on them. */
export const ERROR_CODES = [
  'API_DENIED',
  'API_TOKEN_INVALID',
  'API_UNREACHABLE',
  'BACKFILL_INVALID',
  'BACKOFF_INVALID',
  'BENCH_FILE_INVALID',
  'BENCH_OUT_TAKEN',
  'BENCH_PROCESS_FAILED',
  'BENCH_STALLED',
  'BROWSER_FAILED',
  'BROWSER_MISSING',
  'BUCKET_RANGE_INVALID',
  'CHAOS_ACTIVE',
  'CHAOS_COMMAND_FAILED',
  'CHAOS_HISTORY_INVALID',
  'CHAOS_JOURNAL_INVALID',
  'CHAOS_NOT_DISPOSABLE',
  'CHAOS_NOT_HEALED',
  'CHAOS_NOT_IN_EFFECT',
  'CHAOS_NOT_STEADY',
  'CHAOS_OUT_TAKEN',
  'CHAOS_PROCESS_FAILED',
  'CHAOS_QUORUM',
  'CHAOS_SCENARIO_INVALID',
  'CHAOS_TARGET_MISSING',
  'CHAOS_UNAVAILABLE',
  'CLOCK_SKEW',
  'CLUSTER_BUSY',
  'CLUSTER_COMMAND_FAILED',
  'CLUSTER_CONFLICT',
  'CLUSTER_NODE_NOT_FOUND',
  'CLUSTER_NOT_FOUND',
  'CLUSTER_RUNTIME_MISSING',
  'CLUSTER_START_FAILED',
  'CLUSTER_STATE_INVALID',
  'COMMAND_UNKNOWN',
  'CONFIG_INVALID',
  'CONFIG_TAKEN',
  'CONFIG_UNWRITABLE',
  'CONFIRMATION_NEEDED',
  'CQL_INVALID',
  'CRON_INVALID',
  'DURATION_INVALID',
  'EXEC_FAILED',
  'FILE_UNREADABLE',
  'HANDLERS_INVALID',
  'HOST_REFUSED',
  'INTERNAL',
  'INTERRUPTED',
  'JOBS_INVALID',
  'JOB_ID_INVALID',
  'JOB_NOT_FOUND',
  'JOB_STATE_CONFLICT',
  'JOB_TYPE_UNKNOWN',
  'JSON_INVALID',
  'LOCK_HANDLE_INVALID',
  'LOCK_HELD',
  'LOCK_LOST',
  'LOCK_NAME_INVALID',
  'LOCK_NOT_FOUND',
  'OPTION_INVALID',
  'OVERLAP_INVALID',
  'PARTIAL_FAILURE',
  'PAYLOAD_TOO_LARGE',
  'PLACEMENT_CONFLICT',
  'PORT_IN_USE',
  'RATE_LIMITED',
  'READ_ONLY',
  'REQUEST_INVALID',
  'ROUTE_NOT_FOUND',
  'SCHEDULE_BACKFILLING',
  'SCHEDULE_CHANGED',
  'SCHEDULE_EXISTS',
  'SCHEDULE_NAME_INVALID',
  'SCHEDULE_NOT_FOUND',
  'SCHEDULE_VERSION_NOT_FOUND',
  'SCHEMA_BUSY',
  'SCHEMA_MISSING',
  'SCHEMA_NEWER',
  'SCHEMA_OLDER',
  'SHUTTING_DOWN',
  'STORE_CORRUPT',
  'STORE_DENIED',
  'STORE_DISK_FULL',
  'STORE_READ_ONLY',
  'STORE_UNAVAILABLE',
  'STORE_URL_INVALID',
  'TERMINAL_NEEDED',
  'TIME_INVALID',
  'TOKEN_STALE',
  'WAIT_TIMEOUT',
  'WORKER_NOT_FOUND',
  'ZONE_INVALID',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

export interface ErrorExtras {
  /** Why: a second line for the reader. */
  readonly detail?: string;
  /** What now: the next command or the value that would work. */
  readonly hint?: string;
  readonly cause?: unknown;
}

export class JobctlError extends Error {
  readonly code: ErrorCode;
  readonly exitCode: number;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  /** The same call may succeed later: store unreachable, busy or out of quorum. */
  readonly retryable: boolean;

  constructor(code: ErrorCode, exitCode: number, message: string, extras: ErrorExtras = {}) {
    super(message, extras.cause === undefined ? undefined : { cause: extras.cause });
    this.name = 'JobctlError';
    this.code = code;
    this.exitCode = exitCode;
    this.detail = extras.detail;
    this.hint = extras.hint;
    this.retryable = exitCode === EXIT.unavailable;
  }
}

/** The caller's input is wrong. Exit 2. */
export const usageError = (code: ErrorCode, message: string, extras?: ErrorExtras): JobctlError =>
  new JobctlError(code, EXIT.usage, message, extras);
/** Exit 3. */
export const notFoundError = (code: ErrorCode, message: string, extras?: ErrorExtras): JobctlError =>
  new JobctlError(code, EXIT.notFound, message, extras);
/** Exit 4. */
export const conflictError = (code: ErrorCode, message: string, extras?: ErrorExtras): JobctlError =>
  new JobctlError(code, EXIT.conflict, message, extras);
/** The store cannot be used now; the caller may retry. The outcome of a write is not known. Exit 5. */
export const unavailableError = (code: ErrorCode, message: string, extras?: ErrorExtras): JobctlError =>
  new JobctlError(code, EXIT.unavailable, message, extras);

/** The one answer to an id that the store does not know. */
export const jobMissing = (id: string): JobctlError =>
  notFoundError('JOB_NOT_FOUND', `there is no job ${id}`, {
    detail: 'it may be in another store, or finished longer ago than the retention time',
    hint: 'see which store is meant with `jobctl config view --origin`, and its jobs with `jobctl job list`',
  });
/** The one answer to an id that is no dead letter. */
export const letterMissing = (id: string): JobctlError =>
  notFoundError('JOB_NOT_FOUND', `there is no dead letter ${id}`, {
    detail: 'it may have been retried or discarded already',
    hint: `see \`jobctl job get ${id}\`, and all dead letters with \`jobctl dlq list\``,
  });
/** The one answer to a name that is no node's. */
export const nodeMissing = (name: string, names: readonly string[]): JobctlError =>
  notFoundError('CLUSTER_NODE_NOT_FOUND', `the cluster has no node "${name}"`, {
    hint: `its nodes: ${names.join(', ')}`,
  });
/** A wait that ended before the job did. */
export const waitTimeout = (id: string, state: string, waitMs: number): JobctlError =>
  new JobctlError('WAIT_TIMEOUT', EXIT.timeout, `job ${id} is still ${state} after ${waitMs} ms`, {
    hint: `\`jobctl job explain ${id}\` says why`,
  });
/** The one answer to a `next` that no page gave. */
export const cursorInvalid = (text: string): JobctlError =>
  usageError('OPTION_INVALID', `"${text}" is not where a page ended`, {
    hint: 'take the text that the page before gave as `next`',
  });

/** One line that says what a thrown value was. */
export const errorText = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
