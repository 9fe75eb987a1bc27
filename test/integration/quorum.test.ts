// Two of three nodes hang: nothing is promised, nothing is lost, everybody says so within their time, and goes on by themselves.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { historyViews } from '../../src/core/job/view.ts';
import { parseJobId } from '../../src/core/model/ids.ts';
import { connect } from '../../src/index.ts';
import { openStore } from '../../src/store/open.ts';
import { Sandbox } from '../e2e/processes.ts';
import { describeThreeNodes } from '../support/real-cassandra.ts';
import { bucketOf, jobRow, sessionRow } from '../support/rows.ts';
import { FIXTURE_HANDLERS } from './handlers-file.ts';

const LOST = ['cassandra-2', 'cassandra-3'];
/** Connecting gives up after 10 s; the rest is a busy machine. */
const ANSWER_MAX_MS = 30_000;
/** A node that hangs is given up after 2 s. */
const HANGING_NODE_MS = 1_900;

describeThreeNodes('quorum', ({ url, nodes }) => {
  test('is lost and regained', async () => {
    await using sandbox = new Sandbox(url);
    const cluster = await nodes();
    const worker = await sandbox.worker('q1', { lease: '4s', handlers: FIXTURE_HANDLERS, metrics: true });
    const [, address] = await worker.until('stderr', /metrics on (\S+)\/metrics/);
    const readiness = async (): Promise<number> => (await fetch(`${address}/readyz`)).status;
    expect(await readiness()).toBe(200);
    const holder = sandbox.start('lock', 'run', 'held', '--lease', '4s', '--', 'sh', '-c', 'echo in; sleep 600');
    await holder.until('stdout', /in/);
    const file = join(sandbox.folder, 'go');
    await using store = await openStore(url);
    const interrupted = await sandbox.json<{ id: string }>(
      ...['submit', 'until-file', '--payload', JSON.stringify({ file })],
    );
    const isRunning = async (): Promise<boolean> => {
      const id = parseJobId(interrupted.id);
      return (await store.truthGet([id])).get(id)?.state === 'running';
    };
    await vi.waitUntil(isRunning, { timeout: ANSWER_MAX_MS, interval: 100 }).catch(async (cause: unknown) => {
      const why = await Promise.all([
        sandbox.run('job', 'explain', interrupted.id, '-o', 'json'),
        sandbox.run('lock', 'list', '--all', '-o', 'json'),
      ]);
      throw new Error(`the job does not run: ${why.map(({ stdout, stderr }) => stdout + stderr).join('\n')}`, {
        cause,
      });
    });

    for (const name of LOST) await cluster.pauseNode(name);
    const startedMs = performance.now();
    const commands = [
      ['submit', 'instant'],
      ['job', 'get', interrupted.id],
      ['lock', 'acquire', 'other'],
    ];
    for (const ended of await Promise.all(commands.map((argv) => sandbox.run(...argv)))) {
      expect(ended).toMatchObject({ code: 5, stdout: '' });
      expect(ended.stderr).toMatch(/^error: .*\n(?: .*\n)*hint: {2}/);
      expect(ended.stderr).not.toMatch(/\n {4}at /);
    }
    expect(performance.now() - startedMs).toBeLessThan(ANSWER_MAX_MS);
    // Nobody trusts what nobody confirms: the command under the lock is ended, the worker drops what it holds.
    expect((await holder.ended).code).toBe(6);
    await worker.until('stderr', /"event":"session.ended"/);
    expect(await readiness()).toBe(503);

    for (const name of LOST) await cluster.resumeNode(name);
    writeFileSync(file, '');
    await worker.until('stderr', /"event":"session.opened"(?:.*\n)+.*"event":"session.opened"/);
    expect(await readiness()).toBe(200);
    await using client = await connect({ store: url });
    const { id } = await client.submit({ type: 'instant' });
    expect((await client.wait(id)).state).toBe('succeeded');
    expect((await client.wait(interrupted.id)).state).toBe('succeeded');
    const history = historyViews(await store.attemptList(parseJobId(interrupted.id)));
    expect(history.map(({ state }) => state)).toEqual(['lost', 'succeeded']);
    expect((await sandbox.run('lock', 'acquire', 'held', '--wait', '30s')).code).toBe(0);
  });

  test('one of three hangs: statements that are sent for the first time wait for it only where it is asked itself', async () => {
    const cluster = await nodes();
    await using store = await openStore(url);
    await cluster.pauseNode('cassandra-3');
    const firstUses = [
      () => store.checkpointGet(bucketOf(0)),
      () => store.lockGet('none'),
      () => store.sessionGet(sessionRow().id),
      () => store.memberList('worker'),
      () => store.placementList(),
      () => store.scheduleGet('none'),
      () => store.keyGet('none', 'none'),
      () => store.attemptList(jobRow({ dueMs: 0 }).jobId),
    ];
    const waited: number[] = [];
    for (const use of firstUses) {
      const startedMs = performance.now();
      await use();
      waited.push(performance.now() - startedMs);
    }
    // Each of them when all nodes have to have it; a third of them, as it happens, when one is enough.
    expect(waited.filter((ms) => ms > HANGING_NODE_MS).length, waited.join()).toBeLessThan(firstUses.length);
  });
});
