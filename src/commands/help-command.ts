// jobctl help [COMMAND | TOPIC].

import { EXIT, usageError } from '../core/model/errors.ts';
import { didYouMean } from '../core/model/suggest.ts';
import { type Command, defineCommand } from './command.ts';
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
      else context.io.stdout.write(text);
      return EXIT.ok;
    },
  });

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
