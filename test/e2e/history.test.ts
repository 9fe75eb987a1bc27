// A worker that takes over a file with a long history, and no checkpoint that says how much of it is settled.
import { expect, test } from 'vitest';
import { writeFinished } from '../../src/bench/finished.ts';
import { openStore } from '../../src/store/open.ts';
import { Sandbox } from './processes.ts';

/** Takes longer to look through than the shortest lease. */
const FINISHED = 150_000;

test('reads it without losing its session, and then runs what is new', async () => {
  await using sandbox = new Sandbox();
  const { signal } = new AbortController();
  {
    await using store = await openStore(sandbox.url);
    const nowMs = await store.wallMs();
    await writeFinished(store, { jobs: FINISHED, nowMs, signal, isSettled: false, progress: () => {} });
  }
  const worker = await sandbox.worker('w1', { lease: '1s' });
  const { stdout: id } = await sandbox.run('submit', 'report.build', '--payload', '{}', '-o', 'name');
  const waited = await sandbox.run('job', 'wait', id.trim());
  expect(waited.code, waited.stderr).toBe(0);
  expect(worker.count('stderr', 'session.ended')).toBe(0);
});
