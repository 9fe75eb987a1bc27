// The ceiling of the embedded store: the statements that jobctl sent, sent again by nobody but SQLite's own binding. What they commit is
// as durable as jobctl's, and as jobctl does it sends on while the disk syncs.
import { closeSync, fdatasync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { nextTurn } from '../../platform/exact-sleep.ts';
import { machineMs } from '../../platform/machine-time.ts';
import { Recording } from './recording.ts';

const syncFile = promisify(fdatasync);

type Method = 'run' | 'get' | 'all' | 'exec';
interface Sent {
  readonly sql: string;
  readonly method: Method;
  readonly params: readonly never[];
}

/** Everything that is sent, from the opening of a database on. */
export class SqliteCapture extends Recording<Sent> implements Disposable {
  readonly #prepare = DatabaseSync.prototype.prepare;
  readonly #exec = DatabaseSync.prototype.exec;

  constructor() {
    super();
    const { sent } = this;
    const [prepare, exec] = [this.#prepare, this.#exec];
    DatabaseSync.prototype.prepare = function prepared(this: DatabaseSync, sql: string, ...rest: []) {
      const statement = prepare.call(this, sql, ...rest);
      for (const method of ['run', 'get', 'all'] as const) {
        const original = statement[method] as (...params: readonly never[]) => unknown;
        const kept = (...params: readonly never[]): unknown => {
          sent.push({ sql, method, params });
          return original.call(statement, ...params);
        };
        Object.defineProperty(statement, method, { value: kept });
      }
      return statement;
    };
    DatabaseSync.prototype.exec = function executed(this: DatabaseSync, sql: string) {
      sent.push({ sql, method: 'exec', params: [] });
      exec.call(this, sql);
    };
  }

  [Symbol.dispose](): void {
    DatabaseSync.prototype.prepare = this.#prepare;
    DatabaseSync.prototype.exec = this.#exec;
  }

  /** Sends all of it again, to an empty file of the folder; how long the part from `begin` to `end` took, ms. */
  async replay(folder: string): Promise<number> {
    const path = join(folder, 'ceiling.db');
    const db = new DatabaseSync(path);
    let log: number | null = null;
    try {
      const statements = new Map<string, StatementSync>();
      const send = ({ sql, method, params }: Sent): void => {
        if (method === 'exec') {
          db.exec(sql);
          return;
        }
        let statement = statements.get(sql);
        if (statement === undefined) {
          statement = db.prepare(sql);
          statements.set(sql, statement);
        }
        statement[method](...params);
      };
      const { before, timed } = this;
      for (const each of before) send(each);
      log = openSync(`${path}-wal`, 'r+');
      const startMs = machineMs();
      let syncing: Promise<void> | null = null;
      for (const each of timed) {
        send(each);
        if (each.sql !== 'COMMIT') continue;
        syncing ??= syncFile(log).then(() => {
          syncing = null;
        });
        await nextTurn();
      }
      await syncing;
      await syncFile(log);
      return machineMs() - startMs;
    } finally {
      if (log !== null) closeSync(log);
      db.close();
    }
  }
}
