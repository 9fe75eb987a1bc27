// What `jobctl chaos` broke is mended whatever becomes of the command. That it breaks and mends: docs/chaos.md, in documents.test.ts.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { describeThreeNodes } from '../support/real-cassandra.ts';
import { CLUSTER, chaosSandbox } from './chaos-sandbox.ts';

const HEALED_MAX_MS = 60_000;

describeThreeNodes('chaos', ({ url, directory, nodes }) => {
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
