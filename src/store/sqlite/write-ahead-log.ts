// The write-ahead log of the file: what was committed is acknowledged when the log is on the disk, and is copied into the file now
// and then. SQLite would do both inside of COMMIT: the sync while others wait for the lock, the copy again and again while anybody
// reads (docs/decisions/013-the-log-is-synced-after-commit.md).
import { closeSync, fdatasync, openSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { jointRun } from '../joint-run.ts';
import { IO, systemError } from './errors.ts';

/** Pages of 4 KB that this process adds to the log between two copies of it into the file, as far as they can be estimated. */
const CHECKPOINT_PAGES = 2_000;
const PAGES_PER_COMMIT = 4;
const ROWS_PER_PAGE = 5;

export interface Log {
  /**
   * Resolves when everything that was committed before is on the disk. Once that has failed it fails for ever: the system reports what it
   * could not write but once, and later syncs would vouch for a log with a hole.
   */
  synced(): Promise<void>;
  /** So many rows were committed. */
  wrote(rows: number): void;
  close(): void;
}

/** Of a database in memory. */
export const noLog: Log = { synced: async () => {}, wrote: () => {}, close: () => {} };

/** `sync` is for tests. */
export const createLog = (db: DatabaseSync, path: string, sync = promisify(fdatasync)): Log => {
  let file: number | null = null;
  let failure: Error | null = null;
  let pages = 0;
  const syncFile = async (): Promise<void> => {
    if (failure !== null) throw failure;
    try {
      file ??= openSync(`${path}-wal`, 'r+'); // stays the same file as long as anybody has the database open
      await sync(file);
    } catch (error) {
      failure = systemError(error, IO);
      throw failure;
    }
  };
  const checkpoint = (): void => {
    try {
      if (db.isOpen) db.exec('PRAGMA wal_checkpoint(PASSIVE)');
    } catch {
      // Nothing is lost: the log keeps what it has, and the next try comes.
    }
  };
  return {
    synced: jointRun(syncFile),
    wrote: (rows) => {
      pages += PAGES_PER_COMMIT + rows / ROWS_PER_PAGE;
      if (pages < CHECKPOINT_PAGES) return;
      pages = 0;
      setImmediate(checkpoint);
    },
    close: () => {
      if (file !== null) closeSync(file);
      file = null;
    },
  };
};
