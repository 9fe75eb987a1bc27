// Writes docs/cli and man (`npm run docs`); a test says when they are out of date.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { cliDocs } from './cli-docs.ts';

const root = new URL('../', import.meta.url);
for (const folder of ['docs/cli/', 'man/']) {
  rmSync(new URL(folder, root), { recursive: true, force: true });
  mkdirSync(new URL(folder, root));
}
for (const [path, text] of cliDocs()) writeFileSync(new URL(path, root), text);
