// Nodes are broken by `jobctl chaos`, while jobs run: every job reaches its outcome, and the cluster is whole afterwards.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { describeThreeNodes } from '../support/real-cassandra.ts';
import { CLUSTER, chaosSandbox } from './chaos-sandbox.ts';

const HEALED_MAX_MS = 60_000;

describeThreeNodes('chaos', ({ url, directory, nodes }) => {
  test('a node is killed for a while, and no job is lost', async () => {
    await using sandbox = chaosSandbox(url, directory);
    await sandbox.worker('w1');
    const breaking = sandbox.start('chaos', 'kill-node', ...CLUSTER, '--duration', '12s', '--seed', '7', '-o', 'json');
    await breaking.until('stderr', /killing cassandra-\d/);
    const lines = Array.from({ length: 200 }, (_, n) => JSON.stringify({ type: 'report.build', payload: { n } }));
    const submitted = await sandbox.pipe(lines.join('\n'), 'submit', '-f', '-', '-o', 'name');
    expect(submitted.code, submitted.stderr).toBe(0);
    const waited = await sandbox.pipe(submitted.stdout, 'job', 'wait', '-', '--wait-timeout', '60s');
    expect(waited.code, waited.stderr).toBe(0);
    const ended = await breaking.ended;
    expect(ended.code, ended.stderr).toBe(0);
    expect(JSON.parse(ended.stdout)).toMatchObject({ fault: 'kill-node' });
    expect(ended.stderr).toMatch(/everything is whole, and seen so/);
    expect(await sandbox.json('chaos', 'heal')).toEqual({ healed: null });
  });

  test('the node goes on although the command that froze it is killed', async () => {
    await using sandbox = chaosSandbox(url, directory);
    const target = ['--target', 'cassandra-2', '--duration', '10m'];
    const breaking = sandbox.start('chaos', 'pause-node', ...CLUSTER, ...target);
    await breaking.until('stderr', /pausing cassandra-2/);
    const cluster = await nodes();
    const stateOf = () => cluster.processState('cassandra-2');
    await vi.waitUntil(async () => (await stateOf()) === 'paused', { timeout: HEALED_MAX_MS, interval: 50 });
    breaking.child.kill('SIGKILL');
    await vi.waitUntil(async () => (await stateOf()) === 'up', { timeout: HEALED_MAX_MS, interval: 50 });
    const active = join(sandbox.folder, 'state/jobctl/chaos/active.json');
    await vi.waitUntil(() => !existsSync(active), { timeout: HEALED_MAX_MS, interval: 500 });
    expect(await sandbox.json('chaos', 'heal')).toEqual({ healed: null });
  });
});
