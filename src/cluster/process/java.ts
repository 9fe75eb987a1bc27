// Finds a Java that Cassandra 5.0 runs on. The first one on the PATH is often too new, so every known place is asked.
import { readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { usageError } from '../../core/model/errors.ts';
import type { Env } from './locations.ts';

/** What Cassandra 5.0 supports. */
const SUPPORTED: readonly number[] = [17, 11];
const VERSION_TIMEOUT_MS = 10_000;
/** Where Linux distributions and macOS put them. */
type JavaFolder = readonly [folder: string, java: string];
const FOLDERS: readonly JavaFolder[] = [
  ['/usr/lib/jvm', 'bin/java'],
  ['/opt/java', 'bin/java'],
  ['/Library/Java/JavaVirtualMachines', 'Contents/Home/bin/java'],
];

/** The path of the program. `folders` is where installed ones are looked for. Throws CLUSTER_RUNTIME_MISSING. */
export const findJava = async (env: Env, folders = FOLDERS): Promise<string> => {
  const unfit: string[] = [];
  for (const candidate of await candidates(env, folders)) {
    const version = await versionOf(candidate);
    if (version === null) continue;
    if (SUPPORTED.includes(version)) return candidate;
    unfit.push(`${candidate} is Java ${version}`);
  }
  throw usageError('CLUSTER_RUNTIME_MISSING', 'Cassandra 5.0 needs Java 17 or 11, and there is none', {
    detail: unfit.length === 0 ? 'no Java was found in JAVA_HOME, the PATH or /usr/lib/jvm' : unfit.join('\n'),
    hint: 'install one (Debian: apt-get install openjdk-17-jre-headless), or name it: JAVA_HOME=FOLDER',
  });
};

const candidates = async (env: Env, folders: readonly JavaFolder[]): Promise<readonly string[]> => {
  const home = env.JAVA_HOME ? [join(env.JAVA_HOME, 'bin/java')] : [];
  const path = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const installed = await Promise.all(
    folders.map(async ([folder, java]) =>
      (await readdir(folder).catch(() => [])).sort().map((name) => join(folder, name, java)),
    ),
  );
  return [...new Set([...home, ...path.map((folder) => join(folder, 'java')), ...installed.flat()])];
};

/** Null when it is not there or is no Java. */
const versionOf = async (java: string): Promise<number | null> => {
  const ran = await execa(java, ['-version'], { reject: false, timeout: VERSION_TIMEOUT_MS });
  return ran.exitCode === 0 ? parseJavaVersion(ran.stderr) : null;
};

/** The major version in what `java -version` says: `"17.0.15"`, `"11"`, `"25-ea"`, and `"1.8.0_402"`, which is 8. */
export const parseJavaVersion = (text: string): number | null => {
  const match = /version "(?:1\.)?(\d+)/.exec(text);
  return match === null ? null : Number(match[1]);
};
