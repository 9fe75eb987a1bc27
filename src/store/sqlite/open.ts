// Opens the embedded store: one file that several processes use at once. An acknowledged write survives `kill -9` and,
// where fsync is honest, a power cut.
import { closeSync, existsSync, mkdirSync, openSync, statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { usageError } from '../../core/model/errors.ts';
import type { NodeRow, Store } from '../../core/ports/store.ts';
import type { OpenOptions } from '../open.ts';
import { createDoorbell } from './doorbell.ts';
import { CANNOT_OPEN, isBusy, schemaNewer, storeError, systemError } from './errors.ts';
import { createHousekeeping } from './housekeeping.ts';
import { createJobStore } from './jobs.ts';
import { createCheckpointStore, createLockStore } from './locks.ts';
import { createPlacementStore } from './placements.ts';
import { createDeadLetterStore, createKeyStore, createMemberStore } from './records.ts';
import { createScheduleStore } from './schedules.ts';
import { MIGRATIONS, SCHEMA_VERSION } from './schema.ts';
import { createLog, noLog } from './write-ahead-log.ts';
import { Writer } from './writer.ts';

const BUCKETS_DEFAULT = 16;
/** Tries to set up a file that other processes are setting up, and the longest wait between them, ms. */
const SETUP_TRIES_MAX = 200;
const SETUP_RETRY_MS = 50;
/** File systems without the shared memory that WAL needs (statfs(2)): NFS, SMB, CIFS, SMB2. */
const NETWORK_FILE_SYSTEMS = [0x6969, 0x517b, 0xff534d42, 0xfe534d42];
/** The file `FILE-wal` is cut to this after a checkpoint, bytes. */
const WAL_BYTES_MAX = 64 * 1024 * 1024;
const MEMORY = ':memory:';

/** `file` may be `:memory:`, for this process only. */
export const openSqlite = async (file: string, { bucketCount, wallMs = Date.now }: OpenOptions): Promise<Store> => {
  const path = file === MEMORY ? MEMORY : resolve(file);
  const { DatabaseSync } = await loadSqlite();
  if (path !== MEMORY) createFile(path);
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(path, { timeout: 0, enableForeignKeyConstraints: false });
    const count = await setUp(db, path, bucketCount);
    return createStore(db, { path, bucketCount: count, wallMs });
  } catch (error) {
    db?.close();
    throw storeError(error, path);
  }
};

/** Node announces node:sqlite as experimental on stderr, where people would read it as jobctl's own. */
const loadSqlite = async (): Promise<typeof import('node:sqlite')> => {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return await import('node:sqlite');
  } finally {
    process.emitWarning = emitWarning;
  }
};

/** SQLite would create it readable for everybody. */
const createFile = (path: string): void => {
  try {
    createFolder(dirname(path));
    closeSync(openSync(path, 'a', 0o600));
  } catch (error) {
    throw storeError(systemError(error, CANNOT_OPEN), path);
  }
  if (NETWORK_FILE_SYSTEMS.includes(statfsSync(path).type)) {
    throw usageError('STORE_URL_INVALID', `${path} is on a network file system, where SQLite is not safe`, {
      hint: 'name a file on a local disk',
    });
  }
};

/** Folder by folder: where the system answers ENOENT to mkdir itself, as below /proc, Node's own recursion never ends. */
const createFolder = (path: string): void => {
  if (existsSync(path)) return;
  createFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another process was faster
  }
};

/** Returns the number of buckets. Several processes may do this at once. */
const setUp = async (db: DatabaseSync, path: string, wanted: number | undefined): Promise<number> => {
  for (let tried = 1; ; tried += 1) {
    try {
      return setUpOnce(db, path, wanted);
    } catch (error) {
      if (!isBusy(error) || tried >= SETUP_TRIES_MAX) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * SETUP_RETRY_MS));
    }
  }
};

const setUpOnce = (db: DatabaseSync, path: string, wanted: number | undefined): number => {
  // NORMAL keeps the file whole whatever happens; that what is acknowledged is on the disk is up to write-ahead-log.ts.
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -32000;
    PRAGMA mmap_size = 0; PRAGMA journal_size_limit = ${WAL_BYTES_MAX}`);
  if (versionOf(db) !== SCHEMA_VERSION) {
    db.exec('BEGIN IMMEDIATE');
    try {
      const found = versionOf(db);
      if (found > SCHEMA_VERSION) throw schemaNewer(path, found, SCHEMA_VERSION);
      for (const statements of MIGRATIONS.slice(found)) db.exec(statements);
      if (found === 0) db.prepare("INSERT INTO meta VALUES ('buckets', ?)").run(String(wanted ?? BUCKETS_DEFAULT));
      db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
      db.exec('COMMIT');
    } catch (error) {
      db.exec('ROLLBACK');
      throw error;
    }
  }
  const count = Number(db.prepare("SELECT value FROM meta WHERE name = 'buckets'").get()?.value);
  if (wanted !== undefined && wanted !== count) {
    throw usageError('BUCKET_RANGE_INVALID', `${path} has ${count} buckets, not ${wanted}`, {
      hint: 'the number is fixed when the store is created; leave the option out, or name another file',
    });
  }
  return count;
};

/** The file is the one node, and it answers: else there were no store. */
const fileNode = (db: DatabaseSync, path: string): NodeRow => {
  const startMs = performance.now();
  const row = db.prepare('SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size').get();
  const version = String(db.prepare('SELECT sqlite_version() AS version').get()?.version);
  return {
    ...{ address: path, dc: null, rack: null, version, state: 'up', clockOffsetMs: 0 },
    ...{ answerMs: performance.now() - startMs, storedBytes: Number(row?.bytes) },
  };
};

const versionOf = (db: DatabaseSync): number => Number(db.prepare('PRAGMA user_version').get()?.user_version);

const createStore = (
  db: DatabaseSync,
  { path, bucketCount, wallMs }: { readonly path: string; readonly bucketCount: number; readonly wallMs: () => number },
): Store => {
  const log = path === MEMORY ? noLog : createLog(db, path);
  const doorbell = createDoorbell(path === MEMORY ? null : `${path}-doorbell`);
  const writer = new Writer(db, path, { log, hint: doorbell.ring });
  const members = createMemberStore(db, writer, wallMs);
  const keepHouse = createHousekeeping(db, writer, wallMs);
  return {
    url: `sqlite:${path}`,
    bucketCount,
    wallMs: async () => wallMs(),
    nodeList: async () => [fileNode(db, path)],
    tableList: async () => [],
    ...createJobStore(db, writer),
    ...createCheckpointStore(db, writer),
    ...createLockStore(db, writer),
    ...createKeyStore(db, writer, wallMs),
    ...createDeadLetterStore(db, writer),
    ...createPlacementStore(db, writer),
    ...createScheduleStore(db, writer, { bucketCount, wallMs }),
    ...members,
    memberWrite: async (row, ttlMs) => {
      await members.memberWrite(row, ttlMs);
      await keepHouse();
    },
    hintSubscribe: doorbell.hintSubscribe,
    [Symbol.asyncDispose]: async () => {
      await writer.flushed();
      doorbell.close();
      log.close();
      if (db.isOpen) db.close();
    },
  };
};
