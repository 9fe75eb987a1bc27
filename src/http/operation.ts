// An operation of the API as data: its place, what it takes and gives, who may call it, and what it does. The routes, the OpenAPI
// document and the documentation page are all made from these.
import type { z } from 'zod';
import type { Submitter } from '../core/job/submit.ts';
import { usageError } from '../core/model/errors.ts';
import type { Random } from '../core/model/ids.ts';
import type { Role } from '../core/model/role.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { EventSink } from '../core/ports/events.ts';
import type { Store } from '../core/ports/store.ts';
import { invalid } from './problem.ts';

/** What operations work with. */
export interface Service {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventSink;
  /** One for all requests: those that arrive together are written together. */
  readonly submitter: Submitter;
}

export interface Call<Params = unknown, Query = unknown, Body = unknown> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** Of the header Idempotency-Key. */
  readonly key: string | undefined;
  /** Of the header Last-Event-ID: the last event that a reader of a stream has. */
  readonly lastEventId?: string | undefined;
  /** Name of the token, or of the place where the request came from. */
  readonly actor: string;
  /** Aborts when the server stops: what waits, ends. */
  readonly signal: AbortSignal;
}

/** Null: nothing for a while. */
export type EventStream = AsyncIterable<{ readonly id: string; readonly data: unknown } | null>;

type Fields = z.ZodObject;

export interface Operation {
  /** `jobGet`: the operationId. */
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** `/v1/jobs/{id}`. */
  readonly path: string;
  /** Where the system before jobctl had it. */
  readonly alias?: string;
  readonly role: Role;
  readonly tag: string;
  /** One sentence, lower case, no full stop. */
  readonly summary: string;
  readonly details?: string;
  readonly params?: Fields;
  readonly query?: Fields;
  readonly body?: z.ZodType;
  /** An empty body means all defaults. */
  readonly isBodyOptional?: true;
  readonly result: z.ZodType;
  /** Takes the header Idempotency-Key. */
  readonly takesKey?: true;
  /** Answers an EventStream as server-sent events, whose data is the result; takes the header Last-Event-ID. */
  readonly isStream?: true;
  /** Default 200. */
  readonly statusOf?: (result: never) => number;
  run(service: Service, call: Call): Promise<unknown>;
}

type Input<Shape extends z.ZodType | undefined> = Shape extends z.ZodType ? z.output<Shape> : unknown;

/** Says what `run` gets by what the operation takes. */
export const defineOperation = <
  Params extends Fields | undefined = undefined,
  Query extends Fields | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
>(
  operation: Omit<Operation, 'params' | 'query' | 'body' | 'run'> & {
    readonly params?: Params;
    readonly query?: Query;
    readonly body?: Body;
    run(service: Service, call: Call<Input<Params>, Input<Query>, Input<Body>>): Promise<unknown>;
  },
): Operation => operation as unknown as Operation;

/** A request as it came. */
export interface RawCall {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/** Checks what an operation is given. Throws REQUEST_INVALID. */
export const callOf = (
  { params, query, body, isBodyOptional }: Operation,
  given: RawCall,
  of: Pick<Call, 'key' | 'lastEventId' | 'actor' | 'signal'>,
): Call => {
  const call = {
    ...of,
    params: read('path', params, given.params),
    query: read('query', query, given.query),
    body: read('body', body, isBodyOptional === true ? (given.body ?? {}) : given.body),
  };
  if (query === undefined) assertNone('query', given.query);
  if (body === undefined && given.body !== undefined && given.body !== null) assertNone('body', given.body);
  return call;
};

const read = (where: string, schema: Operation['body'], given: unknown): unknown => {
  if (schema === undefined) return undefined;
  const found = schema.safeParse(given);
  if (found.success) return found.data;
  throw invalid(where, found.error);
};

const assertNone = (where: string, given: unknown): void => {
  const [name] = typeof given === 'object' && given !== null ? Object.keys(given) : [String(given)];
  if (name === undefined) return;
  throw usageError('REQUEST_INVALID', `${where}: "${name.slice(0, 60)}" is not known here`, { hint: 'see /docs' });
};
