// Where, when and on what a benchmark ran: without it a number says nothing.
import os from 'node:os';
import { execa } from 'execa';
import type { Scenario, Size } from '../scenario.ts';
import { paramsText } from './table.ts';

export interface StoreAbout {
  readonly kind: 'embedded' | 'cassandra';
  readonly url: string;
  /** SQLite's, or Cassandra's. */
  readonly version: string;
  /** Null for the embedded store. */
  readonly nodes: number | null;
  readonly replication: string | null;
}

export interface MetaRequest {
  readonly runId: string;
  readonly startedAt: string;
  readonly argv: readonly string[];
  readonly jobctl: string;
  readonly size: Size;
  readonly scenarios: readonly Scenario[];
  readonly store: StoreAbout;
}

export type Meta = Awaited<ReturnType<typeof metaOf>>;

export const metaOf = async ({ runId, startedAt, argv, jobctl, size, scenarios, store }: MetaRequest) => {
  const cpus = os.cpus();
  return {
    ...{ schemaVersion: 1, runId, startedAt, argv, jobctl, git: await gitOf() },
    node: process.version,
    os: `${os.type()} ${os.release()} ${os.arch()}`,
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    memoryMb: Math.round(os.totalmem() / 1e6),
    /** What a control group allows, where there is one. */
    memoryLimitMb: Math.round((process.constrainedMemory() ?? 0) / 1e6),
    loadAtStart: os.loadavg(),
    clock: 'CLOCK_MONOTONIC, of the machine',
    store,
    driver: store.kind === 'cassandra' ? 'cassandra-driver' : 'node:sqlite',
    suite: size,
    plan: scenarios.map((scenario) => ({ scenario: scenario.name, points: scenario.points(size).map(paramsText) })),
  };
};

/** Of the working directory; null where that is no checkout. */
const gitOf = async (): Promise<{ readonly commit: string; readonly isDirty: boolean } | null> => {
  const head = await execa('git', ['rev-parse', '--short=10', 'HEAD'], { reject: false });
  if (head.exitCode !== 0) return null;
  const status = await execa('git', ['status', '--porcelain', '--untracked-files=no'], { reject: false });
  return { commit: head.stdout, isDirty: status.stdout !== '' };
};
