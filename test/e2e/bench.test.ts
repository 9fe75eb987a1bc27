// Benchmarks as their users run them, on the embedded store: short ones, to see that they measure and check; what they find here is
// of no account.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseResults } from '../../src/bench/results/table.ts';
import { Sandbox } from './processes.ts';

const SHORT = ['--reps', '1', '--duration', '300ms', '--jobs', '300'];

test('bench writes, shows, compares and draws what it measured, and leaves nothing else', async () => {
  await using sandbox = new Sandbox('sqlite:jobs.db');
  const scenarios = ['submit', 'e2e', 'drain', 'lock-uncontended', 'retry-storm'];
  const files = ['--out', 'results.csv', '--hdr-out', 'results.hlog'];
  const ran = await sandbox.run('bench', ...scenarios, ...SHORT, ...files);
  expect(ran.code, ran.stderr + ran.stdout).toBe(0);
  expect(ran.stdout).toMatch(/^SCENARIO .*\nsubmit /);
  const file = join(sandbox.folder, 'results.csv');
  const rows = parseResults(readFileSync(file, 'utf8'), file);
  expect([...new Set(rows.map(({ scenario }) => scenario))]).toEqual(scenarios);
  const share = rows.filter(({ metric }) => metric === 'share-of-ceiling').map(({ value }) => Number(value));
  expect(share).toHaveLength(2); // of submit and drain
  for (const each of share) expect(each).toBeGreaterThan(0);
  const meta = JSON.parse(readFileSync(join(sandbox.folder, 'results.meta.json'), 'utf8'));
  expect(meta).toMatchObject({ store: { kind: 'embedded' }, suite: { name: 'smoke', reps: 1 } });
  expect(readFileSync(join(sandbox.folder, 'results.series.csv'), 'utf8')).toContain(
    ',e2e,rate=200;workers=1,1,0,response,',
  );
  const hlog = readFileSync(join(sandbox.folder, 'results.hlog'), 'utf8');
  expect(hlog).toMatch(/^Tag=e2e\/start;rate=200;workers=1;phase=measure;rep=1,[\d.]+,[\d.]+,[\d.]+,HISTF/m);

  const shown = await sandbox.run('bench', 'show', 'results.csv');
  expect(shown.stdout).toBe(ran.stdout);
  const same = await sandbox.run('bench', 'compare', 'results.csv', 'results.csv');
  expect(same.code, same.stderr).toBe(0);
  expect(await sandbox.json('bench', 'report', 'results.csv')).toEqual({ html: 'results.html', png: null });
  expect(readFileSync(join(sandbox.folder, 'results.html'), 'utf8')).toContain('<h2>drain</h2>');
  expect(readdirSync(sandbox.folder).filter((name) => name.startsWith('.jobctl-bench'))).toEqual([]);
  expect(existsSync(join(sandbox.folder, 'jobs.db'))).toBe(false); // nobody's jobs were touched
});

test.each(['--out', '--hdr-out'])('what is no results file is not written over: %s', async (option) => {
  await using sandbox = new Sandbox('sqlite:jobs.db');
  await sandbox.shell('echo mine > results.csv', {});
  const refused = await sandbox.run('bench', 'startup', ...SHORT, option, 'results.csv');
  expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining('is there, and holds something else') });
  expect(readFileSync(join(sandbox.folder, 'results.csv'), 'utf8')).toBe('mine\n');
});
