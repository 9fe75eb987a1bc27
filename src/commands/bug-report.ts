// What a bug leaves behind: a file with all that its report needs, in the state folder, and its path in the error.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Env, stateFolder } from '../config/paths.ts';
import { EXIT, JobctlError } from '../core/model/errors.ts';
import { packageVersion } from './version.ts';

/** The same error, with the path; as it is where nothing can be written. */
export const withReport = (error: JobctlError, argv: readonly string[], env: Env, atMs: number): JobctlError => {
  const file = join(stateFolder(env), `bug-${atMs}.txt`);
  const stack = error.cause instanceof Error ? error.cause.stack : error.stack;
  const lines = [
    `jobctl ${packageVersion()}, Node ${process.versions.node}, ${process.platform} ${process.arch}`,
    // Words that a value follows may be secrets of somebody: only the command and its flags.
    `jobctl ${argv.map((word) => (/^[\w-]+$/.test(word) ? word : '...')).join(' ')}`,
    stack ?? error.message,
  ];
  try {
    mkdirSync(stateFolder(env), { recursive: true });
    writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  } catch {
    return error;
  }
  const hint = `report it with ${file}`;
  return new JobctlError('INTERNAL', EXIT.failed, error.message, {
    ...(error.detail ? { detail: error.detail } : {}),
    hint,
    cause: error.cause,
  });
};
