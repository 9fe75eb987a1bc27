// Workers are killed, drained and paused again and again while jobs come in: every acknowledged job still reaches its
// outcome (I3), and the fences of its attempts only grow (I2).
import { expect, test } from 'vitest';
import { parseJobId } from '../../src/core/model/ids.ts';
import { openStore } from '../../src/store/open.ts';
import { type Running, Sandbox } from './processes.ts';

const ROUNDS = 6;
const JOBS_PER_ROUND = 60;
const WORKERS = 3;
/** Longer than the lease of a second: whoever is paused so long has lost its buckets when it wakes. */
const PAUSE_MS = 2_500;

test('jobs survive workers that are killed, drained and paused', async () => {
  await using sandbox = new Sandbox();
  let started = 0;
  const start = (): Promise<Running> => {
    started += 1;
    return sandbox.worker(`w${started}`, { lease: '1s' });
  };
  const workers = await Promise.all(Array.from({ length: WORKERS }, start));
  const names: string[] = [];
  const paused: Promise<void>[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const lines = Array.from({ length: JOBS_PER_ROUND }, (_, index) => JSON.stringify(jobLine(index)));
    const { stdout, code } = await sandbox.pipe(lines.join('\n'), 'submit', '-f', '-', '-o', 'name');
    expect(code).toBe(0);
    names.push(...stdout.trim().split('\n'));
    const [victim] = workers.splice(0, 1);
    if (round % 3 === 0) victim?.child.kill('SIGKILL');
    else if (round % 3 === 1) victim?.child.kill('SIGTERM');
    else if (victim !== undefined) paused.push(pause(victim));
    workers.push(await start());
  }
  const waited = await sandbox.pipe(names.join('\n'), 'job', 'wait', '-', '--wait-timeout', '60s', '-o', 'json');
  expect(waited.code, waited.stderr).toBe(0);
  await Promise.all(paused);
  await using store = await openStore(sandbox.url);
  let lost = 0;
  for (const id of names.map(parseJobId)) {
    const rows = (await store.attemptList(id)).toReversed();
    expect(rows.at(-1)?.state).toBe('succeeded');
    lost += rows.filter(({ state }) => state === 'lost').length;
    const tokens = rows.map(({ fence }) => Math.floor(fence / 2 ** 20));
    expect(tokens).toEqual(tokens.toSorted((left, right) => left - right));
  }
  expect(names).toHaveLength(ROUNDS * JOBS_PER_ROUND);
  expect(lost).toBeGreaterThan(0);
});

const backoff = { kind: 'fixed', base: '100ms' };
const jobLine = (index: number): object =>
  index % 2 === 0
    ? { type: 'report.build', payload: { pages: 1 + (index % 20) }, maxAttempts: 50, backoff }
    : { type: 'flaky', payload: { failures: index % 3 }, maxAttempts: 50, backoff };

const pause = async ({ child }: Running): Promise<void> => {
  child.kill('SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  child.kill('SIGCONT');
};
