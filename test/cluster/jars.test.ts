// Where Cassandra's jars come from. Programs named mvn stand in for Maven: one that works, one that breaks off halfway.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { CASSANDRA_VERSION, distributionJars, mavenJars } from '../../src/cluster/process/jars.ts';

const folder = mkdtempSync(join(tmpdir(), 'jobctl-jars-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const JAR = `cassandra-all-${CASSANDRA_VERSION}.jar`;
const reported: string[] = [];
const report = (text: string): void => void reported.push(text);

/** An environment with its own cache, and with a program `mvn` that runs this script in the folder of the pom. */
const environment = (name: string, script: string | null) => {
  const bin = join(folder, name, 'bin');
  mkdirSync(bin, { recursive: true });
  if (script !== null) {
    writeFileSync(join(bin, 'mvn'), `#!/bin/sh\ntest -f pom.xml || exit 9\n${script}\n`);
    chmodSync(join(bin, 'mvn'), 0o755);
  }
  const cache = join(folder, name, 'cache');
  const system = script === null ? '' : ':/usr/bin:/bin';
  return { env: { XDG_CACHE_HOME: cache, PATH: `${bin}${system}` }, cache: join(cache, 'jobctl/cassandra') };
};

describe('from Maven', () => {
  test('once: the second time they are in the cache', async () => {
    const { env, cache } = environment('works', `mkdir lib && touch lib/${JAR}`);
    const jars = await mavenJars({ env, report });
    expect(jars).toBe(join(cache, CASSANDRA_VERSION, 'lib'));
    expect(readdirSync(jars)).toEqual([JAR]);
    const second = await mavenJars({ env: { ...env, PATH: '/nowhere' }, report });
    expect([second, reported.length, readdirSync(cache)]).toEqual([jars, 1, [CASSANDRA_VERSION]]);
  });

  test('half a download is not used', async () => {
    const { env, cache } = environment('breaks', `mkdir lib && touch lib/${JAR} && echo 'no route to host' && exit 1`);
    await expect(mavenJars({ env, report })).rejects.toMatchObject({
      code: 'CLUSTER_COMMAND_FAILED',
      exitCode: 5,
      detail: 'no route to host',
      hint: expect.stringContaining('--cassandra-home'),
    });
    expect(readdirSync(cache)).toEqual([]);
  });

  test('two at the same time do no harm', async () => {
    const { env } = environment('twice', `mkdir lib && touch lib/${JAR}`);
    const found = await Promise.all([mavenJars({ env, report }), mavenJars({ env, report })]);
    expect(new Set(found).size).toBe(1);
    expect(existsSync(join(found[0] ?? '', JAR))).toBe(true);
  });

  test('says so when there is no Maven', async () => {
    const { env } = environment('none', null);
    await expect(mavenJars({ env, report })).rejects.toMatchObject({ code: 'CLUSTER_RUNTIME_MISSING', exitCode: 2 });
  });
});

describe('from an unpacked distribution', () => {
  const distribution = (name: string, jar: string): string => {
    mkdirSync(join(folder, name, 'lib'), { recursive: true });
    writeFileSync(join(folder, name, 'lib', jar), '');
    return join(folder, name);
  };

  test('its lib folder', async () => {
    const cassandraHome = distribution('apache-cassandra-5.0.6', 'apache-cassandra-5.0.6.jar');
    expect(await distributionJars(cassandraHome)).toBe(join(cassandraHome, 'lib'));
  });

  test.each([
    [
      'an older one',
      () => distribution('apache-cassandra-4.1.7', 'apache-cassandra-4.1.7.jar'),
      'it is Cassandra 4.1.7',
    ],
    ['another folder', () => join(folder, 'nothing'), 'apache-cassandra-*.jar'],
  ])('%s is refused', async (_, home, says) => {
    await expect(distributionJars(home())).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      detail: expect.stringContaining(says),
    });
  });
});
