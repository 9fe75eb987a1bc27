// Locks in a program: hold one, and let what it protects refuse those who have lost it. docs/locks.md says what a lock
// promises; test/e2e/library.test.ts runs this.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DatabaseSync } from 'node:sqlite';
import { connect, fencingHeaders, httpGuard, JobctlError, sqlGuard } from 'jobctl';

/** Only one process at a time closes the books, and one that was paused while it did cannot overwrite the next one. */
export const closeTheBooks = async (storeUrl: string, books: DatabaseSync): Promise<number> => {
  await using jobctl = await connect({ store: storeUrl });
  await using lock = await jobctl.lock('billing/close', { leaseMs: 10_000, waitMs: 30_000, note: 'month end' });

  // Whatever takes long gets `lost`, and ends with the lock.
  const total = await sumUp(books, lock.lost);

  // What counts is checked by the database, in the statement that changes it: `books` has a column `fence`.
  const guard = sqlGuard(lock.token);
  const close = books.prepare(`UPDATE books SET total = ?, ${guard.set} WHERE id = 'may' AND ${guard.where}`);
  guard.assertChanged(close.run(total, guard.token, guard.token).changes);
  return lock.token;
};

const sumUp = async (books: DatabaseSync, signal: AbortSignal): Promise<number> => {
  signal.throwIfAborted();
  return Number(books.prepare('SELECT total(amount) AS total FROM items').get()?.total);
};

/** Not waiting: whoever finds the lock taken leaves the work to its holder. */
export const unlessSomebodyDoes = async (storeUrl: string, work: () => Promise<void>): Promise<'done' | 'left'> => {
  await using jobctl = await connect({ store: storeUrl });
  try {
    await using _lock = await jobctl.lock('cleanup');
    await work();
    return 'done';
  } catch (error) {
    if (error instanceof JobctlError && error.code === 'LOCK_HELD') return 'left';
    throw error;
  }
};

/** A server that remembers the highest token of each thing it keeps, and what a client sends along. */
export const putGuarded = async (tokens: readonly number[]): Promise<readonly number[]> => {
  const guard = httpGuard();
  const server = createServer((request, response) => {
    const verdict = guard.check(request.url ?? '/', request.headers);
    response.writeHead(verdict.ok ? 204 : verdict.status).end(verdict.ok ? undefined : verdict.message);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const statuses: number[] = [];
    for (const token of tokens) {
      const headers = { ...fencingHeaders({ token }), connection: 'close' };
      statuses.push((await fetch(`http://127.0.0.1:${port}/report`, { method: 'PUT', body: 'x', headers })).status);
    }
    return statuses;
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
};
