// globalSetup of the integration project: three Cassandra nodes for all its files, ended with the run. Nodes of runs that were
// killed are found by their folder and ended first. While one works on a test, JOBCTL_TEST_CLUSTER=FOLDER spares the minute
// that they take: nodes in that folder are started unless they run, and stay.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { openProcessCluster, type ProcessCluster } from '../../src/cluster/process/cluster.ts';
import { mavenJars } from '../../src/cluster/process/jars.ts';
import { findJava } from '../../src/cluster/process/java.ts';
import { startProcessCluster } from '../../src/cluster/process/join.ts';
import { JobctlError } from '../../src/core/model/errors.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { identify, type ProcessIdentity, processState } from '../../src/platform/process-identity.ts';
import { privatePlace } from './private-place.ts';

const FOLDER_PREFIX = 'jobctl-integration-';
const NODES = 3;
const HEAP_MB = 512;
/** What is missing on this machine, as opposed to what is broken: the former skips, the latter fails. */
const MISSING: readonly string[] = ['CLUSTER_RUNTIME_MISSING', 'CLUSTER_COMMAND_FAILED'];

const report = (text: string): void => void process.stderr.write(`integration: ${text}\n`);

export default async (project: TestProject): Promise<() => Promise<void>> => {
  const given = process.env.JOBCTL_TEST_CASSANDRA;
  const kept = process.env.JOBCTL_TEST_CLUSTER;
  await endLeftovers();
  const obstacle = await whatIsMissing();
  const found = { startable: obstacle === null, reason: obstacle ?? '', directory: null };
  if (given !== undefined || obstacle !== null) {
    project.provide('cassandra', { ...found, hosts: given?.split(',') ?? [] });
    return () => Promise.resolve();
  }
  const cluster = kept === undefined ? await startShared() : await startKept(kept);
  project.provide('cassandra', { ...found, hosts: cluster.contactPoints, directory: cluster.directory });
  return async () => {
    if (kept === undefined) await endCluster(cluster.directory);
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
  return start(directory);
};

const startKept = async (directory: string): Promise<ProcessCluster> => {
  const cluster = await openProcessCluster({ directory, clock: systemClock });
  if (cluster === null) {
    await mkdir(directory, { recursive: true });
    return start(directory);
  }
  for (const { name } of cluster.nodes) await cluster.startNode(name);
  return cluster;
};

const start = (directory: string): Promise<ProcessCluster> =>
  startProcessCluster({
    nodes: NODES,
    name: 'integration',
    directory,
    clock: systemClock,
    heapMb: HEAP_MB,
    report,
    ...privatePlace('shared', NODES),
  });

/** A run that was killed could not end its node. */
const endLeftovers = async (): Promise<void> => {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(FOLDER_PREFIX));
  for (const directory of names.map((name) => join(tmpdir(), name))) {
    const owner = await readFile(join(directory, 'owner.json'), 'utf8').catch(() => '');
    if (owner === '' || (await processState(JSON.parse(owner) as ProcessIdentity)) !== 'down') continue;
    report(`ending what a killed run left in ${directory}`);
    await endCluster(directory);
  }
};

/** Opened anew: tests kill nodes and start them again, as other processes than those that this one started. */
const endCluster = async (directory: string): Promise<void> => {
  const cluster = await openProcessCluster({ directory, clock: systemClock });
  await cluster?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
};
