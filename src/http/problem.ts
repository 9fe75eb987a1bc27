// Errors as answers: problem+json (RFC 9457) with the code, the why and the what-now of the command line's errors; and back.
import type { z } from 'zod';
import { type ErrorCode, EXIT, errorText, JobctlError, usageError } from '../core/model/errors.ts';
import type { problem as schema } from './schemas.ts';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';
export type Problem = z.output<typeof schema>;

/** Where the code says more than its exit code. */
const STATUS_BY_CODE: Partial<Readonly<Record<ErrorCode, number>>> = {
  API_TOKEN_INVALID: 401,
  API_DENIED: 403,
  HOST_REFUSED: 403,
  PAYLOAD_TOO_LARGE: 413,
  RATE_LIMITED: 429,
};

const STATUS_BY_EXIT: Readonly<Record<number, number>> = {
  [EXIT.usage]: 400,
  [EXIT.notFound]: 404,
  [EXIT.conflict]: 409,
  [EXIT.unavailable]: 503,
  [EXIT.checkFailed]: 503,
  [EXIT.timeout]: 504,
  [EXIT.interrupted]: 503,
};

export const statusOf = ({ code, exitCode }: JobctlError): number =>
  STATUS_BY_CODE[code] ?? STATUS_BY_EXIT[exitCode] ?? 500;

export const problemOf = (error: JobctlError, requestId: string, status: number): Problem => ({
  type: `urn:jobctl:error:${error.code}`,
  title: error.code.toLowerCase().replaceAll('_', ' '),
  status,
  detail: error.message,
  code: error.code,
  exitCode: error.exitCode,
  ...(error.detail ? { why: error.detail } : {}),
  ...(error.hint ? { hint: error.hint } : {}),
  requestId,
});

/** What the server threw, for the caller. The text of a bug stays in the log. */
export const asAnswer = (thrown: unknown): JobctlError => {
  if (thrown instanceof JobctlError) return thrown;
  return new JobctlError('INTERNAL', EXIT.failed, 'an unexpected error: this is a bug in jobctl', {
    hint: 'look for the request id in the log of the scheduler, and report it',
    cause: thrown,
  });
};

const ISSUES_SHOWN = 3;

/** `where` is what of the request was read: body, query, path. */
export const invalid = (where: string, { issues }: z.ZodError): JobctlError => {
  const shown = issues.slice(0, ISSUES_SHOWN).map(({ path, message }) => `${[where, ...path].join('.')}: ${message}`);
  const [first = `${where} is not valid`, ...others] = shown;
  return usageError('REQUEST_INVALID', first, {
    ...(others.length === 0 ? {} : { detail: others.join('\n') }),
    hint: 'see what it takes at /docs, or in /openapi.json',
  });
};

/** Of a server's answer. Null when it is not one of jobctl's. */
export const errorOf = (body: unknown): JobctlError | null => {
  const { code, exitCode, detail, why, hint } = (body ?? {}) as Partial<Problem>;
  if (code === undefined || exitCode === undefined || detail === undefined) return null;
  return new JobctlError(code as ErrorCode, exitCode, detail, {
    ...(why === undefined ? {} : { detail: why }),
    ...(hint === undefined ? {} : { hint }),
  });
};

/** What fastify refuses by itself. */
export const frameworkError = (thrown: unknown): { readonly error: JobctlError; readonly status: number } | null => {
  const status = (thrown as { readonly statusCode?: number }).statusCode ?? 500;
  if (status < 400 || status >= 500) return null;
  if (status === 413) return { status, error: usageError('PAYLOAD_TOO_LARGE', 'the body of the request is too large') };
  if (status === 415) {
    const hint = "send JSON, with the header 'content-type: application/json'";
    return { status, error: usageError('REQUEST_INVALID', 'the body is not said to be JSON', { hint }) };
  }
  const { code } = thrown as { readonly code?: string };
  const isJson = thrown instanceof SyntaxError || code?.includes('JSON_BODY') === true;
  return {
    status,
    error: isJson
      ? usageError('JSON_INVALID', 'the body is not valid JSON', { detail: errorText(thrown) })
      : usageError('REQUEST_INVALID', errorText(thrown), { hint: 'see /docs' }),
  };
};
