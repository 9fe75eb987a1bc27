// Owners that die, and owners that sleep longer than their lease, on real nodes.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { ownerMap } from '../../src/core/job/owners.ts';
import { historyViews } from '../../src/core/job/view.ts';
import { type JobId, parseJobId } from '../../src/core/model/ids.ts';
import type { Store } from '../../src/core/ports/store.ts';
import { connect, type Jobctl } from '../../src/index.ts';
import { openStore } from '../../src/store/open.ts';
import { type Running, Sandbox } from '../e2e/processes.ts';
import { describeThreeNodes } from '../support/real-cassandra.ts';
import { FIXTURE_HANDLERS } from './handlers-file.ts';
import { outcomesSeenBy } from './outcomes.ts';

const JOBS = 64;
const LEASE_MS = 4_000;
/** A lease and its margin until the session is ended, and then some for the takeover of sixteen buckets on a busy machine. */
const TAKEOVER_MAX_MS = LEASE_MS * 1.1 + 20_000;
const SLEEPY = 'cassandra-3';
/** The test before may have left nodes that have just started, and everything on them is slow. */
const RUNNING_WITHIN_MS = 120_000;

const startWorker = (sandbox: Sandbox, id: string): Promise<Running> =>
  sandbox.worker(id, { lease: `${LEASE_MS}ms`, handlers: FIXTURE_HANDLERS });

describeThreeNodes('takeover', ({ url, nodes }) => {
  /** Submits jobs that run until the file is there, and waits until all of them run. */
  const submitRunning = async (client: Jobctl, store: Store, file: string): Promise<readonly JobId[]> => {
    const jobs = await Promise.all(
      Array.from({ length: JOBS }, () => client.submit({ type: 'until-file', payload: { file } })),
    );
    const ids = jobs.map(({ id }) => parseJobId(id));
    const running = async (): Promise<number> =>
      [...(await store.truthGet(ids)).values()].filter(({ state }) => state === 'running').length;
    try {
      await vi.waitUntil(async () => (await running()) === JOBS, { timeout: RUNNING_WITHIN_MS, interval: 200 });
    } catch {
      // Who owns what tells whether the buckets or the jobs are late.
      const { buckets } = await ownerMap(store);
      const owners = buckets.map(({ bucket, owner, token }) => `${bucket}: ${owner} (${token})`).join(', ');
      throw new Error(`${await running()} of ${JOBS} jobs run after ${RUNNING_WITHIN_MS} ms; owners ${owners}`);
    }
    return ids;
  };

  test('jobs of a worker that was killed run again elsewhere, after its lease', async () => {
    await using sandbox = new Sandbox(url);
    await using client = await connect({ store: url });
    await using store = await openStore(url);
    const file = join(sandbox.folder, 'go');
    const first = await startWorker(sandbox, 'k1');
    const ids = await submitRunning(client, store, file);
    first.child.kill('SIGKILL');
    const killedMs = performance.now();
    await startWorker(sandbox, 'k2');
    writeFileSync(file, '');
    await Promise.all(ids.map((id) => client.wait(id)));
    expect(performance.now() - killedMs).toBeLessThan(TAKEOVER_MAX_MS);
    for (const id of ids) {
      const history = historyViews(await store.attemptList(id));
      expect(history.map(({ state, worker }) => [state, worker])).toEqual([
        ['lost', 'k1'],
        ['succeeded', 'k2'],
      ]);
    }
  });

  test('what a worker sent before it fell asleep, and came late, is kept as rejected and never becomes the truth', async () => {
    await using sandbox = new Sandbox(url);
    await using client = await connect({ store: url });
    await using store = await openStore(url);
    const cluster = await nodes();
    const file = join(sandbox.folder, 'go');
    const zombie = await startWorker(sandbox, 'z1');
    const ids = await submitRunning(client, store, file);
    await using seen = await outcomesSeenBy(url, 'cassandra-1', cluster);

    // A third of the outcomes goes to a node that sleeps, and is on its way when their worker falls asleep too.
    await cluster.pauseNode(SLEEPY);
    writeFileSync(file, '');
    await vi.waitUntil(() => seen.some(ids), { timeout: 20_000, interval: 5 });
    zombie.child.kill('SIGSTOP');
    await startWorker(sandbox, 'z2');
    await Promise.all(ids.map((id) => client.wait(id)));
    const before = await Promise.all(ids.map((id) => store.attemptList(id)));
    await cluster.resumeNode(SLEEPY);
    zombie.child.kill('SIGCONT');
    await zombie.until('stderr', /"event":"session.ended"/);

    const isRejected = async (): Promise<boolean> => {
      const histories = await Promise.all(ids.map(async (id) => historyViews(await store.attemptList(id))));
      return histories.some((history) => history.some(({ state, worker }) => state === 'rejected' && worker === 'z1'));
    };
    await vi.waitUntil(isRejected, { timeout: 60_000, interval: 500 });
    const after = await Promise.all(ids.map((id) => store.attemptList(id)));
    expect(after.map(([truth]) => truth)).toEqual(before.map(([truth]) => truth));
    for (const [truth] of after) expect(truth?.state).toBe('succeeded');
  });
});
