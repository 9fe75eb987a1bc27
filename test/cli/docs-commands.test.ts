// Every command in the documentation is one that this program takes. The pages are run as documents, too (runDocument): here an error has its line, within a second.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parseArgv } from '../../src/commands/program.ts';
import { COMMANDS } from '../../src/commands/registry.ts';
import { shellCommands } from '../support/shell-words.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGES = ['README.md', ...readdirSync(`${ROOT}docs`).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
);

/** Lines of sh blocks; those that go on behind a backslash are one. */
const linesOf = (page: string): readonly string[] =>
  [...readFileSync(ROOT + page, 'utf8').matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) =>
    block.replaceAll('\\\n', ' ').split('\n'),
  );

/** `npx jobctl x`, `ID=$(jobctl x)`, `... | jobctl x -`: the words behind jobctl. */
const commandsOf = (line: string): readonly (readonly string[])[] => {
  const code = line.replace(/(^|\s)#.*$/, '').replace(/^\w+=\$\((.*?)\)?$/, '$1');
  return shellCommands(code).flatMap((words) => {
    const at = words.indexOf('jobctl');
    return at === 0 || (at === 1 && words[0] === 'npx') ? [words.slice(at + 1)] : [];
  });
};

test.each(PAGES.filter((page) => linesOf(page).some((line) => commandsOf(line).length > 0)))('%s', async (page) => {
  const wrong: string[] = [];
  for (const line of linesOf(page)) {
    for (const words of commandsOf(line)) {
      await parseArgv(COMMANDS, words).catch((error: unknown) => wrong.push(`${line}\n  ${String(error)}`));
    }
  }
  expect(wrong).toEqual([]);
});
