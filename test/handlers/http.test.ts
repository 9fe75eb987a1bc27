// Calls as jobs, against a real server.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runHttp } from '../../src/handlers/http.ts';
import { HandlerCall, handlerJob } from '../support/handler-call.ts';

let server: Server;
let url: string;
let answer: (request: IncomingMessage, response: ServerResponse, body: string) => void;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    answer(request, response, body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const call = (payload: object, context = new HandlerCall()) =>
  runHttp(handlerJob('http', { url, ...payload }), context);
const status = (code: number, headers: Record<string, string> = {}) => {
  answer = (_request, response) => response.writeHead(code, headers).end('said');
};

test('a 2xx succeeds; the job id goes along as idempotency key', async () => {
  let seen: unknown;
  answer = ({ method, headers }, response, body) => {
    seen = {
      method,
      body,
      key: headers['idempotency-key'],
      token: headers['jobctl-fencing-token'],
      type: headers['content-type'],
    };
    response.writeHead(201).end('made');
  };
  const job = handlerJob('http', { url, body: { a: 1 } });
  const context = new HandlerCall();
  expect(await runHttp(job, context)).toEqual({ kind: 'succeeded', result: '{"status":201,"body":"made"}' });
  expect(seen).toEqual({
    method: 'POST',
    body: '{"a":1}',
    key: job.id,
    token: String(context.fencingToken),
    type: 'application/json',
  });
});

test('the status decides whether it is tried again', async () => {
  for (const code of [408, 425, 429, 500, 503]) {
    status(code);
    expect(await call({})).toMatchObject({
      kind: 'failed',
      retryable: true,
      error: expect.stringContaining(String(code)),
    });
  }
  for (const code of [400, 401, 404, 409, 422]) {
    status(code);
    expect(await call({})).toMatchObject({ kind: 'failed', retryable: false });
  }
});

test('Retry-After is obeyed, in seconds and as a date', async () => {
  status(503, { 'retry-after': '7' });
  expect(await call({})).toMatchObject({ retryAfterMs: 7_000 });
  status(429, { 'retry-after': new Date(Date.now() + 60_000).toUTCString() });
  const outcome = (await call({})) as { readonly retryAfterMs: number };
  expect(outcome.retryAfterMs).toBeGreaterThan(50_000);
  expect(outcome.retryAfterMs).toBeLessThanOrEqual(60_000);
});

test('a wait beyond a day is cut, a date that is none is ignored', async () => {
  status(503, { 'retry-after': '9'.repeat(30) });
  expect(await call({})).toMatchObject({ retryAfterMs: 86_400_000 });
  status(503, { 'retry-after': 'soon' });
  expect(await call({})).not.toHaveProperty('retryAfterMs');
});

test('no more of a large answer is read than is kept', async () => {
  let hasLeft: () => void = () => {};
  const left = new Promise<void>((resolve) => {
    hasLeft = resolve;
  });
  answer = (_request, response) => {
    const write = (): void => {
      while (!response.destroyed && response.write('x'.repeat(64 * 1_024))); // without an end
    };
    response.on('drain', write).on('close', hasLeft);
    write();
  };
  const { result } = (await call({})) as { readonly result: string };
  expect((JSON.parse(result) as { readonly body: string }).body).toMatch(/^x{8192}\.\.\. \(cut\)$/);
  await left;
});

test('a header of the payload replaces ours, whatever its case', async () => {
  let seen: unknown;
  answer = ({ headers }, response) => {
    seen = [headers['idempotency-key'], headers['content-type']];
    response.end();
  };
  await call({ headers: { 'Idempotency-Key': 'mine', 'Content-Type': 'text/x' }, body: { a: 1 } });
  expect(seen).toEqual(['mine', 'text/x']);
});

test('a redirect is followed', async () => {
  answer = ({ url: path }, response) => {
    if (path === '/hook') response.writeHead(302, { location: '/there' }).end();
    else response.end(path);
  };
  expect(await call({})).toEqual({ kind: 'succeeded', result: '{"status":200,"body":"/there"}' });
});

test('a server that does not answer, or is not there, is tried again', async () => {
  answer = () => {};
  expect(await call({ timeoutMs: 50 })).toMatchObject({
    retryable: true,
    error: expect.stringContaining('no answer within 50 ms'),
  });
  const nowhere = handlerJob('http', { url: 'http://127.0.0.1:1/' });
  expect(await runHttp(nowhere, new HandlerCall())).toMatchObject({
    retryable: true,
    error: expect.stringContaining('failed'),
  });
});

test('an abort ends the call', async () => {
  const context = new HandlerCall();
  answer = () => context.controller.abort(new Error('time is up'));
  expect(await call({}, context)).toMatchObject({ kind: 'failed', error: expect.stringContaining('time is up') });
});

test('a wrong payload, or a call that cannot be made, is not retried', async () => {
  const wrong = [
    { url: 'ftp://x' },
    { url: 5 },
    { method: 'FETCH' },
    { timeoutMs: 0 },
    { timeoutMs: 2 ** 40 },
    { bodi: 1 },
  ];
  const impossible = [{ method: 'GET', body: 'x' }, { headers: { 'bad name': 'x' } }];
  for (const payload of [...wrong, ...impossible]) {
    expect(await call(payload)).toMatchObject({ kind: 'failed', retryable: false });
  }
});
