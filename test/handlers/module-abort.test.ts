// Handlers that do not end when they are told to. Each test waits out a real grace, so they run at the same time, each with
// a thread of its own.
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openHandlers } from '../../src/handlers/registry.ts';
import { HandlerCall, handlerJob } from '../support/handler-call.ts';

const FILE = fileURLToPath(new URL('./fixtures/handlers.ts', import.meta.url));

test.concurrent('a handler that burns CPU does not stop this thread; when it is aborted, its thread is replaced', async () => {
  await using handlers = await openHandlers({ file: FILE });
  const run = (type: string, call = new HandlerCall()) => handlers.run(handlerJob(type, null), call);
  const call = new HandlerCall();
  const outcome = run('spins', call);
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

test.concurrent('a handler that ignores its abort is given up, while its thread goes on', async () => {
  await using handlers = await openHandlers({ file: FILE });
  const run = (type: string, call = new HandlerCall()) => handlers.run(handlerJob(type, null), call);
  const call = new HandlerCall();
  const outcome = run('ignores', call);
  await call.begun();
  call.controller.abort(new Error('time is up'));
  expect(await run('echo')).toMatchObject({ kind: 'succeeded' });
  expect(await outcome).toMatchObject({
    kind: 'failed',
    retryable: true,
    error: expect.stringMatching(/^time is up; the handler did not end within 5000 ms/),
  });
});
