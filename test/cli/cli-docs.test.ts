// docs/cli and the manual pages are what the commands say of themselves.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { cliDocs } from '../../infra/cli-docs.ts';
import { GLOBAL_FLAGS } from '../../src/commands/global-flags.ts';
import { TOPICS } from '../../src/commands/help.ts';
import { topics } from '../../src/commands/topics.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const docs = cliDocs();

test('they are up to date: npm run docs', () => {
  const found = ['docs/cli', 'man'].flatMap((folder) =>
    readdirSync(`${ROOT}${folder}`).map((file) => `${folder}/${file}`),
  );
  expect(found.sort()).toEqual([...docs.keys()].sort());
  for (const [path, text] of docs) expect(readFileSync(`${ROOT}${path}`, 'utf8'), path).toBe(text);
});

test('every topic that help names is there, and none else', () => {
  expect(Object.keys(topics(GLOBAL_FLAGS)).sort()).toEqual([...TOPICS, 'flags'].sort());
});

const hasMandoc = spawnSync('man', ['--version']).status === 0;

test.skipIf(!hasMandoc)(`man reads them without a warning${hasMandoc ? '' : ' (man is not installed)'}`, () => {
  for (const path of docs.keys()) {
    if (!path.startsWith('man/')) continue;
    const { status, stderr, stdout } = spawnSync('man', ['--warnings', '-E', 'UTF-8', '-l', `${ROOT}${path}`], {
      ...{ encoding: 'utf8', env: { ...process.env, MANWIDTH: '100', MAN_KEEP_FORMATTING: '' } },
    });
    expect([status, stderr], path).toEqual([0, '']);
    expect(stdout).toContain('jobctl');
  }
});
