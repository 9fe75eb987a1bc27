// jobctl lock with real processes: the token reaches the command, a killed holder's lock passes on, a holder that slept
// through its lease knows it, and of many contenders never two run at once.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Sandbox } from './processes.ts';

const CONTENDERS = 8;

/** Whether a process that said `pid N` is still there. */
const isAlive = (stdout: string): boolean => {
  const pid = Number(/pid (\d+)/.exec(stdout)?.[1]);
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
};

test('lock run exports the token and ends as its command does', async () => {
  await using sandbox = new Sandbox();
  const npx = sandbox.startNpx(
    ...['jobctl', 'lock', 'run', 'nightly', '--lease', '10s'],
    ...['--', 'sh', '-c', 'echo token $JOBCTL_FENCING_TOKEN of $JOBCTL_LOCK_NAME; cat; exit 7'],
  );
  npx.child.stdin?.end('what comes in\n');
  const ended = await npx.ended;
  expect([ended.code, ended.stdout]).toEqual([7, 'token 1 of nightly\nwhat comes in\n']);
  expect((await sandbox.run('lock', 'run', 'nightly', '--', 'sh', '-c', 'kill -9 $$')).code).toBe(137);
  expect((await sandbox.run('lock', 'run', 'nightly', '--', 'no-such-command')).code).toBe(127);
  expect(await sandbox.json<{ token: number; state: string }>('lock', 'get', 'nightly')).toMatchObject({
    token: 3,
    state: 'free',
  });
});

test('signals are the business of the command, or end the wait for the lock', async () => {
  await using sandbox = new Sandbox();
  const script = 'trap "echo got it; exit 9" TERM; echo ready; while :; do sleep 0.05; done';
  const holder = sandbox.start('lock', 'run', 'l', '--', 'sh', '-c', script);
  await holder.until('stdout', /ready/);
  const waiting = sandbox.start('lock', 'run', 'l', '--wait', '60s', '--', 'echo', 'never');
  await waiting.until('stderr', /waiting for/);
  waiting.child.kill('SIGINT');
  expect(await waiting.ended).toMatchObject({ code: 130, stdout: '' });
  holder.child.kill('SIGTERM');
  expect(await holder.ended).toMatchObject({ code: 9, stdout: 'ready\ngot it\n' });
});

test('a killed holder takes its command along, and the lock passes on after its lease under a higher token', async () => {
  await using sandbox = new Sandbox();
  const holder = sandbox.start('lock', 'run', 'l', '--lease', '2s', '--', 'sh', '-c', 'echo pid $$; sleep 60; echo no');
  await holder.until('stdout', /pid \d+/);
  holder.child.kill('SIGKILL');
  const next = await sandbox.run('lock', 'run', 'l', '--wait', '30s', '--', 'sh', '-c', 'echo $JOBCTL_FENCING_TOKEN');
  expect([next.code, next.stdout]).toEqual([0, '2\n']);
  expect(isAlive((await holder.ended).stdout)).toBe(false);
});

test('a holder that slept through its lease knows it when it wakes: its command is killed, and it exits with 6', async () => {
  await using sandbox = new Sandbox();
  const zombie = sandbox.start('lock', 'run', 'l', '--lease', '2s', '--', 'sh', '-c', 'echo pid $$; sleep 60; echo no');
  await zombie.until('stdout', /pid \d+/);
  zombie.child.kill('SIGSTOP');
  const next = await sandbox.run('lock', 'run', 'l', '--wait', '30s', '--', 'sh', '-c', 'echo $JOBCTL_FENCING_TOKEN');
  expect([next.code, next.stdout]).toEqual([0, '2\n']);
  zombie.child.kill('SIGCONT');
  const ended = await zombie.ended;
  expect(ended.code).toBe(6);
  expect(ended.stderr).toMatch(/error: the lock "l" was lost/);
  expect(isAlive(ended.stdout)).toBe(false);
});

test('what a sleeping holder ran to its end does not count as success', async () => {
  await using sandbox = new Sandbox();
  const script = 'echo started; while [ ! -e go ]; do sleep 0.05; done';
  const zombie = sandbox.start('lock', 'run', 'l', '--lease', '2s', '--', 'sh', '-c', script);
  await zombie.until('stdout', /started/);
  zombie.child.kill('SIGSTOP');
  writeFileSync(join(sandbox.folder, 'go'), ''); // the command ends with 0 while its holder sleeps
  await sandbox.run('lock', 'run', 'l', '--wait', '30s', '--', 'true');
  zombie.child.kill('SIGCONT');
  expect((await zombie.ended).code).toBe(6);
});

test('success after a takeover that nobody has noticed yet does not count either', async () => {
  await using sandbox = new Sandbox();
  const script = 'echo started; while [ ! -e go ]; do sleep 0.05; done';
  const holder = sandbox.start('lock', 'run', 'l', '--lease', '1m', '--', 'sh', '-c', script);
  await holder.until('stdout', /started/);
  await sandbox.run('lock', 'takeover', 'l', '--reason', 'test', '--yes', '--confirm', 'l');
  writeFileSync(join(sandbox.folder, 'go'), '');
  const ended = await holder.ended;
  expect(ended.code).toBe(6);
  expect(ended.stderr).toMatch(/the store says that it has passed on/);
});

test('--on-lost ignore lets the command go on, signal only asks it to end', async () => {
  await using sandbox = new Sandbox();
  const script = 'trap "echo asked" TERM; echo started; while [ ! -e go ]; do sleep 0.05; done; exit 5';
  const start = (name: string, onLost: string) =>
    sandbox.start('lock', 'run', name, '--lease', '1s', '--on-lost', onLost, '--', 'sh', '-c', script);
  const [ignoring, signalled] = [start('i', 'ignore'), start('s', 'signal')];
  await Promise.all([ignoring, signalled].map((running) => running.until('stdout', /started/)));
  for (const name of ['i', 's']) {
    const taken = await sandbox.run('lock', 'takeover', name, '--reason', 'test', '--yes', '--confirm', name);
    expect(taken.code).toBe(0);
  }
  await ignoring.until('stderr', /the command goes on/);
  await signalled.until('stdout', /asked/);
  writeFileSync(join(sandbox.folder, 'go'), '');
  expect(await ignoring.ended).toMatchObject({ code: 5, stdout: 'started\n' });
  expect(await signalled.ended).toMatchObject({ code: 6, stdout: 'started\nasked\n' });
});

test('of many contenders never two run at once, and every one has a token of its own, ever higher', async () => {
  await using sandbox = new Sandbox();
  const log = join(sandbox.folder, 'log');
  appendFileSync(log, '');
  const script = 'echo "in $JOBCTL_FENCING_TOKEN" >> log; sleep 0.1; echo "out $JOBCTL_FENCING_TOKEN" >> log';
  const contend = () => sandbox.run('lock', 'run', 'l', '--lease', '5s', '--wait', '60s', '--', 'sh', '-c', script);
  const ended = await Promise.all(Array.from({ length: CONTENDERS }, contend));
  expect(ended.map(({ code }) => code)).toEqual(Array.from({ length: CONTENDERS }, () => 0));
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  const tokens = Array.from({ length: CONTENDERS }, (_, index) => index + 1);
  expect(lines).toEqual(tokens.flatMap((token) => [`in ${token}`, `out ${token}`]));
});

test('watch tells who got it, and ends with a signal', async () => {
  await using sandbox = new Sandbox();
  const watch = sandbox.start('lock', 'watch', 'l', '-o', 'jsonl');
  await watch.until('stdout', /"state":"free","token":0/);
  const holder = sandbox.start('lock', 'run', 'l', '--note', 'why', '--', 'cat');
  await watch.until('stdout', /"state":"held","token":1,"owner":"[^"]+","note":"why"/);
  holder.child.stdin?.end();
  await watch.until('stdout', /"state":"free","token":1/);
  watch.child.kill('SIGTERM');
  const { code, stdout } = await watch.ended;
  expect(code).toBe(143);
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { state: string }).state),
  ).toEqual(['free', 'held', 'free']);
});
