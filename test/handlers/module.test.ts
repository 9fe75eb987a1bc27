// Handlers of a user's file: what they get, what becomes of what they do, and that they cannot hurt the worker.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Handlers } from '../../src/core/ports/handler.ts';
import { openHandlers } from '../../src/handlers/registry.ts';
import { HandlerCall, handlerJob } from '../support/handler-call.ts';

const FILE = fileURLToPath(new URL('./fixtures/handlers.ts', import.meta.url));
let handlers: Handlers;
beforeAll(async () => {
  handlers = await openHandlers({ file: FILE });
});
afterAll(() => handlers[Symbol.asyncDispose]());

const run = (type: string, payload: unknown = null, call = new HandlerCall()) =>
  handlers.run(handlerJob(type, payload), call);

test('a handler gets the job and its fencing token, and its result is kept', async () => {
  const job = handlerJob('echo', { to: 'ü' }, { attempt: 3 });
  const call = new HandlerCall();
  const outcome = await handlers.run(job, call);
  expect(outcome.kind).toBe('succeeded');
  expect(JSON.parse((outcome as { result: string }).result)).toEqual({
    job: {
      id: job.id,
      type: 'echo',
      payload: { to: 'ü' },
      attempt: 3,
      maxAttempts: 5,
      nominalTime: '2027-01-01T00:00:00.000Z',
    },
    fencingToken: call.fencingToken,
  });
});

test('outcomes', async () => {
  expect(await run('nothing')).toEqual({ kind: 'succeeded', result: null });
  expect(await run('throws')).toEqual({ kind: 'failed', error: 'broken', retryable: true });
  expect(await run('fails')).toEqual({ kind: 'failed', error: 'bad input', retryable: false });
  expect(await run('snoozes')).toEqual({ kind: 'snoozed', delayMs: 1_500 });
  expect(await run('cyclic')).toMatchObject({
    kind: 'failed',
    retryable: false,
    error: expect.stringContaining('JSON'),
  });
  const large = await run('large');
  expect(JSON.parse((large as { result: string }).result)).toMatch(
    /x\.\.\. \(cut: 100002 bytes, the limit is 65536\)$/,
  );
});

test('log lines and progress arrive before the outcome; a thrown error leaves its stack in the log', async () => {
  const call = new HandlerCall();
  await run('talks', null, call);
  expect(call.logs).toEqual([{ message: 'hello', fields: { n: 1 } }]);
  expect(call.progressed).toEqual([0.5]);
  const failing = new HandlerCall();
  await run('throws', null, failing);
  expect(JSON.stringify(failing.logs)).toMatch(/TypeError: broken/);
});

test('an abort reaches the handler', async () => {
  const call = new HandlerCall();
  const outcome = run('waits', null, call);
  await call.begun();
  call.controller.abort(new Error('time is up'));
  expect(await outcome).toMatchObject({ kind: 'failed', retryable: true });
});

test('a thousand at once are each answered', async () => {
  const outcomes = await Promise.all(Array.from({ length: 1_000 }, (_, index) => run('echo', index)));
  outcomes.forEach((outcome, index) => {
    expect(JSON.parse((outcome as { result: string }).result).job.payload).toBe(index);
  });
});

test('a handler that burns CPU does not stop this thread; when it is aborted, its thread is replaced', async () => {
  const call = new HandlerCall();
  const outcome = run('spins', null, call);
  await call.begun();
  const bystander = run('waits');
  call.controller.abort(new Error('time is up'));
  expect(await outcome).toMatchObject({
    kind: 'failed',
    retryable: true,
    error: expect.stringContaining('blocked, probably by "spins"'),
  });
  expect(await bystander).toMatchObject({ kind: 'failed', retryable: true });
  expect(await run('echo')).toMatchObject({ kind: 'succeeded' });
});

test('a crash of the thread fails what ran in it, and nothing after it', async () => {
  const call = new HandlerCall();
  const outcome = run('crashes', null, call);
  await call.begun();
  expect(await outcome).toMatchObject({
    kind: 'failed',
    retryable: true,
    error: expect.stringContaining('outside of any handler'),
  });
  expect(await run('echo')).toMatchObject({ kind: 'succeeded' });
});

describe('a file that cannot be used is refused with its reason', () => {
  const folder = mkdtempSync(join(tmpdir(), 'jobctl-handlers-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([
    ['syntax.ts', 'export default {', /SyntaxError/],
    ['throws.ts', 'throw new Error("no database")', /no database/],
    ['none.js', 'export const a = 1;', /no default export/],
    ['empty.js', 'export default {};', /empty/],
    ['wrong.js', 'export default { "a.b": 5 };', /"a.b" is not a function/],
    ['taken.js', 'export default { exec: () => {} };', /"exec", which is built in/],
  ])('%s', async (name, text, reason) => {
    const file = join(folder, name);
    writeFileSync(file, text);
    const error = (await openHandlers({ file }).catch((thrown: unknown) => thrown)) as Error & {
      readonly detail?: string;
    };
    expect(error).toMatchObject({ code: 'HANDLERS_INVALID', exitCode: 2 });
    expect(`${error.message} ${error.detail ?? ''}`).toMatch(reason);
  });

  test('a missing file, an unknown type', async () => {
    await expect(openHandlers({ file: join(folder, 'nowhere.ts') })).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    await expect(openHandlers({ types: ['exec', 'ftp'] })).rejects.toMatchObject({ code: 'OPTION_INVALID' });
    expect((await openHandlers({ types: ['http'] })).types).toEqual(['http']);
  });
});
