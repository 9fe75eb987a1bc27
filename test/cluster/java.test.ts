// Which Java is taken: one that Cassandra 5.0 supports, wherever it is; programs that print a version stand in for it.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { findJava, parseJavaVersion } from '../../src/cluster/process/java.ts';

const folder = mkdtempSync(join(tmpdir(), 'jobctl-java-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program at HOME/bin/java that says it is that version; returns HOME. */
const fakeJava = (home: string, version: string): string => {
  const bin = join(folder, home, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'java'), `#!/bin/sh\necho 'openjdk version "${version}"' >&2\n`);
  chmodSync(join(bin, 'java'), 0o755);
  return join(folder, home);
};

test.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['java version "11" 2018-09-25 LTS', 11],
  ['java version "1.8.0_402"', 8],
  ['openjdk version "25-ea" 2025-09-16', 25],
  ['openjdk version "21.0.2+13-LTS"', 21],
  ['Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "17"', 17],
  ['command not found', null],
])('%s', (text, version) => {
  expect(parseJavaVersion(text)).toBe(version);
});

describe('the search', () => {
  const old = fakeJava('old', '1.8.0_402');
  const fitting = fakeJava('fitting', '17.0.15');
  const eleven = fakeJava('eleven', '11.0.20');
  const recent = fakeJava('recent', '25');
  const installed = join(folder, 'installed');
  fakeJava('installed/a-21', '21.0.2');
  const last = fakeJava('installed/b-17', '17.0.1');

  test('takes JAVA_HOME before the PATH', async () => {
    expect(await findJava({ JAVA_HOME: eleven, PATH: join(fitting, 'bin') }, [])).toBe(join(eleven, 'bin/java'));
  });

  test('passes over what is too old or too new, and what is not there', async () => {
    const env = { JAVA_HOME: recent, PATH: ['/nowhere', join(old, 'bin'), join(fitting, 'bin')].join(':') };
    expect(await findJava(env, [])).toBe(join(fitting, 'bin/java'));
  });

  test('ends with the folders where they are installed', async () => {
    expect(await findJava({ PATH: join(recent, 'bin') }, [[installed, 'bin/java']])).toBe(join(last, 'bin/java'));
  });

  test('says what it found when none fits', async () => {
    await expect(findJava({ JAVA_HOME: recent, PATH: join(old, 'bin') }, [])).rejects.toMatchObject({
      code: 'CLUSTER_RUNTIME_MISSING',
      exitCode: 2,
      message: expect.stringContaining('Java 17 or 11'),
      detail: `${recent}/bin/java is Java 25\n${old}/bin/java is Java 8`,
      hint: expect.stringContaining('JAVA_HOME='),
    });
  });
});
