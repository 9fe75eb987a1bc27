// jobctl as a library, as its users import it: the examples run, and what they promise holds. Needs `npm run build`.
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { sendTwo } from '../../examples/library.ts';
import { closeTheBooks, putGuarded, unlessSomebodyDoes } from '../../examples/locks.ts';
import { connect } from '../../src/index.ts';
import { Sandbox } from './processes.ts';

test('the examples of locks do what they say', async () => {
  await using sandbox = new Sandbox();
  const books = new DatabaseSync(':memory:');
  books.exec(`CREATE TABLE items (amount INTEGER); INSERT INTO items VALUES (40), (2);
    CREATE TABLE books (id TEXT PRIMARY KEY, total INTEGER, fence INTEGER NOT NULL DEFAULT 0);
    INSERT INTO books (id) VALUES ('may')`);
  expect(await closeTheBooks(sandbox.url, books)).toBe(1);
  expect({ ...books.prepare('SELECT total, fence FROM books').get() }).toEqual({ total: 42, fence: 1 });
  books.exec('UPDATE books SET fence = 7'); // somebody with a higher token was here
  await expect(closeTheBooks(sandbox.url, books)).rejects.toMatchObject({ code: 'TOKEN_STALE' });
  books.close();
  const inner: string[] = [];
  const outer = await unlessSomebodyDoes(sandbox.url, async () => {
    inner.push(await unlessSomebodyDoes(sandbox.url, async () => {}));
  });
  expect([outer, inner]).toEqual(['done', ['left']]);
  expect(await putGuarded([1, 3, 3, 2, 4])).toEqual([204, 204, 204, 412, 204]);
});

test('the example of the library submits, works and waits', async () => {
  await using sandbox = new Sandbox();
  expect(await sendTwo(sandbox.url)).toEqual(['succeeded after 1 attempt', 'failed after 1 attempt']);
});

test('a program and the command line share locks, jobs and workers', async () => {
  await using sandbox = new Sandbox();
  await using jobctl = await connect({ store: sandbox.url });
  const lock = await jobctl.lock('shared', { note: 'by a program' });
  expect((await sandbox.run('lock', 'run', 'shared', '--', 'true')).code).toBe(4);
  expect(await sandbox.json('lock', 'get', 'shared')).toMatchObject({ token: lock.token, note: 'by a program' });
  await lock.release();
  expect((await sandbox.run('lock', 'run', 'shared', '--', 'true')).code).toBe(0);
  await using _worker = await jobctl.worker({
    handlers: { add: ({ payload }) => (payload as number[])[0] },
    id: 'mine',
  });
  const submitted = await sandbox.run('submit', 'add', '--payload', '[5]', '--wait', '-o', 'json');
  expect([submitted.code, JSON.parse(submitted.stdout)]).toMatchObject([0, { state: 'succeeded' }]);
  const job = await jobctl.job((JSON.parse(submitted.stdout) as { readonly id: string }).id);
  expect(job.attempts).toMatchObject([{ worker: 'mine', result: 5 }]);
});

test('a takeover by hand is noticed by the program', async () => {
  await using sandbox = new Sandbox();
  await using jobctl = await connect({ store: sandbox.url });
  await using lock = await jobctl.lock('l', { leaseMs: 1_500 });
  const lost = new Promise((resolve) => lock.lost.addEventListener('abort', resolve, { once: true }));
  const taken = await sandbox.run('lock', 'takeover', 'l', '--reason', 'test', '--yes', '--confirm', 'l');
  expect(taken.code, taken.stderr).toBe(0);
  await lost;
  expect(() => lock.assertHeld()).toThrow(/the lock "l" was lost/);
});

test('the end of a connection gives everything back', async () => {
  await using sandbox = new Sandbox();
  const jobctl = await connect({ store: sandbox.url });
  await jobctl.lock('a');
  await jobctl.worker({ handlers: { noop: () => null } });
  await jobctl[Symbol.asyncDispose]();
  expect(await sandbox.json('lock', 'get', 'a')).toMatchObject({ state: 'free' });
  expect(await sandbox.json('worker', 'list')).toMatchObject({ items: [] });
  await expect(connect({ store: 'nonsense' })).rejects.toMatchObject({ code: 'STORE_URL_INVALID' });
});
