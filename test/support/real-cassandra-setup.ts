// globalSetup of the integration project: one Cassandra node for all its files, ended with the run. Nodes of runs that were
// killed are found by their folder and ended first.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { openProcessCluster, type ProcessCluster } from '../../src/cluster/process/cluster.ts';
import { identify, type ProcessIdentity, processState } from '../../src/cluster/process/identity.ts';
import { mavenJars } from '../../src/cluster/process/jars.ts';
import { findJava } from '../../src/cluster/process/java.ts';
import { startProcessCluster } from '../../src/cluster/process/join.ts';
import { JobctlError } from '../../src/core/model/errors.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { privatePlace } from './real-cassandra.ts';

const FOLDER_PREFIX = 'jobctl-integration-';
const HEAP_MB = 512;
/** What is missing on this machine, as opposed to what is broken: the former skips, the latter fails. */
const MISSING: readonly string[] = ['CLUSTER_RUNTIME_MISSING', 'CLUSTER_COMMAND_FAILED'];

const report = (text: string): void => void process.stderr.write(`integration: ${text}\n`);

export default async (project: TestProject): Promise<() => Promise<void>> => {
  const given = process.env.JOBCTL_TEST_CASSANDRA;
  await endLeftovers();
  const obstacle = await whatIsMissing();
  if (given !== undefined || obstacle !== null) {
    project.provide('cassandra', {
      shared: given ?? null,
      startable: obstacle === null,
      reason: obstacle ?? '',
    });
    return () => Promise.resolve();
  }
  const cluster = await startShared();
  project.provide('cassandra', { shared: cluster.contactPoints[0] ?? null, startable: true, reason: '' });
  return async () => {
    await cluster[Symbol.asyncDispose]();
    await rm(cluster.directory, { recursive: true, force: true });
  };
};

const whatIsMissing = async (): Promise<string | null> => {
  try {
    await findJava(process.env);
    await mavenJars({ env: process.env, report });
    return null;
  } catch (error) {
    if (!(error instanceof JobctlError) || !MISSING.includes(error.code)) throw error;
    return [error.message, error.detail, error.hint].filter(Boolean).join('; ').replaceAll('\n', ' ');
  }
};

const startShared = async (): Promise<ProcessCluster> => {
  const directory = join(tmpdir(), `${FOLDER_PREFIX}${process.pid}`);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'owner.json'), JSON.stringify(await identify(process.pid)));
  const place = privatePlace('shared', 1);
  return startProcessCluster({
    nodes: 1,
    name: 'integration',
    directory,
    clock: systemClock,
    heapMb: HEAP_MB,
    report,
    ...place,
  });
};

/** A run that was killed could not end its node. */
const endLeftovers = async (): Promise<void> => {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(FOLDER_PREFIX));
  for (const directory of names.map((name) => join(tmpdir(), name))) {
    const owner = await readFile(join(directory, 'owner.json'), 'utf8').catch(() => '');
    if (owner === '' || (await processState(JSON.parse(owner) as ProcessIdentity)) !== 'down') continue;
    report(`ending what a killed run left in ${directory}`);
    const cluster = await openProcessCluster({ directory, clock: systemClock });
    await cluster?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  }
};
