// What is acknowledged is on the disk; what is committed can be read, and is told of, before.
import { mkdtempSync, readlinkSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLog } from '../../../src/store/sqlite/write-ahead-log.ts';
import { Writer } from '../../../src/store/sqlite/writer.ts';

let folder: string;
let file: string;
let db: DatabaseSync;
let told: number;
/** Syncs that were asked for: the test ends them. */
let syncs: { readonly fd: number; readonly resolve: () => void; readonly reject: (error: Error) => void }[];
let insert: (value: number, hint?: boolean) => Promise<string>;
let flushed: () => Promise<void>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jobctl-log-'));
  file = join(folder, 'jobs.db');
  db = new DatabaseSync(file);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (v INTEGER)');
  [told, syncs] = [0, []];
  const sync = (fd: number): Promise<void> =>
    new Promise((resolve, reject) => {
      syncs.push({ fd, resolve, reject });
    });
  const hint = (): void => {
    told += 1;
  };
  const writer = new Writer(db, file, { log: createLog(db, file, sync), hint });
  const statement = db.prepare('INSERT INTO t VALUES (?)');
  insert = (value, isTold = false) =>
    writer
      .write(1, () => statement.run(value), isTold)
      .then(
        () => 'acknowledged',
        (error: unknown) => (error as { readonly code: string }).code,
      );
  flushed = () => writer.flushed();
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};
const rowsSeenByOthers = (): unknown => {
  using other = new DatabaseSync(file);
  return other.prepare('SELECT count(*) AS n FROM t').get()?.n;
};
/** What it came to, or that it has not come to anything yet. */
const stateOf = (written: Promise<string>): Promise<string> => Promise.race([written, turns().then(() => 'open')]);

test('a write can be read, and is told of, before its log is synced, and is acknowledged after', async () => {
  const written = insert(1, true);
  expect(await stateOf(written)).toBe('open');
  expect([rowsSeenByOthers(), told, syncs.length]).toEqual([1, 1, 1]);
  const [sync] = syncs;
  expect(readlinkSync(`/proc/self/fd/${sync?.fd}`)).toBe(realpathSync(`${file}-wal`));
  const all = flushed().then(() => 'acknowledged');
  expect(await stateOf(all)).toBe('open');
  sync?.resolve();
  expect(await written).toBe('acknowledged');
  expect(await all).toBe('acknowledged');
});

test('nobody is told of what was written without a hint', async () => {
  const written = insert(1);
  await turns();
  syncs[0]?.resolve();
  expect([await written, told]).toEqual(['acknowledged', 0]);
});

test('what is committed during a sync waits for the next one, which serves all of it', async () => {
  const first = insert(1);
  await turns();
  const later = [insert(2)];
  await turns();
  later.push(insert(3));
  await turns();
  expect([syncs.length, rowsSeenByOthers()]).toEqual([1, 3]);
  syncs[0]?.resolve();
  expect(await first).toBe('acknowledged');
  expect(await stateOf(later[0] ?? first)).toBe('open');
  expect(syncs.length).toBe(2);
  syncs[1]?.resolve();
  expect(await Promise.all(later)).toEqual(['acknowledged', 'acknowledged']);
});

test('after a sync that failed nothing is acknowledged any more, and nobody waits for ever', async () => {
  const failed = insert(1);
  await turns();
  const next = insert(2);
  await turns();
  syncs[0]?.reject(Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' }));
  expect(await failed).toBe('STORE_UNAVAILABLE');
  expect(await next).toBe('STORE_UNAVAILABLE');
  expect(await insert(3)).toBe('STORE_UNAVAILABLE');
  await flushed();
  expect(syncs.length).toBe(1);
});

test('the log is copied into the file after every twenty large transactions', async () => {
  const bytesBefore = statSync(file).size;
  for (let count = 0; count < 20; count += 1) {
    expect(statSync(file).size).toBe(bytesBefore);
    const written = Promise.all(Array.from({ length: 500 }, (_, value) => insert(value)));
    while (syncs.length === 0) await turns();
    for (const { resolve } of syncs.splice(0)) resolve();
    await written;
  }
  await turns();
  expect(statSync(file).size).toBeGreaterThan(bytesBefore);
});
