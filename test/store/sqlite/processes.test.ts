// One file, several processes: creation, writing at the same time, and a process that is killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseJobId, slotOf } from '../../../src/core/model/ids.ts';
import { openStore } from '../../../src/store/open.ts';
import { bucketOf } from '../../support/rows.ts';

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));
let folder: string;
let url: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jobctl-store-'));
  url = `sqlite:${join(folder, 'new', 'jobs.db')}`;
});
afterEach(() => rmSync(folder, { recursive: true }));

const start = (count: number): { readonly child: ChildProcess; readonly ended: Promise<string> } => {
  const child = spawn(process.execPath, [CHILD, url, String(count)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more;
  });
  return { child, ended: once(child, 'close').then(() => text) };
};

const stored = async (text: string): Promise<{ readonly printed: number; readonly found: number }> => {
  const ids = text.split('\n').slice(0, -1).map(parseJobId);
  await using store = await openStore(url);
  return { printed: ids.length, found: (await store.jobGet(ids)).size };
};

test('processes that create and write the same file at once lose nothing', async () => {
  const texts = await Promise.all(Array.from({ length: 3 }, () => start(100).ended));
  expect(await stored(texts.join(''))).toEqual({ printed: 300, found: 300 });
});

test('a killed process has lost nothing that was acknowledged', async () => {
  const { child, ended } = start(100_000);
  await once(child.stdout ?? child, 'data');
  await once(child.stdout ?? child, 'data');
  child.kill('SIGKILL');
  const { printed, found } = await stored(await ended);
  expect(printed).toBeGreaterThan(0);
  expect(found).toBe(printed);
});

test('a hint wakes subscribers of another connection', async () => {
  await using first = await openStore(url);
  await using second = await openStore(url);
  const woken = new Promise((resolve) => second.hintSubscribe(resolve));
  await first.append({ bucket: bucketOf(1), slot: slotOf(0), hint: true });
  await woken;
});
