// Cassandra's jars: from Maven into the user's cache, once per version, or from an unpacked Apache distribution.
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { EXIT, JobctlError, usageError } from '../../core/model/errors.ts';
import { type Env, jarCache } from './locations.ts';

export const CASSANDRA_VERSION = '5.0.9';
/** 67 MB: minutes on a slow line, ms. */
const DOWNLOAD_TIMEOUT_MS = 600_000;
const ERROR_LINES_MAX = 8;

export interface JarOptions {
  readonly env: Env;
  readonly report: (text: string) => void;
}

/** The folder with the jars, downloaded if it is not there yet. Throws CLUSTER_RUNTIME_MISSING or CLUSTER_COMMAND_FAILED. */
export const mavenJars = async ({ env, report }: JarOptions): Promise<string> => {
  const cache = jarCache(env, CASSANDRA_VERSION);
  const folder = join(cache, 'lib');
  if ((await versionIn(folder)) !== null) return folder;
  report(`getting Cassandra ${CASSANDRA_VERSION} with Maven (67 MB, once)`);
  await download(cache, folder, env);
  return folder;
};

/** The `lib` of an unpacked Apache distribution. Throws OPTION_INVALID. */
export const distributionJars = async (home: string): Promise<string> => {
  const folder = join(home, 'lib');
  const version = await versionIn(folder);
  if (version?.startsWith('5.')) return folder;
  throw usageError('OPTION_INVALID', `--cassandra-home: "${home}" is no unpacked Cassandra 5`, {
    detail: version === null ? `${folder} has no apache-cassandra-*.jar` : `it is Cassandra ${version}`,
    hint: 'name the folder that has bin, conf and lib in it, or leave the flag out: Maven gets the jars',
  });
};

/** The version of Cassandra whose jar is there. */
const versionIn = async (folder: string): Promise<string | null> => {
  const names = await readdir(folder).catch(() => []);
  return (
    names.map((name) => /^(?:apache-cassandra|cassandra-all)-(\d[\w.-]*)\.jar$/.exec(name)?.[1]).find(Boolean) ?? null
  );
};

/** Into a temporary folder that is renamed at the end: half a download is never used, and two at once do no harm. */
const download = async (cache: string, folder: string, env: Env): Promise<void> => {
  await mkdir(dirname(cache), { recursive: true });
  const temporary = await mkdtemp(`${cache}-`);
  try {
    await writeFile(join(temporary, 'pom.xml'), POM);
    const args = ['-q', '-B', 'dependency:copy-dependencies', '-DincludeScope=runtime', '-DoutputDirectory=lib'];
    const ran = await execa('mvn', args, {
      cwd: temporary,
      env,
      extendEnv: false,
      reject: false,
      timeout: DOWNLOAD_TIMEOUT_MS,
      all: true,
    });
    if (ran.code === 'ENOENT') throw mavenMissing();
    if (ran.exitCode !== 0) throw downloadFailed(ran.all);
    await rename(join(temporary, 'lib'), join(temporary, 'whole'));
    await mkdir(cache, { recursive: true });
    // Somebody else may have been faster: the folder is the same then.
    await rename(join(temporary, 'whole'), folder).catch(async (error: unknown) => {
      if ((await versionIn(folder)) === null) throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
};

const mavenMissing = (): JobctlError =>
  usageError('CLUSTER_RUNTIME_MISSING', 'Maven gets Cassandra, and there is no `mvn` on the PATH', {
    hint: 'install it (Debian: apt-get install maven), or unpack an Apache Cassandra 5 and use --cassandra-home FOLDER',
  });

const downloadFailed = (output: string): JobctlError =>
  new JobctlError('CLUSTER_COMMAND_FAILED', EXIT.unavailable, `Maven could not get Cassandra ${CASSANDRA_VERSION}`, {
    detail: output.trim().split('\n').slice(0, ERROR_LINES_MAX).join('\n'),
    hint: 'check the network and ~/.m2/settings.xml, or use --cassandra-home FOLDER',
  });

const POM = `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>jobctl</groupId>
  <artifactId>cassandra-jars</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.cassandra</groupId>
      <artifactId>cassandra-all</artifactId>
      <version>${CASSANDRA_VERSION}</version>
    </dependency>
  </dependencies>
</project>
`;
