// jobctl help [COMMAND | TOPIC].

import { EXIT, usageError } from '../core/model/errors.ts';
import { didYouMean } from '../core/model/suggest.ts';
import { type Command, defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { GLOBAL_FLAGS } from './global-flags.ts';
import { commandHelp, NOUNS, nounHelp, rootHelp } from './help.ts';

/** It explains all commands, itself included, so it gets the list when it runs. */
export const createHelp = (commands: () => readonly Command[]): Command =>
  defineCommand({
    name: 'help',
    summary: 'explain a command or a topic',
    arguments: '[topic...]',
    options: {},
    examples: [
      { does: 'what the exit codes mean', line: 'jobctl help exit-codes' },
      { does: 'a command', line: 'jobctl help job list' },
    ],
    async run(context, words) {
      const text = await helpText(words.join(' '), commands());
      if (context.out.isStructured)
        context.out.result({ topic: words.join(' '), text }, { name: () => 'help', text: () => text });
      else if (!(await shownByPager(context, text))) context.io.stdout.write(text);
      return EXIT.ok;
    },
  });

/** By the reader's $PAGER, where there is one and the text is higher than the screen; false: it was not shown. */
const shownByPager = async ({ io: { env, terminal, stdout } }: Context, text: string): Promise<boolean> => {
  const rows = terminal?.stdout.rows;
  if (!env.PAGER || rows === undefined || !stdout.isTTY || text.split('\n').length <= rows) return false;
  const { execa } = await import('execa');
  const options = { shell: true, reject: false, input: text, stdout: 'inherit', stderr: 'inherit' } as const;
  const { exitCode } = await execa(env.PAGER, options);
  return exitCode === 0;
};

const helpText = async (asked: string, commands: readonly Command[]): Promise<string> => {
  const { topics } = await import('./topics.ts');
  if (asked === '') return rootHelp(commands);
  const command = commands.find(({ name }) => name === asked);
  if (command !== undefined) return commandHelp(command);
  if (NOUNS[asked] !== undefined) return nounHelp(asked, commands);
  const known = topics(GLOBAL_FLAGS);
  const text = known[asked];
  if (text !== undefined) return text;
  const names = [...Object.keys(known), ...commands.map(({ name }) => name)];
  throw usageError('COMMAND_UNKNOWN', `no help about "${asked}"`, {
    hint: `${didYouMean(asked, names)}topics: ${Object.keys(known).join(', ')}`,
  });
};
