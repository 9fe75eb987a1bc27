// Group commit: everything that is to be written in one turn of the event loop goes into one transaction, and a promise
// resolves only when that is on the disk. A transaction that finds the file locked by another process is tried again without
// blocking this one.
import type { DatabaseSync } from 'node:sqlite';
import { isBusy, storeError } from './errors.ts';
import type { Log } from './write-ahead-log.ts';

/** Rows of one transaction: keeps other processes' waits short. */
const TRANSACTION_ROWS_MAX = 500;
/** How long a locked file is waited for, ms. */
const BUSY_TIMEOUT_MS = 10_000;
/** Another process's transaction takes less than this, ms: it is tried again in every turn of the event loop. */
const BUSY_BRIEFLY_MS = 2;
/** After that, the longest wait between two tries, ms; random, so that processes do not march in step. */
const BUSY_RETRY_MS = 5;

interface Write {
  readonly rows: number;
  readonly apply: () => unknown;
  readonly hint: boolean;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

export interface WriterOptions {
  readonly log: Log;
  /** Rows that were written with a hint can be read. */
  readonly hint: () => void;
}

export class Writer {
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #options: WriterOptions;
  #pending: Write[] = [];
  #isScheduled = false;
  /** Transactions that are not on the disk yet. */
  #unsynced = 0;
  #busySinceMs: number | null = null;
  readonly #waiting: (() => void)[] = [];
  /** Transactions committed; group commit shows in it. */
  transactions = 0;

  constructor(db: DatabaseSync, path: string, options: WriterOptions) {
    this.#db = db;
    this.#path = path;
    this.#options = options;
  }

  /** `apply` runs inside a transaction that may hold other writes, perhaps more than once. */
  write<Result>(rows: number, apply: () => Result, hint = false): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#pending.push({ rows, apply, hint, resolve, reject });
      this.#schedule();
    });
  }

  /** Resolves when everything written so far is settled. */
  async flushed(): Promise<void> {
    if (this.#pending.length + this.#unsynced > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#isScheduled = false;
    const batch = this.#takeBatch();
    try {
      this.#db.exec('BEGIN IMMEDIATE');
    } catch (error) {
      this.#notBegun(batch, error);
      return;
    }
    this.#busySinceMs = null;
    this.#commit(batch);
    this.#next();
  }

  #takeBatch(): Write[] {
    let rows = 0;
    let count = 0;
    for (const write of this.#pending) {
      rows += write.rows;
      if (count > 0 && rows > TRANSACTION_ROWS_MAX) break;
      count += 1;
    }
    return this.#pending.splice(0, count);
  }

  #notBegun(batch: readonly Write[], error: unknown): void {
    this.#busySinceMs ??= performance.now();
    const busyMs = performance.now() - this.#busySinceMs;
    if (isBusy(error) && busyMs < BUSY_TIMEOUT_MS) {
      this.#pending.unshift(...batch);
      this.#isScheduled = true;
      if (busyMs < BUSY_BRIEFLY_MS) setImmediate(() => this.#flush());
      else setTimeout(() => this.#flush(), Math.random() * BUSY_RETRY_MS);
      return;
    }
    this.#busySinceMs = null;
    this.#rejectAll(batch, error);
    this.#next();
  }

  /** A write that fails takes none of the others with it: they are tried again without it. */
  #commit(batch: readonly Write[]): void {
    const results: unknown[] = [];
    try {
      for (const write of batch) results.push(write.apply());
      this.#db.exec('COMMIT');
      this.transactions += 1;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      const failed = batch[results.length];
      if (failed === undefined) this.#rejectAll(batch, error);
      else {
        failed.reject(storeError(error, this.#path));
        this.#pending.unshift(...batch.filter((write) => write !== failed));
      }
      return;
    }
    if (batch.some(({ hint }) => hint)) this.#options.hint();
    void this.#acknowledge(batch, results);
  }

  async #acknowledge(batch: readonly Write[], results: readonly unknown[]): Promise<void> {
    const { log } = this.#options;
    this.#unsynced += 1;
    try {
      await log.synced();
      for (const [index, write] of batch.entries()) write.resolve(results[index] as never);
      log.wrote(batch.reduce((rows, write) => rows + write.rows, 0));
    } catch (error) {
      this.#rejectAll(batch, error);
    }
    this.#unsynced -= 1;
    if (this.#pending.length === 0) this.#next();
  }

  #rejectAll(batch: readonly Write[], error: unknown): void {
    for (const write of batch) write.reject(storeError(error, this.#path));
  }

  #next(): void {
    if (this.#pending.length > 0) this.#schedule();
    else if (this.#unsynced === 0) for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
