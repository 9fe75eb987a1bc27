// Job type `http`: makes a call. The status decides; 408, 425, 429, 5xx and a broken connection are tried again, after
// Retry-After where the server says so.
import { z } from 'zod';
import { errorText } from '../core/model/errors.ts';
import type { HandlerContext, HandlerJob, Outcome } from '../core/ports/handler.ts';
import { parsePayload } from './payload.ts';
import { resultText } from './result.ts';

const PAYLOAD = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  /** Sent as it is when it is text, as JSON otherwise. */
  body: z.unknown().optional(),
  timeoutMs: z.int().min(1).optional(),
});
const EXAMPLE = '{"url":"https://example.org/hook","method":"POST","body":{"id":1}}';

const TIMEOUT_DEFAULT_MS = 30_000;
const RETRIED = [408, 425, 429];
/** Kept of the response, characters. */
const BODY_CHARACTERS_MAX = 8_192;

type Call = z.infer<typeof PAYLOAD>;

export const runHttp = async (job: HandlerJob, context: HandlerContext): Promise<Outcome> => {
  const { payload, failure } = parsePayload(PAYLOAD, job.payload, EXAMPLE);
  if (failure !== null) return failure;
  const timeoutMs = payload.timeoutMs ?? TIMEOUT_DEFAULT_MS;
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(payload.url, requestOf(payload, job, context, timeout));
    return outcomeOf(response, await response.text());
  } catch (error) {
    const reason = timeout.aborted ? `no answer within ${timeoutMs} ms` : causeOf(error);
    return { kind: 'failed', error: `${methodOf(payload)} ${payload.url} failed: ${reason}`, retryable: true };
  }
};

const methodOf = ({ method, body }: Call): string => method ?? (body === undefined ? 'GET' : 'POST');

const requestOf = (call: Call, job: HandlerJob, context: HandlerContext, timeout: AbortSignal): RequestInit => {
  const isJson = call.body !== undefined && typeof call.body !== 'string';
  return {
    method: methodOf(call),
    signal: AbortSignal.any([context.signal, timeout]),
    headers: {
      ...(isJson ? { 'content-type': 'application/json' } : {}),
      'idempotency-key': job.id,
      'jobctl-attempt': String(job.attempt),
      'jobctl-fencing-token': String(context.fencingToken),
      ...call.headers,
    },
    ...(call.body === undefined ? {} : { body: isJson ? JSON.stringify(call.body) : String(call.body) }),
  };
};

const outcomeOf = (response: Response, text: string): Outcome => {
  const { status, headers, ok } = response;
  const body = text.length > BODY_CHARACTERS_MAX ? `${text.slice(0, BODY_CHARACTERS_MAX)}... (cut)` : text;
  const result = resultText({ status, body });
  if (ok) return { kind: 'succeeded', result };
  const retryAfterMs = retryAfter(headers.get('retry-after'));
  return {
    kind: 'failed',
    error: `the server answered ${status} ${response.statusText}`.trimEnd(),
    result,
    retryable: status >= 500 || RETRIED.includes(status),
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  };
};

/** Seconds or an HTTP date (RFC 9110, 10.2.3). */
const retryAfter = (text: string | null): number | null => {
  if (text === null) return null;
  const ms = /^\d+$/.test(text.trim()) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
};

/** fetch hides what happened one level down. */
const causeOf = (error: unknown): string =>
  error instanceof Error && error.cause instanceof Error ? errorText(error.cause) : errorText(error);
