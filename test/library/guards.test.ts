// Guards: what a protected resource does with fencing tokens.
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { FENCING_HEADER, fencingHeaders, httpGuard, sqlGuard } from '../../src/library/guards.ts';

describe('sqlGuard', () => {
  const write = (db: DatabaseSync, token: number, value: number): void => {
    const guard = sqlGuard(token);
    const statement = db.prepare(`UPDATE t SET value = ?, ${guard.set} WHERE id = 1 AND ${guard.where}`);
    guard.assertChanged(statement.run(value, guard.token, guard.token).changes);
  };

  test('lets the owner write again and again, and whoever comes after him; nobody from before', () => {
    const db = new DatabaseSync(':memory:');
    db.exec(
      'CREATE TABLE t (id INTEGER, value INTEGER, fence INTEGER NOT NULL DEFAULT 0); INSERT INTO t (id) VALUES (1)',
    );
    write(db, 1, 10);
    write(db, 1, 11);
    write(db, 2, 20);
    expect(() => write(db, 1, 12)).toThrow(expect.objectContaining({ code: 'TOKEN_STALE' }));
    expect({ ...db.prepare('SELECT value, fence FROM t').get() }).toEqual({ value: 20, fence: 2 });
    db.close();
  });

  test('writes parameters as the driver wants them, and takes no column that is more than a name', () => {
    expect(sqlGuard(5, { column: 'books.fence', placeholder: '$3' })).toMatchObject({
      set: 'books.fence = $3',
      where: 'books.fence <= $3',
      token: 5,
    });
    expect(() => sqlGuard(5, { column: 'fence = 1; --' })).toThrow(TypeError);
  });
});

describe('httpGuard', () => {
  test('refuses what is lower, per resource', () => {
    const guard = httpGuard();
    const put = (resource: string, token: number) => guard.check(resource, fencingHeaders({ token }));
    expect(put('a', 3)).toEqual({ ok: true, token: 3 });
    expect(put('a', 2)).toMatchObject({ ok: false, status: 412, message: 'token 2 is stale: 3 was here before' });
    expect(put('a', 3)).toMatchObject({ ok: true });
    expect(put('b', 2)).toMatchObject({ ok: true });
  });

  test('reads the header as Node and fetch have it', () => {
    const guard = httpGuard();
    expect(guard.check('a', new Headers(fencingHeaders({ token: 4 })))).toEqual({ ok: true, token: 4 });
    expect(guard.check('a', { [FENCING_HEADER.toLowerCase()]: '5' })).toEqual({ ok: true, token: 5 });
    expect(guard.check('a', {})).toMatchObject({ status: 428 });
    for (const text of ['', '0', '-1', '1e3', 'x', '12345678901234567'])
      expect(guard.check('a', { [FENCING_HEADER]: text }), text).toMatchObject({ status: 400 });
  });

  test('forgets nothing: a full memory takes no new resource', () => {
    const full = { get: (name: string) => (name === 'known' ? 1 : undefined), set: () => {}, size: 100_000 };
    const guard = httpGuard(full);
    expect(guard.check('known', fencingHeaders({ token: 1 }))).toMatchObject({ ok: true });
    expect(guard.check('new', fencingHeaders({ token: 1 }))).toMatchObject({ status: 503 });
  });
});
