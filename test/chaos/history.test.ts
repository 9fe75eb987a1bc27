// The history as files: what processes write down comes back, whatever happened to them; what somebody changed does not.
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FileRecorder, historyOf, readEntries } from '../../src/chaos/history/file.ts';
import { mergeHistory, prepareFolder, type RunRecord, readRun, runFiles } from '../../src/chaos/run/record.ts';
import { parseScenario } from '../../src/chaos/scenario.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jobctl-history-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Two processes: one acquires a lock between the beginning and the end of what the other does, and a third operation never ends. */
const writeTwo = (place: string): void => {
  let nowMs = 1_000;
  const a = new FileRecorder(join(place, 'a.jsonl'), () => nowMs);
  const b = new FileRecorder(join(place, 'b.jsonl'), () => nowMs);
  const slow = a.begin('a.1', 'acquire', { name: 'user/0' });
  nowMs = 1_001;
  const quick = b.begin('b.2', 'acquire', { name: 'user/1' });
  nowMs = 1_002.5;
  b.end(quick, 'ok', null);
  nowMs = 1_010;
  a.end(slow, 'fail', null);
  a.begin('a.1', 'acquire', { name: 'user/2' });
  a.close();
  b.close();
};

test('lines of several processes become one history, in the order of time', async () => {
  writeTwo(folder);
  const history = historyOf(await readEntries([join(folder, 'a.jsonl'), join(folder, 'b.jsonl')]), 0);
  const [slow, quick, open] = history.of('acquire');
  expect([slow?.who, quick?.who, open?.who]).toEqual(['a.1', 'b.2', 'a.1']);
  expect(slow?.start).toBeLessThan(quick?.start ?? 0);
  expect(quick?.end).toBeLessThan(slow?.end ?? 0);
  expect([slow?.outcome, quick?.outcome, open?.outcome]).toEqual(['fail', 'ok', 'info']);
  expect(open?.endMs).toBe(Number.POSITIVE_INFINITY);
});

test('a last line that was cut off is left out, a broken one in between is an error', async () => {
  writeTwo(folder);
  const file = join(folder, 'a.jsonl');
  appendFileSync(file, '{"t":1011,"proc":"a.1","ty');
  expect(await readEntries([file])).toHaveLength(3);
  appendFileSync(file, '\n{}\n');
  await expect(readEntries([file])).rejects.toMatchObject({ code: 'CHAOS_HISTORY_INVALID', exitCode: 1 });
});

const recorded = async (): Promise<string> => {
  const out = join(folder, 'run');
  await prepareFolder(out);
  writeTwo(runFiles(out).processes);
  const scenario = await parseScenario('{ name: trial, summary: s, invariants: [J1] }', 'trial');
  const merged = await mergeHistory(out, 1_000);
  const record: RunRecord = {
    ...{ version: 1, run: 'r', scenario, seed: 1, startWallMs: 0, argv: [], jobctl: '0', node: '', skewMs: 0 },
    ...{ cluster: { runtime: 'process', nodes: 3, cassandra: '5' }, commands: [], ...merged },
  };
  writeFileSync(runFiles(out).record, JSON.stringify(record));
  return out;
};

test('a run can be read again: times count from its beginning', async () => {
  const { record, history } = await readRun(await recorded());
  expect(record.operations).toBe(3);
  expect(history.of('acquire').map(({ startMs }) => startMs)).toEqual([0, 1, 10]);
  expect(history.promised).toEqual({ unavailableMs: 15_000, recoveredMs: 60_000 });
});

test('a history that was changed is refused', async () => {
  const out = await recorded();
  const file = runFiles(out).history;
  writeFileSync(file, readFileSync(file, 'utf8').replace('"fail"', '"ok"'));
  await expect(readRun(out)).rejects.toMatchObject({ code: 'CHAOS_HISTORY_INVALID' });
});

test('the folder of a run is used again, one with anything else is left alone', async () => {
  const out = await recorded();
  await prepareFolder(out);
  await expect(readRun(out)).rejects.toMatchObject({ code: 'CHAOS_HISTORY_INVALID' });
  mkdirSync(join(out, 'photos'));
  await expect(prepareFolder(out)).rejects.toMatchObject({ code: 'CHAOS_OUT_TAKEN', exitCode: 2 });
});
