// The API server: every operation as a route, and what holds for all of them - who asks, how much, how long, and what the answer to
// an error looks like.
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import rateLimit from '@fastify/rate-limit';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { EXIT, JobctlError, unavailableError, usageError } from '../core/model/errors.ts';
import type { Role } from '../core/model/role.ts';
import { assertOwnHost, isLoopback } from './host-guard.ts';
import { addOpenRoutes, type OpenRoutes } from './open-routes.ts';
import { callOf, type EventStream, type Operation, type Service } from './operation.ts';
import { OPERATIONS } from './operations/all.ts';
import { asAnswer, frameworkError, PROBLEM_TYPE, problemOf, statusOf } from './problem.ts';
import { assertRole, identify, type Token } from './tokens.ts';

/** Largest body, bytes: 64 KiB of payload for some jobs, or many small ones. */
const BODY_BYTES_MAX = 1024 * 1024;
/** A request must have arrived within this, and its headers sooner, ms: slow senders hold a socket each. */
const REQUEST_MS_MAX = 15_000;
const HEADERS_MS_MAX = 5_000;
/** Late ones are looked for so often, ms. */
const CHECKED_MS = 2_000;
const KEEP_ALIVE_MS = 65_000;
/** Longest path parameter, characters: a lock's name, escaped. */
const PARAM_CHARACTERS_MAX = 1_000;
const RATE_WINDOW_MS = 1_000;
/** A reader that lost its stream asks again after this, ms. */
const RETRY_MS = 1_000;
/** Requests under way when the server stops may take so long, ms. */
const DRAIN_MS = 10_000;

export interface ServerOptions extends OpenRoutes {
  readonly service: Service;
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Null: everybody may do everything, which is why only this machine is answered then. */
  readonly tokens: readonly Token[] | null;
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** Requests a second of one address. */
  readonly rateMax: number;
  /** How long a sender may take, ms; a test is less patient. */
  readonly patience?: { readonly headersMs: number; readonly requestMs: number; readonly checkedMs: number };
}

export interface RunningServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
}

/** Throws PORT_IN_USE, OPTION_INVALID. */
export const startServer = async (options: ServerOptions): Promise<RunningServer> => {
  const { host, port, tokens, tls } = options;
  if (tokens === null && !isLoopback(host)) {
    throw usageError('OPTION_INVALID', `without --tokens only this machine may be answered, and ${host} is more`, {
      detail: 'whoever reaches it could do everything',
      hint: 'make tokens with `jobctl api token`, or leave --host out',
    });
  }
  const stopping = new AbortController();
  const app = createApp(options, stopping.signal);
  await addRoutes(app, options, stopping.signal);
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw refusal(error as NodeJS.ErrnoException, options);
  }
  const address = app.server.address();
  const taken = typeof address === 'object' && address !== null ? address.port : port;
  const shown = host.includes(':') ? `[${host}]` : host;
  return {
    port: taken,
    url: `${tls === null ? 'http' : 'https'}://${shown === '127.0.0.1' ? 'localhost' : shown}:${taken}`,
    [Symbol.asyncDispose]: () => close(app, stopping, options),
  };
};

/** Requests under way are answered, for DRAIN_MS at most; new ones get 503. */
const close = async (app: FastifyInstance, stopping: AbortController, { service }: ServerOptions): Promise<void> => {
  stopping.abort();
  const over = new AbortController();
  const closed = app.close().finally(() => over.abort());
  await Promise.race([closed, service.clock.sleep(DRAIN_MS, over.signal)]);
  app.server.closeAllConnections();
  await closed;
};

const refusal = (error: NodeJS.ErrnoException, { port, host }: ServerOptions): Error => {
  const hint = 'choose another with --port, 0 for any free one, or none with --no-api';
  if (error.code === 'EADDRINUSE') {
    return usageError('PORT_IN_USE', `port ${port} is taken by another process`, { hint });
  }
  if (error.code === 'EACCES')
    return usageError('OPTION_INVALID', `this user may not listen on port ${port}`, { hint });
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return usageError('OPTION_INVALID', `${host} is no address of this machine`, { hint: 'correct --host' });
  }
  return error;
};

/** What is known of a request so far. */
interface Account {
  operation?: Operation;
  caller?: { readonly name: string; readonly role: Role };
  /** Why it could not be done. */
  failure?: unknown;
}

const ACCOUNTS = new WeakMap<FastifyRequest, Account>();
const accountOf = (request: FastifyRequest): Account => {
  const account = ACCOUNTS.get(request) ?? {};
  ACCOUNTS.set(request, account);
  return account;
};

const PATIENCE = { headersMs: HEADERS_MS_MAX, requestMs: REQUEST_MS_MAX, checkedMs: CHECKED_MS };

const createApp = (
  { tls, service, tokens, patience = PATIENCE }: ServerOptions,
  stopping: AbortSignal,
): FastifyInstance => {
  const sockets = { headersTimeout: patience.headersMs, connectionsCheckingInterval: patience.checkedMs };
  const app = Fastify({
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: patience.requestMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
    return503OnClosing: false, // answered below, as a problem
    requestIdHeader: false,
    genReqId: (request) => requestId(request, service),
    routerOptions: { maxParamLength: PARAM_CHARACTERS_MAX },
    frameworkErrors: (error, request, reply) => {
      void sendError(request as FastifyRequest, reply as FastifyReply, error);
    },
    ...(tls === null ? { http: sockets } : { https: { ...sockets, ...tls } }),
  }) as unknown as FastifyInstance;
  app.removeContentTypeParser('text/plain');
  app.setErrorHandler((error, request, reply) => {
    const isCut = stopping.aborted && error instanceof JobctlError && CUT_SHORT.includes(error.code);
    return sendError(request, reply, isCut ? shuttingDown() : error);
  });
  app.setNotFoundHandler((request, reply) => sendError(request, reply, routeMissing(request)));
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
    reply.header('cache-control', 'no-store');
    if (stopping.aborted) throw shuttingDown();
    assertOwnHost(request.headers, { isAnonymous: tokens === null });
  });
  addAccount(app, service);
  return app;
};

/** What a wait says when the server stops. */
const CUT_SHORT: readonly string[] = ['WAIT_TIMEOUT', 'INTERRUPTED'];

/** The caller's, so that logs of both sides can be joined; else a new one. */
const requestId = ({ headers }: IncomingMessage, { random }: Service): string => {
  const given = headers['x-request-id'];
  if (typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given)) return given;
  return [random.uint32(), random.uint32()].map((part) => part.toString(16).padStart(8, '0')).join('');
};

const shuttingDown = (): JobctlError =>
  unavailableError('SHUTTING_DOWN', 'this scheduler is stopping', {
    hint: 'ask again: another one answers, or it is back',
  });

const routeMissing = ({ method, url }: FastifyRequest): JobctlError =>
  new JobctlError('ROUTE_NOT_FOUND', EXIT.notFound, `there is no ${method} ${url.split('?')[0]?.slice(0, 200)}`, {
    hint: 'see /docs, or /openapi.json',
  });

/** Who did what, for metrics and the audit log. */
const addAccount = (app: FastifyInstance, { events }: Service): void => {
  app.addHook('onResponse', async (request, reply) => {
    const { operation, caller, failure = null } = accountOf(request);
    events.emit({
      type: 'api.requested',
      operation: operation?.id ?? 'none',
      method: operation === undefined ? 'none' : request.method,
      route: operation?.path ?? 'none',
      isChange: operation !== undefined && operation.role !== 'read',
      subject: Object.values((request.params ?? {}) as Record<string, string>).join(','),
      actor: caller?.name ?? '',
      status: reply.statusCode,
      error: failure,
      requestId: request.id,
      durationMs: reply.elapsedTime,
    });
  });
};

const addRoutes = async (app: FastifyInstance, options: ServerOptions, stopping: AbortSignal): Promise<void> => {
  const { service, tokens, rateMax } = options;
  addOpenRoutes(app, options);
  await app.register(async (guarded) => {
    await guarded.register(rateLimit, {
      max: rateMax,
      timeWindow: RATE_WINDOW_MS,
      errorResponseBuilder: () => rateLimited(rateMax),
    });
    for (const operation of OPERATIONS) {
      for (const path of [operation.path, operation.alias]) {
        if (path === undefined) continue;
        guarded.route({
          method: operation.method,
          url: path.replace(/\{(\w+)\}/g, ':$1'),
          onRequest: async (request) => {
            const account = accountOf(request);
            account.operation = operation;
            const token = tokens === null ? null : identify(tokens, request.headers.authorization);
            account.caller = token ?? { name: `anonymous@${request.ip}`, role: 'admin' };
            assertRole(account.caller, operation.role);
          },
          handler: (request, reply) => answer({ operation, service, stopping }, request, reply),
        });
      }
    }
  });
};

const rateLimited = (rateMax: number): JobctlError =>
  new JobctlError('RATE_LIMITED', EXIT.unavailable, `more than ${rateMax} requests a second`, {
    hint: 'wait a second; submit many jobs at once with POST /v1/jobs/bulk',
  });

interface Answering {
  readonly operation: Operation;
  readonly service: Service;
  readonly stopping: AbortSignal;
}

const answer = async (
  { operation, service, stopping }: Answering,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> => {
  const { takesKey, statusOf: status } = operation;
  const key = takesKey === true ? request.headers['idempotency-key'] : undefined;
  if (Array.isArray(key)) throw usageError('REQUEST_INVALID', 'the header Idempotency-Key is given twice');
  const actor = accountOf(request).caller?.name ?? '';
  const lastEventId = operation.isStream === true ? String(request.headers['last-event-id'] ?? '') : undefined;
  const signal = operation.isStream === true ? AbortSignal.any([stopping, goneOf(reply)]) : stopping;
  const call = callOf(operation, request, { key, lastEventId, actor, signal });
  const result = await operation.run(service, call);
  if (operation.isStream === true) return sendEvents(reply, result as EventStream);
  return reply
    .code(status?.(result as never) ?? 200)
    .type('application/json; charset=utf-8')
    .send(`${JSON.stringify(result)}\n`);
};

/** Aborts when nobody reads any more. */
const goneOf = ({ raw }: FastifyReply): AbortSignal => {
  const gone = new AbortController();
  raw.once('close', () => gone.abort());
  return gone.signal;
};

const sendEvents = (reply: FastifyReply, events: EventStream): FastifyReply =>
  reply
    .type('text/event-stream')
    .header('x-accel-buffering', 'no') // or a proxy keeps them until there are many
    .header('connection', 'close') // or a server that stops waits for a request that never comes
    .send(Readable.from(eventLines(events)));

async function* eventLines(events: EventStream): AsyncGenerator<string> {
  yield `retry: ${RETRY_MS}\n\n`;
  for await (const event of events) {
    yield event === null ? ': nothing yet\n\n' : `id: ${event.id}\ndata: ${JSON.stringify(event.data)}\n\n`;
  }
}

const sendError = (request: FastifyRequest, reply: FastifyReply, thrown: unknown): FastifyReply => {
  const refused = thrown instanceof JobctlError ? null : frameworkError(thrown);
  const error = refused?.error ?? asAnswer(thrown);
  const status = refused?.status ?? statusOf(error);
  if (status >= 500) accountOf(request).failure = error.cause ?? error;
  if (status === 503 || status === 429) reply.header('retry-after', '1');
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  return reply
    .code(status)
    .type(PROBLEM_TYPE)
    .send(`${JSON.stringify(problemOf(error, request.id, status))}\n`);
};
