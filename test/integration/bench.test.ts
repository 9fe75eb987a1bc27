// Benchmarks on real nodes: short ones, to see that they measure and check, also while a node hangs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseResults } from '../../src/bench/results/table.ts';
import { describeThreeNodes } from '../support/real-cassandra.ts';
import { chaosSandbox } from './chaos-sandbox.ts';

describeThreeNodes('bench', ({ url, directory }) => {
  test('a backlog and its ceiling, in a keyspace of its own', async () => {
    await using sandbox = chaosSandbox(url, directory);
    const ran = await sandbox.run('bench', 'drain', '--reps', '1', '--jobs', '500', '--out', 'c.csv');
    expect(ran.code, ran.stderr + ran.stdout).toBe(0);
    const file = join(sandbox.folder, 'c.csv');
    const rows = parseResults(readFileSync(file, 'utf8'), file);
    expect(rows.map(({ metric }) => metric)).toEqual(
      expect.arrayContaining(['throughput', 'ceiling', 'share-of-ceiling']),
    );
    expect(rows.every(({ store, valid }) => store === 'cassandra' && valid === 'true')).toBe(true);
    const meta = JSON.parse(readFileSync(join(sandbox.folder, 'c.meta.json'), 'utf8'));
    expect(meta.store).toMatchObject({ kind: 'cassandra', nodes: 3, version: expect.stringMatching(/^5\./) });
  });
});
