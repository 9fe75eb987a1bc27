// Everything at a glance, on three real nodes, one of which falls silent: each answers for itself.
import { expect, test, vi } from 'vitest';
import type { Overview } from '../../src/core/overview.ts';
import { openStore } from '../../src/store/open.ts';
import { Sandbox } from '../e2e/processes.ts';
import { describeThreeNodes } from '../support/real-cassandra.ts';

/** Until a node that hangs, or answers again, is seen to, ms. */
const SEEN_WITHIN_MS = 60_000;
const VICTIM = 'cassandra-2';

describeThreeNodes('everything at a glance', ({ url, nodes }) => {
  test('a node that falls silent is seen, and so is its return, by dash, status and doctor', async () => {
    await using sandbox = new Sandbox(url);
    await using store = await openStore(url);
    const cluster = await nodes();
    const rows = await store.nodeList();
    expect(rows.map(({ state }) => state)).toEqual(['up', 'up', 'up']);
    for (const { dc, version, clockOffsetMs, storedBytes } of rows) {
      expect([dc, version?.split('.')[0]]).toEqual(['dc1', '5']);
      expect(Math.abs(clockOffsetMs ?? Number.NaN)).toBeLessThan(1_000);
      expect(storedBytes).toBeGreaterThanOrEqual(0);
    }
    expect((await store.tableList()).map(({ table }) => table)).toContain('jobs_sharded');

    await cluster.pauseNode(VICTIM);
    try {
      const states = async () => (await store.nodeList()).map(({ state }) => state);
      await vi.waitFor(async () => expect(await states()).not.toEqual(['up', 'up', 'up']), { timeout: SEEN_WITHIN_MS });
      const { address } = (await store.nodeList()).find(({ state }) => state !== 'up') ?? {};
      expect(address).toBe(rows[1]?.address);
    } finally {
      await cluster.resumeNode(VICTIM);
    }
    await vi.waitFor(async () => expect((await store.nodeList()).every(({ state }) => state === 'up')).toBe(true), {
      timeout: SEEN_WITHIN_MS,
    });
    expect((await sandbox.run('dash', '--once')).stdout).toContain('nodes 3/3');
    expect((await sandbox.json<Overview>('status')).nodes.map(({ state }) => state)).toEqual(['up', 'up', 'up']);
    const doctor = await sandbox.run('doctor', '-o', 'json');
    expect([doctor.code, doctor.stdout]).toEqual([
      6,
      expect.stringMatching(/"nodes","ok":true,"detail":"3 up, version 5/),
    ]);
  });
});
