// The embedded store's own promises: group commit, waiting for a locked file, and clear errors for files it cannot use.
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '../../../src/store/open.ts';
import { storeError } from '../../../src/store/sqlite/errors.ts';
import { MIGRATIONS } from '../../../src/store/sqlite/schema.ts';
import { noLog } from '../../../src/store/sqlite/write-ahead-log.ts';
import { Writer } from '../../../src/store/sqlite/writer.ts';
import { memberRow } from '../../support/rows.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jobctl-store-'));
  file = join(folder, 'jobs.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a file of an older version', () => {
  const makeOlder = (): void => {
    const db = new DatabaseSync(file);
    db.exec(`${MIGRATIONS[0]}; INSERT INTO meta VALUES ('buckets', '4'); PRAGMA user_version = 1`);
    const row = JSON.stringify(memberRow('w1'));
    db.prepare('INSERT INTO members VALUES (?, ?, ?, ?)').run('worker', 'w1', row, Date.now() + 60_000);
    db.close();
  };

  test('gets what is missing, and keeps what it has', async () => {
    makeOlder();
    await using store = await openStore(`sqlite:${file}`);
    expect(store.bucketCount).toBe(4);
    expect((await store.memberList('worker')).map(({ memberId }) => memberId)).toEqual(['w1']);
    await store.placementWrite({ kind: 'drain', worker: 'w1', reason: '', by: '', atMs: 0 });
    expect(await store.placementList()).toHaveLength(1);
    expect(await store.scheduleGet('any')).toBeNull();
  });

  test('may be opened by several at once', async () => {
    makeOlder();
    const stores = await Promise.all([1, 2, 3].map(() => openStore(`sqlite:${file}`)));
    for (const store of stores) {
      expect(await store.placementList()).toEqual([]);
      await store[Symbol.asyncDispose]();
    }
  });
});

describe('group commit', () => {
  const withTable =
    (use: (writer: Writer, db: DatabaseSync, insert: (value: number) => Promise<void>) => Promise<void>) =>
    async () => {
      const db = new DatabaseSync(file, { timeout: 0 });
      db.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (v INTEGER PRIMARY KEY)');
      const writer = new Writer(db, file, { log: noLog, hint: () => {} });
      const statement = db.prepare('INSERT INTO t VALUES (?)');
      const insert = (value: number) =>
        writer.write(1, () => {
          statement.run(value);
        });
      await use(writer, db, insert);
      db.close();
    };
  const count = (db: DatabaseSync): unknown => db.prepare('SELECT count(*) AS n FROM t').get()?.n;

  test(
    'what is written in one turn is one transaction, up to its limit of rows',
    withTable(async (writer, db, insert) => {
      await Promise.all(Array.from({ length: 400 }, (_, value) => insert(value)));
      expect(writer.transactions).toBe(1);
      await Promise.all(Array.from({ length: 1_200 }, (_, value) => insert(1_000 + value)));
      expect(writer.transactions).toBe(4);
      expect(count(db)).toBe(1_600);
    }),
  );

  test(
    'a write that fails takes no other with it',
    withTable(async (_writer, db, insert) => {
      const outcomes = await Promise.allSettled([insert(1), insert(1), insert(2)]);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(count(db)).toBe(2);
    }),
  );

  test(
    'a file that another process has locked is waited for',
    withTable(async (_writer, db, insert) => {
      const other = new DatabaseSync(file);
      other.exec('BEGIN IMMEDIATE');
      const written = insert(1);
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      expect(count(db)).toBe(0);
      other.exec('COMMIT');
      await written;
      expect(count(db)).toBe(1);
      other.close();
    }),
  );
});

describe('a file that cannot be used', () => {
  const refused = async (url: string, options = {}) =>
    (await openStore(url, options).then(
      () => ({ code: 'opened' }),
      (thrown: unknown) => thrown,
    )) as { readonly code: string; readonly exitCode: number; readonly message: string; readonly hint: string };

  test.each([
    ['jobs.db', 'STORE_URL_INVALID'],
    ['sqlite:', 'STORE_URL_INVALID'],
    ['mysql://host/db', 'STORE_URL_INVALID'],
  ])('the URL %s', async (url, code) => {
    expect(await refused(url)).toMatchObject({ code, exitCode: 2, hint: expect.stringContaining('sqlite:') });
  });

  test('no database', async () => {
    writeFileSync(file, 'this is a text, and long enough to have been a header of a database file: '.repeat(20));
    expect(await refused(`sqlite:${file}`)).toMatchObject({ code: 'STORE_CORRUPT', exitCode: 1 });
  });

  test('a folder', async () => {
    mkdirSync(file);
    expect(await refused(`sqlite:${file}`)).toMatchObject({ exitCode: 5, message: expect.stringContaining(file) });
  });

  test.each(['/proc/none/deep/jobs.db', '/dev/null/jobs.db'])('a folder that cannot be created: %s', async (path) => {
    expect(await refused(`sqlite:${path}`)).toMatchObject({ exitCode: 5, message: expect.stringContaining(path) });
  });

  test('a newer schema, and it is left as it was', async () => {
    await (await openStore(`sqlite:${file}`))[Symbol.asyncDispose]();
    const db = new DatabaseSync(file);
    db.exec('PRAGMA user_version = 99');
    expect(await refused(`sqlite:${file}`)).toMatchObject({ code: 'SCHEMA_NEWER', exitCode: 2 });
    expect(db.prepare('PRAGMA user_version').get()?.user_version).toBe(99);
    db.close();
  });

  test('another number of buckets than it has', async () => {
    await (await openStore(`sqlite:${file}`, { bucketCount: 4 }))[Symbol.asyncDispose]();
    expect(await refused(`sqlite:${file}`, { bucketCount: 8 })).toMatchObject({
      code: 'BUCKET_RANGE_INVALID',
      exitCode: 2,
    });
    await using store = await openStore(`sqlite:${file}`);
    expect(store.bucketCount).toBe(4);
  });

  test('result codes have their meaning, extended or not', () => {
    const codeOf = (errcode: number) =>
      storeError(Object.assign(new Error('x'), { errcode }), file) as { readonly code: string };
    expect(codeOf(8 | (4 << 8)).code).toBe('STORE_READ_ONLY');
    expect(codeOf(13).code).toBe('STORE_DISK_FULL');
    expect(codeOf(11).code).toBe('STORE_CORRUPT');
    expect(codeOf(10 | (3 << 8)).code).toBe('STORE_UNAVAILABLE');
    expect(codeOf(5).code).toBe('STORE_UNAVAILABLE');
    const bug = new TypeError('bug');
    expect(storeError(bug, file)).toBe(bug);
  });
});

test('the file is for its owner only', async () => {
  await using _store = await openStore(`sqlite:${file}`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});
