// The commands of a document, run in order by a shell, as a reader would.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { Sandbox } from './processes.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Document {
  readonly name: string;
  /** Only what is under this heading; all of it without. */
  readonly section?: string;
  /** In place of 7070, which another test may have. */
  readonly port?: number;
  /**
   * What stands for a piece of a line, where that would take minutes, or is another machine's. The piece must be there, once;
   * `''` for a line is left out.
   */
  readonly instead?: Readonly<Record<string, string>>;
}

/** Runs its blocks of sh, in a folder of their own, up to the first failure. Resolves with their stdout. */
export const runDocument = async (sandbox: Sandbox, document: Document): Promise<string> => {
  const { port = 7070 } = document;
  const lines = linesOf(document);
  const isService = (line: string): boolean => /^(npx )?jobctl.*&( |$)/.test(line);
  const isCommand = (line: string): boolean => /^(npx jobctl|jobctl|npm run) /.test(line) && !isService(line);
  const first = lines.findIndex(isCommand);
  expect(first).toBeGreaterThanOrEqual(0);
  const services = lines.slice(0, first).filter(isService).join('\n');
  const script = [SETUP, ...lines.slice(0, first), readyOf(services), ...lines.slice(first)]
    .join('\n')
    .replaceAll('7070', String(port));
  const ended = await sandbox.shell(script, {
    PATH: `${programs(sandbox)}:${process.env.PATH}`,
    JOBCTL_API: `http://localhost:${port}`,
  });
  expect(ended.code, `${ended.stdout}\n${ended.stderr}`).toBe(0);
  return ended.stdout;
};

/** Its blocks of one language, in order. */
export const blocksOf = ({ name, section }: Document, language: string): readonly string[] => {
  const text = readFileSync(join(ROOT, name), 'utf8');
  const part = section === undefined ? text : (text.split(/^## /m).find((each) => each.startsWith(section)) ?? '');
  return [...part.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, block = '']) => block);
};

const linesOf = (document: Document): readonly string[] => {
  const { name, instead = {} } = document;
  let script = blocksOf(document, 'sh').join('');
  for (const [piece, other] of Object.entries(instead)) {
    expect(script.split(piece), `${name} has "${piece}" once`).toHaveLength(2);
    script = script.replace(piece, () => other);
  }
  return script.split('\n');
};

/** A folder with the programs that a reader types: jobctl, npx in a project that has it, npm in a checkout. */
const programs = (sandbox: Sandbox): string => {
  const folder = join(sandbox.folder, 'bin');
  mkdirSync(folder);
  const bin = join(ROOT, 'bin/jobctl.js');
  const npm = `PATH='${process.env.PATH}' exec npm --silent --prefix '${ROOT}'`;
  for (const [name, begin] of Object.entries({ jobctl: `exec ${bin}`, npx: `shift; exec ${bin}`, npm })) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${begin} "$@"\n`, { mode: 0o755 });
  }
  return folder;
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
