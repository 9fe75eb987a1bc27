// The commands of a document, run in order by a shell, as a reader would.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { Sandbox } from './processes.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Document {
  readonly name: string;
  /** Only what is under this heading; all of it without. */
  readonly section?: string;
  /** In place of 7070, which another test may have. */
  readonly port?: number;
}

/** Runs its blocks of sh, in a folder of their own, up to the first failure. Resolves with their stdout. */
export const runDocument = async (sandbox: Sandbox, { name, section, port = 7070 }: Document): Promise<string> => {
  const text = readFileSync(join(ROOT, name), 'utf8');
  const part = section === undefined ? text : (text.split(/^## /m).find((each) => each.startsWith(section)) ?? '');
  const lines = [...part.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) => block.split('\n'));
  const isService = (line: string): boolean => /^(npx )?jobctl.*&( |$)/.test(line);
  const first = lines.findIndex((line) => /^(npx )?jobctl/.test(line) && !isService(line));
  expect(first).toBeGreaterThanOrEqual(0);
  const services = lines.slice(0, first).filter(isService).join('\n');
  const folder = join(sandbox.folder, 'bin');
  mkdirSync(folder);
  const commands = { jobctl: 'exec', npx: 'shift; exec' };
  for (const [command, begin] of Object.entries(commands)) {
    writeFileSync(join(folder, command), `#!/bin/sh\n${begin} ${join(ROOT, 'bin/jobctl.js')} "$@"\n`);
    chmodSync(join(folder, command), 0o755);
  }
  const script = [SETUP, ...lines.slice(0, first), readyOf(services), ...lines.slice(first)]
    .join('\n')
    .replaceAll('7070', String(port));
  const ended = await sandbox.shell(script, {
    PATH: `${folder}:${process.env.PATH}`,
    JOBCTL_API: `http://localhost:${port}`,
  });
  expect(ended.code, `${ended.stdout}\n${ended.stderr}`).toBe(0);
  return ended.stdout;
};

const SETUP = "set -eu\ntrap 'kill $(jobs -p) 2> /dev/null || true' EXIT\n";
/** Until worker and scheduler have what they take; a reader takes longer to type. */
const readyOf = (services: string): string => {
  const scheduler = services.includes('scheduler') ? 'grep -q "API on" scheduler.log 2> /dev/null' : 'true';
  const worker = services.includes('worker') ? '! jobctl bucket owners -o json | grep -q \'"owner":null\'' : 'true';
  return `until ${scheduler} && ${worker}; do :; done`;
};

export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
