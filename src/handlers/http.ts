// Job type `http`: makes a call. The status decides; 408, 425, 429, 5xx and a broken connection are tried again, after
// Retry-After where the server says so.
import { z } from 'zod';
import { errorText } from '../core/model/errors.ts';
import type { HandlerContext, HandlerJob, Outcome } from '../core/ports/handler.ts';
import { parsePayload } from './payload.ts';
import { resultText } from './result.ts';

const TIMEOUT_DEFAULT_MS = 30_000;
/** A day: an answer that takes longer is asked for again. */
const TIMEOUT_MAX_MS = 86_400_000;

const PAYLOAD = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  /** Sent as it is when it is text, as JSON otherwise. */
  body: z.unknown().optional(),
  timeoutMs: z.int().min(1).max(TIMEOUT_MAX_MS).optional(),
});
const EXAMPLE = '{"url":"https://example.org/hook","method":"POST","body":{"id":1}}';

const RETRIED = [408, 425, 429];
/** Longest wait that a server can ask for, ms: a day. */
const RETRY_AFTER_MAX_MS = 86_400_000;
/** Kept of the response, characters. */
const BODY_CHARACTERS_MAX = 8_192;

type Call = z.infer<typeof PAYLOAD>;

export const runHttp = async (job: HandlerJob, context: HandlerContext): Promise<Outcome> => {
  const { payload, failure } = parsePayload(PAYLOAD, job.payload, EXAMPLE);
  if (failure !== null) return failure;
  const timeoutMs = payload.timeoutMs ?? TIMEOUT_DEFAULT_MS;
  const timeout = AbortSignal.timeout(timeoutMs);
  let request: Request;
  try {
    request = requestOf(payload, job, context, timeout);
  } catch (error) {
    return { kind: 'failed', error: `the call cannot be made: ${errorText(error)}`, retryable: false };
  }
  try {
    const response = await fetch(request);
    return outcomeOf(response, await bodyOf(response));
  } catch (error) {
    const reason = timeout.aborted ? `no answer within ${timeoutMs} ms` : causeOf(error);
    return { kind: 'failed', error: `${methodOf(payload)} ${payload.url} failed: ${reason}`, retryable: true };
  }
};

const methodOf = ({ method, body }: Call): string => method ?? (body === undefined ? 'GET' : 'POST');

const requestOf = (call: Call, job: HandlerJob, context: HandlerContext, timeout: AbortSignal): Request => {
  const isJson = call.body !== undefined && typeof call.body !== 'string';
  const headers = new Headers({
    ...(isJson ? { 'content-type': 'application/json' } : {}),
    'idempotency-key': job.id,
    'jobctl-attempt': String(job.attempt),
    'jobctl-fencing-token': String(context.fencingToken),
  });
  // `set`, since the same name in other letters would be appended to ours.
  for (const [name, value] of Object.entries(call.headers ?? {})) headers.set(name, value);
  return new Request(call.url, {
    method: methodOf(call),
    signal: AbortSignal.any([context.signal, timeout]),
    headers,
    ...(call.body === undefined ? {} : { body: isJson ? JSON.stringify(call.body) : String(call.body) }),
  });
};

/** Reads no more of a large body than is kept; leaving the loop closes the connection. */
const bodyOf = async ({ body }: Response): Promise<string> => {
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of body ?? []) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > BODY_CHARACTERS_MAX) return `${text.slice(0, BODY_CHARACTERS_MAX)}... (cut)`;
  }
  return text + decoder.decode();
};

const outcomeOf = (response: Response, body: string): Outcome => {
  const { status, headers, ok } = response;
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
  return Number.isNaN(ms) ? null : Math.min(Math.max(0, ms), RETRY_AFTER_MAX_MS);
};

/** fetch hides what happened one level down. */
const causeOf = (error: unknown): string =>
  error instanceof Error && error.cause instanceof Error ? errorText(error.cause) : errorText(error);
