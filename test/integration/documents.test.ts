// The pages about Cassandra and chaos, as their readers run them, but on small nodes and for less time.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { openProcessCluster } from '../../src/cluster/process/cluster.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { runDocument } from '../e2e/documents.ts';
import { Sandbox } from '../e2e/processes.ts';
import { privatePlace } from '../support/private-place.ts';
import { describeOwnCluster, describeThreeNodes } from '../support/real-cassandra.ts';
import { chaosSandbox } from './chaos-sandbox.ts';

const ZOMBIE = fileURLToPath(new URL('fixtures/zombie-worker.yaml', import.meta.url));
const PAGE_MAX_MS = 300_000;
/** A row that was missed while reads failed for 15 s is found when its slot is closed, up to 75 s later (src/core/worker/auditor.ts). */
const LATEST_START = '100s';

describeThreeNodes('documents', ({ url, directory }) => {
  test('the commands of docs/cassandra.md', async () => {
    await using sandbox = new Sandbox(url);
    const instead = { 'cassandra://10.0.0.1,10.0.0.2/jobctl?dc=dc1': url };
    await runDocument(sandbox, { name: 'docs/cassandra.md', instead });
  });

  test(
    'the commands of docs/chaos.md, while jobs run: none is lost, and everything is whole again',
    async () => {
      await using sandbox = chaosSandbox(url, directory, 'jobctl');
      const worker = await sandbox.worker('w1', { lease: '10s' }); // as it is for readers of the page
      const page = runDocument(sandbox, {
        name: 'docs/chaos.md',
        instead: {
          'jobctl cluster up --runtime process --nodes 3': '', // it is up
          '--duration 30s': '--duration 12s',
          'run zombie-worker --seed': `run ${ZOMBIE} --seed`,
        },
      });
      const lines = Array.from({ length: 200 }, (_, n) => JSON.stringify({ type: 'report.build', payload: { n } }));
      const submitted = await sandbox.pipe(lines.join('\n'), 'submit', '-f', '-', '-o', 'name');
      expect(submitted.code, submitted.stderr).toBe(0);
      const waited = await sandbox.pipe(submitted.stdout, 'job', 'wait', '-', '--wait-timeout', LATEST_START);
      const [, late = ''] = /job (\w{26}) is still/.exec(waited.stderr) ?? [];
      const unrest = worker.lines('stderr', /"event":"(session|bucket|loop)\./).join('\n');
      const why = late === '' ? '' : `${(await sandbox.run('job', 'explain', late)).stdout}${unrest}`;
      const stdout = await page; // in any case: ended in the middle it would leave a run's workers behind, for the next test
      expect(waited.code, `${waited.stderr}${why}`).toBe(0);
      expect(stdout).toMatch(
        /^kill-node cassandra-\d: [\s\S]*everything seen to be whole[\s\S]*^I7 +held[\s\S]*^J1 +held/m,
      );
      expect(existsSync(join(sandbox.folder, 'out/zombie/report.html'))).toBe(true);
      expect(await sandbox.json('chaos', 'heal')).toEqual({ healed: null });
    },
    PAGE_MAX_MS,
  );
});

describeOwnCluster('documents of a cluster of their own', () => {
  const state = mkdtempSync(join(tmpdir(), 'jobctl-documents-'));
  const directory = join(state, 'jobctl/clusters/jobctl');
  // Whatever the page left running.
  afterAll(async () => {
    const cluster = await openProcessCluster({ directory, clock: systemClock });
    await cluster?.[Symbol.asyncDispose]();
    rmSync(state, { recursive: true, force: true });
  });

  test(
    'the commands of docs/cluster.md',
    async () => {
      await using sandbox = new Sandbox();
      const [first = ''] = privatePlace('documents', 2).addresses;
      sandbox.env = { XDG_STATE_HOME: state };
      const stdout = await runDocument(sandbox, {
        name: 'docs/cluster.md',
        instead: {
          'jobctl cluster up                       #': '#', // no image of a container can be pulled for a test
          'cluster up --runtime process': `cluster up --runtime process --nodes 1 --heap 512m --first-address ${first}`,
          '127.0.0.1,127.0.0.2,127.0.0.3': first,
          '--rf 3': '--rf 1',
          'cassandra-2 -F': 'cassandra-1 --lines 5',
          '--nodes 5          # and back: --nodes 3': '--nodes 2; jobctl cluster scale --nodes 1',
          '--volumes ': '--volumes --yes --confirm jobctl ',
        },
      });
      expect(stdout).toMatch(/^cassandra-2 .* UN +up .*[\s\S]*cluster\/jobctl deleted/m);
      expect(existsSync(directory)).toBe(false);
    },
    PAGE_MAX_MS,
  );
});
