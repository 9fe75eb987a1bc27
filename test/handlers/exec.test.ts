// Commands as jobs: environment, input, exit codes, output, and that nothing of them is left behind.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runExec } from '../../src/handlers/exec.ts';
import { HandlerCall, handlerJob } from '../support/handler-call.ts';

const sh = (script: string, more: object = {}, call = new HandlerCall()) =>
  runExec(handlerJob('exec', { command: ['sh', '-c', script], ...more }, { attempt: 2 }), call);
const resultOf = (outcome: object) =>
  JSON.parse((outcome as { readonly result: string }).result) as Record<string, string>;

test('success keeps the output', async () => {
  const outcome = await sh('echo hi; echo oh >&2');
  expect(outcome.kind).toBe('succeeded');
  expect(resultOf(outcome)).toEqual({ exitCode: 0, stdout: 'hi\n', stderr: 'oh\n' });
});

test('the job is on stdin and in the environment', async () => {
  const call = new HandlerCall();
  const vars = '$JOBCTL_JOB_TYPE $JOBCTL_ATTEMPT $JOBCTL_MAX_ATTEMPTS $JOBCTL_FENCING_TOKEN $JOBCTL_NOMINAL_TIME $NAME';
  const outcome = await sh(`echo "${vars}"; cat`, { env: { NAME: 'value' } }, call);
  const [line, stdin] = resultOf(outcome).stdout?.split('\n') ?? [];
  expect(line).toBe(`exec 2 5 ${call.fencingToken} 2027-01-01T00:00:00.000Z value`);
  expect(JSON.parse(stdin ?? '')).toMatchObject({ env: { NAME: 'value' } });
});

test('the exit code decides; 65 is not retried', async () => {
  expect(await sh('echo no >&2; exit 3')).toMatchObject({
    kind: 'failed',
    error: 'sh exited with 3: no',
    retryable: true,
  });
  expect(await sh('exit 65')).toMatchObject({ kind: 'failed', retryable: false });
  expect(await sh('kill -9 $$')).toMatchObject({ kind: 'failed', error: 'sh was ended by SIGKILL', retryable: true });
  const missing = handlerJob('exec', { command: ['no-such-command'] });
  expect(await runExec(missing, new HandlerCall())).toMatchObject({
    kind: 'failed',
    error: expect.stringContaining('no command "no-such-command"'),
    retryable: false,
  });
  expect(await sh('exit 75')).toMatchObject({ kind: 'failed', retryable: true });
});

test('a folder that is not there is named, not the command', async () => {
  expect(await sh('true', { cwd: '/no/such/folder' })).toMatchObject({
    kind: 'failed',
    error: 'there is no folder "/no/such/folder" on this worker',
    retryable: false,
  });
});

test('`stdin` replaces the payload as input: text as it is, anything else as JSON', async () => {
  expect(resultOf(await sh('cat', { stdin: 'plain\n' })).stdout).toBe('plain\n');
  expect(resultOf(await sh('cat', { stdin: { id: 1 } })).stdout).toBe('{"id":1}');
});

test('what a command leaves running cannot put off its end by holding the output open', async () => {
  const outcome = await sh('sleep 300 & echo $!');
  expect(outcome.kind).toBe('succeeded');
  const pid = Number(resultOf(outcome).stdout?.trim());
  expect(pid).toBeGreaterThan(0);
  while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve)); // SIGKILL is on its way
});

test('a command that does not read its input is no failure', async () => {
  expect(await sh('exit 0', { env: { LARGE: 'x'.repeat(60_000) } })).toMatchObject({ kind: 'succeeded' });
});

test('long output is kept from its end', async () => {
  const { stdout } = resultOf(await sh('seq 1 100000'));
  expect(stdout).toMatch(/^\(cut\) \.\.\./);
  expect(stdout).toMatch(/99999\n100000\n$/);
  expect(stdout?.length).toBeLessThan(9_000);
});

test('a wrong payload is not retried, and the error shows a right one', async () => {
  for (const payload of [null, {}, { command: 'ls' }, { command: [] }, { command: ['ls'], comand: 1 }]) {
    const outcome = await runExec(handlerJob('exec', payload), new HandlerCall());
    expect(outcome).toMatchObject({
      kind: 'failed',
      retryable: false,
      error: expect.stringContaining('it looks like {"command"'),
    });
  }
});

test('an abort ends the command and all that it started', async () => {
  const call = new HandlerCall();
  const outcome = sh('sleep 300 & echo $! ; sleep 300; wait', {}, call);
  await new Promise((resolve) => setImmediate(resolve));
  call.controller.abort(new Error('time is up'));
  const ended = await outcome;
  expect(ended).toMatchObject({ kind: 'failed', error: expect.stringContaining('SIGTERM') });
  const pid = Number(resultOf(ended).stdout?.trim() || 0);
  while (pid > 0 && isAlive(pid)) await new Promise((resolve) => setImmediate(resolve)); // SIGKILL is on its way
});

/** A zombie waits for its parent to look at it; it does not run. */
const isAlive = (pid: number): boolean => {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};
