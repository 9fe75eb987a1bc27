// Runs with a verdict on real nodes: one that holds, and one that a planted bug violates. (docs/chaos.md runs a zombie, which
// holds: documents.test.ts.)
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { describeThreeNodes } from '../support/real-cassandra.ts';
import { CLUSTER, chaosSandbox } from './chaos-sandbox.ts';

const CANARY_BIN = fileURLToPath(new URL('canaries/jobctl.ts', import.meta.url));
const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}.yaml`, import.meta.url));
const JSON_OUT = [...CLUSTER, '-o', 'json'] as const;
/** Starting the processes, the workload, and coming to rest, on a busy machine. */
const RUN_MAX_MS = 300_000;

interface Judged {
  readonly verdict: string;
  readonly why: string;
  readonly invariants: readonly { readonly id: string; readonly verdict: string; readonly why: string }[];
}

describeThreeNodes('chaos runs', ({ url, directory }) => {
  test(
    'a node is killed: everything holds, and the run can be judged and drawn again',
    async () => {
      await using sandbox = chaosSandbox(url, directory);
      const ran = await sandbox.run('chaos', 'run', fixture('kill-node'), '--seed', '7', '--out', 'kill', ...JSON_OUT);
      expect(ran.stderr).toMatch(/cassandra-\d is down, after/);
      const judged = JSON.parse(ran.stdout) as Judged;
      expect(judged, judged.why).toMatchObject({ verdict: 'held' });
      expect(ran.code).toBe(0);
      expect(await sandbox.json('chaos', 'check', 'kill')).toEqual(judged);
      const { html } = await sandbox.json<{ html: string }>('chaos', 'report', 'kill');
      expect(readFileSync(join(sandbox.folder, html), 'utf8')).toContain('<span class="verdict held">held</span>');
      expect(await sandbox.json('chaos', 'heal')).toEqual({ healed: null });
    },
    RUN_MAX_MS,
  );

  test(
    'submissions that are acknowledged and not made are found: a planted bug',
    async () => {
      await using sandbox = chaosSandbox(url, directory);
      const argv = ['chaos', 'run', fixture('no-fault'), '--seed', '7', ...JSON_OUT] as const;
      const broken = await execa(process.execPath, [CANARY_BIN, ...argv, '--out', 'broken'], {
        ...{ cwd: sandbox.folder, reject: false, env: { ...sandbox.env, JOBCTL_CANARY: 'lost-submit' } },
      });
      const { invariants } = JSON.parse(broken.stdout) as Judged;
      // Others may be unfinished when so short a run ends, but those were attempted.
      const lost = invariants.find(({ id }) => id === 'J1');
      expect(lost, broken.stderr).toMatchObject({
        verdict: 'violated',
        why: expect.stringContaining('never attempted'),
      });
      expect(broken.exitCode).toBe(6);
    },
    RUN_MAX_MS,
  );
});
