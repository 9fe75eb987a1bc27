// The pages that measure and simulate, as their readers run them, but for less time. What needs Cassandra is in test/integration.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runDocument } from './documents.ts';
import { Sandbox } from './processes.ts';

const BRIEFLY = '--reps 1 --duration 300ms --jobs 300';

test('the commands of docs/bench.md', async () => {
  await using sandbox = new Sandbox();
  const stdout = await runDocument(sandbox, {
    name: 'docs/bench.md',
    instead: {
      'bench --out results.csv': `bench ${BRIEFLY} --out results.csv`,
      // A reader has one of an earlier day.
      'npx jobctl bench compare': `cp results.csv base.csv; cp results.meta.json base.meta.json\nnpx jobctl bench compare`,
      // Redis and PostgreSQL are not installed for a test; the script itself is run.
      '--out peers.csv':
        '--only jobctl --no-cassandra --work submit,drain --reps 1 --seconds 0.3 --jobs 300 --out "$PWD/peers.csv"',
    },
  });
  expect(stdout).toMatch(/^SCENARIO [\s\S]*^drain: drain, jobs\/s +[\d,]+$/m);
  for (const name of ['results.html', 'peers.csv']) expect(existsSync(join(sandbox.folder, name)), name).toBe(true);
});

test('the commands of docs/simulation.md', async () => {
  await using sandbox = new Sandbox();
  const stdout = await runDocument(sandbox, {
    name: 'docs/simulation.md',
    instead: {
      '--seeds 2000': '--seeds 4',
      // Minutes; test/simulation plants them all.
      'npm run simulate -- --canaries': '',
      '--seed 1 --shrink': '--seed 1 --shrink || [ $? = 6 ]', // it is caught
    },
  });
  expect(stdout).toContain('1 steps are enough for I7');
});
