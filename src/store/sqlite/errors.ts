// What SQLite's result codes (sqlite.org/rescode.html) mean to a user.
import { EXIT, JobctlError, unavailableError, usageError } from '../../core/model/errors.ts';

const BUSY = 5;
const LOCKED = 6;
const READ_ONLY = 8;
export const IO = 10;
const CORRUPT = 11;
const FULL = 13;
export const CANNOT_OPEN = 14;
const NOT_A_DATABASE = 26;

/** The primary result code, whatever the extended one says; null for other errors. */
const codeOf = (error: unknown): number | null => {
  const code = (error as { readonly errcode?: unknown } | null)?.errcode;
  return typeof code === 'number' ? code & 0xff : null;
};

/** SQLite's code for what the operating system said. */
const CODES: Readonly<Record<string, number>> = { ENOSPC: FULL, EROFS: READ_ONLY, EACCES: READ_ONLY, EPERM: READ_ONLY };

/** As SQLite would have said it. */
export const systemError = (error: unknown, otherwise: number): Error => {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return Object.assign(new Error(message), { errcode: CODES[code] ?? otherwise });
};

export const isBusy = (error: unknown): boolean => [BUSY, LOCKED].includes(codeOf(error) ?? 0);

/** `path` is for the message. Errors that are not SQLite's stay what they are. */
export const storeError = (error: unknown, path: string): unknown => {
  const extras = { cause: error, detail: error instanceof Error ? error.message : String(error) };
  switch (codeOf(error)) {
    case null:
      return error;
    case BUSY:
    case LOCKED:
      return unavailableError('STORE_UNAVAILABLE', `the database ${path} is busy`, {
        ...extras,
        hint: 'another process holds it for long; try again',
      });
    case READ_ONLY:
      return unavailableError('STORE_READ_ONLY', `the database ${path} cannot be written`, {
        ...extras,
        hint: 'change the permissions of the file and its folder, or use another file',
      });
    case FULL:
      return unavailableError('STORE_DISK_FULL', `the disk of ${path} is full; this write was not kept`, {
        ...extras,
        hint: 'free space, then repeat',
      });
    case CORRUPT:
    case NOT_A_DATABASE:
      return new JobctlError('STORE_CORRUPT', EXIT.failed, `${path} is damaged, or not a jobctl database`, {
        ...extras,
        hint: 'restore a backup, or name another file with --store sqlite:FILE',
      });
    case CANNOT_OPEN:
      return unavailableError('STORE_READ_ONLY', `the database ${path} cannot be opened or created`, {
        ...extras,
        hint: 'check the path and its permissions',
      });
    case IO:
      return unavailableError('STORE_UNAVAILABLE', `reading or writing ${path} failed`, {
        ...extras,
        hint: 'look at the disk and the system log',
      });
    default:
      return unavailableError('STORE_UNAVAILABLE', `the database ${path} refused an operation`, {
        ...extras,
        hint: 'run it with --debug and report it',
      });
  }
};

export const schemaNewer = (path: string, found: number, known: number): JobctlError =>
  usageError('SCHEMA_NEWER', `${path} was written by a newer jobctl`, {
    detail: `its schema has version ${found}, this program knows ${known}`,
    hint: 'upgrade jobctl, or name another file with --store sqlite:FILE',
  });
