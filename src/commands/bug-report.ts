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
    `jobctl ${argv.map(shown).join(' ')}`,
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

/** Values may be somebody's secrets: only the words before the first flag, and the names of flags. */
const shown = (word: string, index: number, argv: readonly string[]): string => {
  if (word.startsWith('-')) return word.split('=')[0] ?? '';
  const isBefore = !argv.slice(0, index).some((each) => each.startsWith('-'));
  return isBefore && /^[\w-]+$/.test(word) ? word : '...';
};
