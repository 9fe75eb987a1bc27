// What is remembered about a cluster between two commands, and that a signal never reaches a process that is not its own.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { type ClusterState, lockCluster, readState, writeState } from '../../src/cluster/process/state.ts';
import {
  identify,
  memoryOf,
  type ProcessIdentity,
  parseStat,
  processState,
  signalProcess,
} from '../../src/platform/process-identity.ts';

const root = mkdtempSync(join(tmpdir(), 'jobctl-state-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const newFolder = (): string => mkdtempSync(join(root, 'cluster-'));

const STATE: ClusterState = {
  version: 1,
  name: 'trial',
  jars: '/jars',
  heapMb: 768,
  ports: { cql: 9042, storage: 7000, jmx: 7199 },
  settings: {},
  nodes: [
    {
      name: 'cassandra-1',
      address: '127.0.0.1',
      rack: 'rack1',
      jmxPort: 7199,
      process: { pid: 1, startTime: 'x:1', startedMs: 5 },
    },
    { name: 'cassandra-2', address: '127.0.0.2', rack: 'rack2', jmxPort: 7200, process: null },
  ],
};

describe('state.json', () => {
  test('is read back as it was written, and leaves nothing else behind', async () => {
    const folder = newFolder();
    await writeState(folder, STATE);
    expect(await readState(folder)).toEqual(STATE);
    expect(readdirSync(folder)).toEqual(['state.json']);
  });

  test('is null when there is no cluster', async () => {
    expect(await readState(join(root, 'nowhere'))).toBeNull();
  });

  test.each(['not json', '{}', '{"version":2}'])('%s is refused with the way out', async (text) => {
    const folder = newFolder();
    writeFileSync(join(folder, 'state.json'), text);
    await expect(readState(folder)).rejects.toMatchObject({
      code: 'CLUSTER_STATE_INVALID',
      hint: expect.stringContaining(folder),
    });
  });
});

const children: ReturnType<typeof spawn>[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

const startProcess = async (): Promise<ProcessIdentity> => {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  children.push(child);
  const identity = await identify(child.pid ?? 0);
  if (identity === null) throw new Error('it did not start');
  return identity;
};

describe('a recorded process', () => {
  test('is up, paused, up again and down', async () => {
    const identity = await startProcess();
    expect(await processState(identity)).toBe('up');
    expect(await memoryOf(identity.pid)).toBeGreaterThan(0);
    for (const [signal, state] of [
      ['SIGSTOP', 'paused'],
      ['SIGCONT', 'up'],
      ['SIGKILL', 'down'],
    ] as const) {
      expect(await signalProcess(identity, signal)).toBe(true);
      await vi.waitUntil(async () => (await processState(identity)) === state);
    }
    expect(await signalProcess(identity, 'SIGTERM')).toBe(false);
    expect(await identify(identity.pid)).toBeNull();
  });

  test('is down when its pid belongs to another process now, which no signal reaches', async () => {
    const other = await startProcess();
    const reused = { pid: other.pid, startTime: `${other.startTime}0` };
    expect(await processState(reused)).toBe('down');
    expect(await signalProcess(reused, 'SIGKILL')).toBe(false);
    expect(await processState(other)).toBe('up');
  });

  test('two processes never have the same start time and pid', async () => {
    const [first, second] = [await startProcess(), await startProcess()];
    expect(first).not.toEqual(second);
  });
});

test('the name of a program may look like fields of /proc/PID/stat', () => {
  const rest = ['S', ...Array.from({ length: 18 }, (_, n) => String(n)), '4711', '9', '9'].join(' ');
  expect(parseStat(`17 (a) Z (1 2) ${rest}`)).toEqual({ letter: 'S', ticks: '4711' });
});

describe('the lock of a cluster', () => {
  test('keeps a second command out, and is given back', async () => {
    const folder = newFolder();
    {
      await using _first = await lockCluster(folder);
      await expect(lockCluster(folder)).rejects.toMatchObject({ code: 'CLUSTER_BUSY', exitCode: 4 });
    }
    await using _second = await lockCluster(folder);
    expect(readdirSync(folder)).toEqual(['lock.json']);
  });

  test.each([
    ['a command that was killed', JSON.stringify({ pid: 4_194_305, startTime: 'x:1' })],
    ['one whose pid is reused', JSON.stringify({ pid: process.pid, startTime: 'x:1' })],
    ['one that was killed while it wrote', ''],
  ])('of %s is taken over', async (_, holder) => {
    const folder = newFolder();
    writeFileSync(join(folder, 'lock.json'), holder);
    await using _lock = await lockCluster(folder);
    await expect(lockCluster(folder)).rejects.toMatchObject({ code: 'CLUSTER_BUSY' });
  });
});
