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

test('a snooze takes milliseconds or a text with a unit', async () => {
  expect(await run('snoozes', 1_500)).toEqual({ kind: 'snoozed', delayMs: 1_500 });
  expect(await run('snoozes', '30s')).toEqual({ kind: 'snoozed', delayMs: 30_000 });
  expect(await run('snoozes', '1.5h')).toEqual({ kind: 'snoozed', delayMs: 5_400_000 });
  for (const wrong of [-1, '30', 'soon', null, 1e15, '99999d']) {
    expect(await run('snoozes', wrong)).toMatchObject({ kind: 'failed', error: expect.stringContaining('"30s"') });
  }
});

test('nothing that a handler throws or says harms the thread', async () => {
  expect(await run('throwsAnything')).toMatchObject({
    kind: 'failed',
    error: expect.stringContaining('cannot be written as text'),
  });
  const call = new HandlerCall();
  expect(await run('talksOddly', null, call)).toEqual({ kind: 'succeeded', result: '"done"' });
  expect(call.logs.map(({ fields }) => Object.keys(fields as object))).toEqual([['unreadable'], ['unreadable']]);
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

test('a handler that ends its thread fails, and nothing after it', async () => {
  expect(await run('exits')).toMatchObject({ kind: 'failed', error: expect.stringContaining('exit code 3') });
  expect(await run('echo')).toMatchObject({ kind: 'succeeded' });
});

test('closing ends what still runs, and refuses what comes later', async () => {
  const own = await openHandlers({ file: FILE });
  const call = new HandlerCall();
  const outcome = own.run(handlerJob('ignores', null), call);
  await call.begun();
  await own[Symbol.asyncDispose]();
  const stopping = { kind: 'failed', error: 'the worker is stopping', retryable: true };
  expect(await outcome).toEqual(stopping);
  expect(await own.run(handlerJob('echo', null), new HandlerCall())).toEqual(stopping);
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
    ['syntax.ts', '\nexport default {', /SyntaxError.*\(line 2\)/],
    ['throws.ts', 'throw new Error("no database")', /no database \(line 1\)/],
    ['enum.ts', 'enum A { B }; export default { a: () => A.B };', /enum is not supported/],
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

  test('a file that breaks after the start fails attempts with its reason, until it is repaired', async () => {
    const file = join(folder, 'edited.js');
    writeFileSync(file, 'export default { exits: () => process.exit(3) };');
    await using own = await openHandlers({ file });
    const attempt = () => own.run(handlerJob('exits', null), new HandlerCall());
    expect(await attempt()).toMatchObject({ error: expect.stringContaining('exit code 3') });
    writeFileSync(file, 'export default {');
    expect(await attempt()).toMatchObject({ retryable: true, error: expect.stringMatching(/edited\.js.*SyntaxError/) });
    writeFileSync(file, 'export default { exits: () => "repaired" };');
    expect(await attempt()).toEqual({ kind: 'succeeded', result: '"repaired"' });
  });

  test('a missing file, an unknown type', async () => {
    await expect(openHandlers({ file: join(folder, 'nowhere.ts') })).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    await expect(openHandlers({ types: ['exec', 'ftp'] })).rejects.toMatchObject({ code: 'OPTION_INVALID' });
    expect((await openHandlers({ types: ['http'] })).types).toEqual(['http']);
  });
});
