// A newcomer's session with real processes: a hundred jobs of three types, two workers, one of them killed in the middle.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Sandbox } from './processes.ts';

const LEASE_MS = 2_000;
/** Detection adds a tenth of the lease, taking over and running again the rest; generous on a busy machine. */
const FEW_SECONDS_MS = 10_000;

interface JobView {
  readonly id: string;
  readonly type: string;
  readonly state: string;
  readonly attempts: readonly {
    readonly number: number;
    readonly state: string;
    readonly worker: string;
    readonly fence: number;
  }[];
}

const backoff = { kind: 'fixed', base: '100ms' };
const jobLine = (index: number): object => {
  if (index % 3 === 0) return { type: 'report.build', payload: { pages: 20 } };
  if (index % 3 === 1) return { type: 'exec', payload: { command: ['sh', '-c', 'sleep 1; echo hi'] } };
  return { type: 'broken', payload: null, maxAttempts: 2, backoff };
};

test('every job reaches its outcome although a worker is killed, and the dead ones can be replayed', async () => {
  await using sandbox = new Sandbox();
  const workers = [await sandbox.worker('w1'), await sandbox.worker('w2')] as const;
  const lines = Array.from({ length: 100 }, (_, index) => JSON.stringify(jobLine(index)));
  writeFileSync(join(sandbox.folder, 'jobs.jsonl'), lines.join('\n'));
  const submitted = await sandbox.run('submit', '-f', 'jobs.jsonl', '-o', 'name');
  expect(submitted.code).toBe(0);
  const names = submitted.stdout.trim().split('\n');
  expect(new Set(names).size).toBe(100);

  const victim = await busiest(sandbox, workers);
  victim.worker.child.kill('SIGKILL');
  const killedMs = performance.now();
  const waited = await sandbox.pipe(submitted.stdout, 'job', 'wait', '-', '--wait-timeout', '60s', '-o', 'json');
  expect(waited.code).toBe(11); // some are dead letters
  expect(performance.now() - killedMs).toBeLessThan(LEASE_MS + FEW_SECONDS_MS);

  const jobs = await Promise.all(
    chunks(names, 25).map((ids) => sandbox.json<{ items: readonly JobView[] }>('job', 'get', ...ids)),
  );
  const views = jobs.flatMap(({ items }) => items);
  const count = (state: string): number => views.filter((job) => job.state === state).length;
  expect([count('succeeded'), count('dlq')]).toEqual([67, 33]);
  const lost = views.filter(({ attempts }) => attempts.some(({ state }) => state === 'lost'));
  expect(lost.length).toBeGreaterThan(0);
  for (const { attempts } of lost) {
    expect(attempts.find(({ state }) => state === 'lost')?.worker).toBe(victim.id);
    expect(attempts.at(-1)?.state).toMatch(/succeeded|dead/);
    const fences = attempts.map(({ fence }) => fence);
    expect(fences).toEqual(fences.toSorted((left, right) => left - right));
  }

  const dead = await sandbox.run('dlq', 'list', '-o', 'name', '--limit', '3');
  const retried = await sandbox.pipe(dead.stdout, 'dlq', 'retry', '-');
  expect(retried.code, retried.stderr).toBe(0);
  const again = await sandbox.pipe(dead.stdout, 'job', 'wait', '-', '--wait-timeout', '30s');
  expect(again.code).toBe(11);
  const replayed = await sandbox.json<JobView>('job', 'get', dead.stdout.split('\n')[0] ?? '');
  expect(replayed.attempts.map(({ number }) => number).slice(-4)).toEqual([1, 2, 1, 2]);

  const survivor = workers.find((worker) => worker !== victim.worker);
  survivor?.child.kill('SIGTERM');
  expect((await survivor?.ended)?.code).toBe(0);
});

test('explain says why a job waits, and a cancelled one never runs', async () => {
  await using sandbox = new Sandbox();
  const { id } = await sandbox.json<{ id: string }>('submit', 'exec', '--payload', '{"command":["true"]}');
  expect((await sandbox.run('job', 'explain', id)).stdout).toMatch(/no worker owns its bucket/);
  const later = await sandbox.json<{ id: string }>(
    'submit',
    'exec',
    '--payload',
    '{"command":["true"]}',
    '--delay',
    '1h',
  );
  expect((await sandbox.run('job', 'explain', later.id)).stdout).toMatch(/it is due at .* in 3[56]\d\d\.\d s/);
  const worker = await sandbox.worker('w1');
  expect((await sandbox.run('job', 'wait', id, '--wait-timeout', '30s')).code).toBe(0);
  expect((await sandbox.run('job', 'cancel', later.id)).stdout).toMatch(/cancelled/);
  worker.child.kill('SIGTERM');
  expect((await worker.ended).code).toBe(0);
});

test('a killed submitter has lost no job that it acknowledged', async () => {
  await using sandbox = new Sandbox();
  const line = JSON.stringify({ type: 'exec', payload: { command: ['true'] } });
  writeFileSync(join(sandbox.folder, 'jobs.jsonl'), `${line}\n`.repeat(200_000));
  const submitter = sandbox.start('submit', '-f', 'jobs.jsonl', '-o', 'name');
  await submitter.until('stdout', /(?:job\/\w{26}\n){1000}/);
  submitter.child.kill('SIGKILL');
  const { stdout, signal } = await submitter.ended;
  expect(signal).toBe('SIGKILL');
  const names = stdout.split('\n').slice(0, -1);
  expect(names.length).toBeGreaterThanOrEqual(1_000);
  expect(names.length).toBeLessThan(200_000);
  const { openStore } = await import('../../src/store/open.ts');
  const { parseJobId } = await import('../../src/core/model/ids.ts');
  await using store = await openStore(sandbox.url);
  expect((await store.jobGet(names.map(parseJobId))).size).toBe(names.length);
});

test('dev --demo shows jobs that succeed, are retried and die, and exits 0', async () => {
  await using sandbox = new Sandbox();
  const { code, stdout } = await sandbox.run('dev', '--demo', '-o', 'json');
  expect(code).toBe(0);
  const { items } = JSON.parse(stdout) as {
    readonly items: readonly { readonly state: string; readonly attempt: number }[];
  };
  expect(items.map(({ state }) => state).toSorted()).toEqual(['dlq', 'succeeded', 'succeeded', 'succeeded']);
  expect(items.some(({ state, attempt }) => state === 'succeeded' && attempt === 2)).toBe(true);
});

test('npx passes SIGTERM on to the worker, which drains and exits 0', async () => {
  await using sandbox = new Sandbox();
  const npx = sandbox.startNpx('jobctl', 'worker', '--buckets', '0-15', '--handlers', 'examples/handlers.ts');
  await npx.until('stderr', /worker .*: buckets 0-15/);
  const { id } = await sandbox.json<{ id: string }>('submit', 'exec', '--payload', '{"command":["sleep","1"]}');
  await npx.until('stderr', /"event":"bucket.owned"/);
  while ((await sandbox.json<JobView>('job', 'get', id)).state !== 'running');
  npx.child.kill('SIGTERM');
  expect((await npx.ended).code).toBe(0);
  expect((await sandbox.json<JobView>('job', 'get', id)).state).toBe('succeeded');
});

/** The one that runs most now; a job list is the only thing that knows. */
const busiest = async (
  sandbox: Sandbox,
  workers: readonly [Awaited<ReturnType<Sandbox['worker']>>, Awaited<ReturnType<Sandbox['worker']>>],
) => {
  for (;;) {
    const { items } = await sandbox.json<{ items: readonly { readonly id: string }[] }>(
      'job',
      'list',
      '--state',
      'running',
      '--limit',
      '20',
    );
    if (items.length < 2) continue;
    // One process for all: by the time that several have started, the jobs are over.
    const ids = items.map(({ id }) => id);
    const { items: running } = await sandbox.json<{ items: readonly JobView[] }>('job', 'get', ...ids);
    const owners = running
      .filter(({ state }) => state === 'running')
      .map(({ attempts }) => attempts.at(-1)?.worker ?? '');
    for (const [index, worker] of workers.entries()) {
      const id = `w${index + 1}`;
      if (owners.filter((owner) => owner === id).length >= 2) return { id, worker };
    }
  }
};

const chunks = <Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
