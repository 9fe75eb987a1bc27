// Writes into configuration files. Comments, order and everything else in them stay as they are.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorText, usageError } from '../core/model/errors.ts';

/** Sets one value, `['profiles', 'prod', 'store']`; makes the file. A reader sees the old or the new file, never half of it. */
export const setInFile = async (file: string, path: readonly string[], value: string): Promise<void> => {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(existsSync(file) ? readFileSync(file, 'utf8') : '');
  // `profiles:` with nothing behind it is no place for anything.
  const empty = path
    .map((_, index) => path.slice(0, index))
    .find((above) => above.length > 0 && document.getIn(above) === null);
  if (empty !== undefined) document.deleteIn(empty);
  document.setIn(path, value);
  writeConfigFile(file, document.toString());
};

/** A new file, or in place of one. Throws CONFIG_UNWRITABLE. */
export const writeConfigFile = (file: string, text: string): void => {
  const draft = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(draft, text);
    renameSync(draft, file);
  } catch (cause) {
    throw usageError('CONFIG_UNWRITABLE', `cannot write the configuration ${file}`, {
      detail: errorText(cause),
      hint: 'choose another file with --config, or another folder',
      cause,
    });
  }
};
