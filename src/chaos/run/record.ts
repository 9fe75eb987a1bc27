// The folder of a run: what was to happen, what every process wrote down, and the history that these are together.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RuntimeKind } from '../../core/model/cluster.ts';
import { errorText, usageError } from '../../core/model/errors.ts';
import { type Entry, historyInvalid, historyOf, readEntries } from '../history/file.ts';
import type { History } from '../history/history.ts';
import type { Scenario } from '../scenario.ts';

/** `run.json`. */
export interface RunRecord {
  readonly version: 1;
  readonly run: string;
  readonly scenario: Scenario;
  readonly seed: number;
  /** When the workload began, ms since the epoch. */
  readonly startWallMs: number;
  /** As typed. */
  readonly argv: readonly string[];
  readonly jobctl: string;
  readonly node: string;
  readonly cluster: { readonly runtime: RuntimeKind; readonly nodes: number; readonly cassandra: string };
  /** How far apart the wall clocks may have been, ms. */
  readonly skewMs: number;
  /** Every command that broke or mended something, ms of the run. */
  readonly commands: readonly { readonly atMs: number; readonly step: string; readonly command: string }[];
  readonly operations: number;
  /** Of history.jsonl. */
  readonly sha256: string;
}

export const runFiles = (folder: string) =>
  ({
    record: join(folder, 'run.json'),
    history: join(folder, 'history.jsonl'),
    verdict: join(folder, 'verdict.json'),
    plan: join(folder, 'plan.json'),
    processes: join(folder, 'processes'),
    logs: join(folder, 'logs'),
    report: join(folder, 'report.html'),
    table: join(folder, 'report.csv'),
  }) as const;

/** An earlier run's folder is emptied; one with anything else is left alone. Throws CHAOS_OUT_TAKEN. */
export const prepareFolder = async (folder: string): Promise<void> => {
  const files = runFiles(folder);
  const names = existsSync(folder) ? await readdir(folder) : [];
  const own = Object.values(files).map((file) => file.slice(folder.length + 1));
  const strange = names.find((name) => !own.includes(name));
  if (strange !== undefined) {
    throw usageError('CHAOS_OUT_TAKEN', `${folder} holds something else than a run: ${strange}`, {
      hint: 'name a new folder: --out out/trial',
    });
  }
  for (const name of names) await rm(join(folder, name), { recursive: true, force: true });
  await mkdir(files.processes, { recursive: true });
  await mkdir(files.logs, { recursive: true });
};

/** One file out of those of the processes, its times counted from `startMs`. */
export const mergeHistory = async (
  folder: string,
  startMs: number,
): Promise<{ readonly operations: number; readonly sha256: string }> => {
  const files = runFiles(folder);
  const names = (await readdir(files.processes)).filter((name) => name.endsWith('.jsonl'));
  const entries = await readEntries(names.map((name) => join(files.processes, name)));
  const lines = entries.map((entry, i) => JSON.stringify({ i, ...entry, t: round(entry.t - startMs) }));
  const text = `${lines.join('\n')}\n`;
  await writeFile(files.history, text);
  const operations = entries.filter(({ type }) => type === 'invoke').length;
  return { operations, sha256: createHash('sha256').update(text).digest('hex') };
};

const MICROSECONDS_PER_MS = 1_000;
const round = (ms: number): number => Math.round(ms * MICROSECONDS_PER_MS) / MICROSECONDS_PER_MS;

/** Throws CHAOS_HISTORY_INVALID, also for a history that somebody has changed. */
export const readRun = async (folder: string): Promise<{ readonly record: RunRecord; readonly history: History }> => {
  const files = runFiles(folder);
  const record = await readJson<RunRecord>(files.record);
  const text = await readFile(files.history, 'utf8').catch((error: unknown) => {
    throw historyInvalid(files.history, errorText(error));
  });
  if (createHash('sha256').update(text).digest('hex') !== record.sha256) {
    throw historyInvalid(files.history, 'it is not what the run wrote: its SHA-256 is another than in run.json');
  }
  const entries = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Entry);
  return { record, history: historyFor(record, entries) };
};

const readJson = async <Value>(file: string): Promise<Value> => {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Value;
  } catch (error) {
    throw historyInvalid(file, errorText(error));
  }
};

const historyFor = ({ scenario, startWallMs, skewMs }: RunRecord, entries: readonly Entry[]): History => {
  const history = historyOf(entries, startWallMs);
  const { unavailableSeconds, recoveredSeconds } = scenario.promised;
  history.skewMs = skewMs;
  history.promised = { unavailableMs: unavailableSeconds * 1_000, recoveredMs: recoveredSeconds * 1_000 };
  history.healedMs = history.of('healed')[0]?.startMs ?? Number.POSITIVE_INFINITY;
  const effects = new Map<string, number>();
  for (const { given } of history.of('seen')) effects.set(given.kind, (effects.get(given.kind) ?? 0) + 1);
  history.effects = effects;
  return history;
};
