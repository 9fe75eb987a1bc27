// The commands of a document, run in order by a shell, as a reader would.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { Sandbox } from './processes.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Blocks of ```sh, with the port of the API replaced: another test may have 7070. */
export const runDocument = async (sandbox: Sandbox, name: string, port: number): Promise<string> => {
  const text = readFileSync(join(ROOT, name), 'utf8');
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block);
  expect(blocks.length).toBeGreaterThan(0);
  const folder = join(sandbox.folder, 'bin');
  mkdirSync(folder);
  const shim = join(folder, 'jobctl');
  writeFileSync(shim, `#!/bin/sh\nexec ${join(ROOT, 'bin/jobctl.js')} "$@"\n`);
  chmodSync(shim, 0o755);
  // Once the scheduler answers; a reader takes longer to type.
  const ready =
    'until grep -q "API on" scheduler.log && ! jobctl bucket owners -o json | grep -q \'"owner":null\'; do :; done\n';
  const script = [
    SETUP,
    ...blocks.map((block, index) => (index === 0 ? block.replace(/^jobctl doctor/m, `${ready}jobctl doctor`) : block)),
  ]
    .join('\n')
    .replaceAll('7070', String(port));
  const ended = await sandbox.shell(script, {
    PATH: `${folder}:${process.env.PATH}`,
    JOBCTL_API: `http://localhost:${port}`,
  });
  expect(ended.code, `${ended.stdout}\n${ended.stderr}`).toBe(0);
  return ended.stdout;
};

const SETUP = "set -eu\ntrap 'kill $(jobs -p)' EXIT\n";
