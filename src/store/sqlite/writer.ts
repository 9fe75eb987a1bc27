// Group commit: everything that is to be written in one turn of the event loop goes into one transaction, and a promise
// resolves only after its COMMIT. A transaction that finds the file locked by another process is tried again without
// blocking this one.
import type { DatabaseSync } from 'node:sqlite';
import { isBusy, storeError } from './errors.ts';

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
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

export class Writer {
  readonly #db: DatabaseSync;
  readonly #path: string;
  #pending: Write[] = [];
  #isScheduled = false;
  #busySinceMs: number | null = null;
  readonly #waiting: (() => void)[] = [];
  /** Transactions committed; group commit shows in it. */
  transactions = 0;

  constructor(db: DatabaseSync, path: string) {
    this.#db = db;
    this.#path = path;
  }

  /** `apply` runs inside a transaction that may hold other writes, perhaps more than once. */
  write<Result>(rows: number, apply: () => Result): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#pending.push({ rows, apply, resolve, reject });
      this.#schedule();
    });
  }

  /** Resolves when everything written so far is settled. */
  async flushed(): Promise<void> {
    if (this.#pending.length > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
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
    for (const [index, write] of batch.entries()) write.resolve(results[index] as never);
  }

  #rejectAll(batch: readonly Write[], error: unknown): void {
    for (const write of batch) write.reject(storeError(error, this.#path));
  }

  #next(): void {
    if (this.#pending.length > 0) this.#schedule();
    else for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
