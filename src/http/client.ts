// Asks a running server. One request, one answer; what the server refuses is thrown as the error that it names.
import { readFileSync } from 'node:fs';
import { EXIT, errorText, JobctlError, unavailableError, usageError } from '../core/model/errors.ts';
import { errorOf } from './problem.ts';

export interface ClientOptions {
  /** `http://localhost:7070`. */
  readonly url: string;
  /** Holds the token; empty for none. */
  readonly tokenFile: string;
  /** How long one request may take, ms. */
  readonly timeoutMs: number;
}

export interface ApiRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** JSON text. */
  readonly body?: string | undefined;
  /** How long the server was asked to wait before it answers, ms; default 0. */
  readonly waitMs?: number;
}

export interface ApiAnswer {
  readonly status: number;
  /** Parsed where it is JSON, else text. */
  readonly body: unknown;
}

export type ApiClient = (request: ApiRequest) => Promise<ApiAnswer>;

/** Throws what the server answers as an error, or API_UNREACHABLE. */
export const createClient = (options: ClientOptions): ApiClient => {
  const send = sender(options);
  return async ({ method, path, body, waitMs = 0 }) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const signal = AbortSignal.timeout(options.timeoutMs + waitMs);
    try {
      const response = await send(path, { method, headers, body: body ?? null, signal });
      return { status: response.status, body: bodyOf(await response.text()) };
    } catch (error) {
      throw error instanceof JobctlError ? error : unreachable(options.url, error, options.timeoutMs + waitMs);
    }
  };
};

export interface ApiEvent {
  readonly id: string | undefined;
  /** Parsed. */
  readonly data: unknown;
}

/** Events of a stream, after the one with that id; ends when the stream does. */
export type ApiEvents = (
  path: string,
  lastEventId: string | undefined,
  signal: AbortSignal,
) => AsyncGenerator<ApiEvent>;

/** Throws as createClient does, also when the stream breaks. */
export const createEvents = (options: ClientOptions): ApiEvents => {
  const send = sender(options);
  return async function* events(path, lastEventId, signal) {
    const { EventSourceParserStream } = await import('eventsource-parser/stream');
    const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    try {
      const { body } = await send(path, { headers, signal });
      const texts = body?.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
      for await (const { id, data } of texts ?? []) yield { id, data: bodyOf(data) };
    } catch (error) {
      throw error instanceof JobctlError ? error : unreachable(options.url, error, options.timeoutMs);
    }
  };
};

/** Sends a request with the token. Throws what the server refuses. */
const sender = ({ url, tokenFile }: ClientOptions) => {
  const base = baseOf(url);
  const token = tokenFile === '' ? null : readToken(tokenFile);
  return async (path: string, init: RequestInit): Promise<Response> => {
    const place = new URL(path, base);
    const headers = { ...init.headers, ...(token === null ? {} : { authorization: `Bearer ${token}` }) };
    const response = await fetch(place, { ...init, headers, redirect: 'error' });
    if (response.ok) return response;
    const answer = { status: response.status, body: bodyOf(await response.text()) };
    throw errorOf(answer.body) ?? stranger(place, answer);
  };
};

const baseOf = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  throw usageError('OPTION_INVALID', `"${text}" is not the address of an API`, { hint: 'as in http://localhost:7070' });
};

const readToken = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw usageError('FILE_UNREADABLE', `cannot read the token in ${file}`, {
      detail: errorText(cause),
      hint: 'check JOBCTL_API_TOKEN_FILE',
      cause,
    });
  }
};

const bodyOf = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
};

const stranger = ({ href }: URL, { status }: ApiAnswer): JobctlError =>
  new JobctlError('API_UNREACHABLE', EXIT.unavailable, `${href} answered ${status}, and not as jobctl does`, {
    hint: 'is it the address of `jobctl scheduler`?',
  });

const unreachable = (url: string, error: unknown, timeoutMs: number): JobctlError => {
  const isLate = error instanceof Error && error.name === 'TimeoutError';
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const reason = isLate ? `no answer within ${timeoutMs} ms` : errorText(cause);
  return unavailableError('API_UNREACHABLE', `cannot reach the API at ${new URL(url).href}`, {
    detail: reason === '' ? String((cause as { readonly code?: string }).code ?? 'no connection') : reason,
    hint: 'start it with `jobctl scheduler`, or name its address with --api',
    cause: error,
  });
};
