// The question before a change to many things. The default answer is no; without a terminal nobody is asked, and nothing
// is done until the command says --yes.
import { usageError } from '../core/model/errors.ts';
import type { Context } from './context.ts';
import { assertChanges } from './plan.ts';

const SAMPLE = 3;

/** True to go on. Throws CONFIRMATION_NEEDED, with the exact command to run, where nobody can be asked. */
export const confirm = async (context: Context, question: string, names: readonly string[]): Promise<boolean> => {
  assertChanges(context, question);
  if (context.flags.yes || context.flags.dryRun) return true;
  const { stdin, stderr } = context.io;
  const more = names.length - SAMPLE;
  const sample = names.slice(0, SAMPLE).join(', ') + (more > 0 ? ` and ${more} more` : '');
  if (!stdin.isTTY || !stderr.isTTY || context.out.isStructured) {
    throw usageError('CONFIRMATION_NEEDED', question, {
      detail: sample,
      hint: `to do it: ${shellLine(context.argv)} --yes`,
    });
  }
  stderr.write(`${sample}\n${question} [y/N] `);
  return /^y(es)?$/i.test(await answerTo(stdin));
};

const shellLine = (argv: readonly string[]): string =>
  ['jobctl', ...argv]
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`))
    .join(' ');

export interface NameQuestion {
  /** What is about to be changed, as it is now. */
  readonly what: string;
  /** `take it over`. */
  readonly does: string;
  readonly name: string;
  /** From `--confirm`. */
  readonly given: string | undefined;
}

/** For what cannot be undone and hurts others: the name must be typed, or given by `--yes --confirm NAME`. */
export const confirmName = async (context: Context, { what, does, name, given }: NameQuestion): Promise<boolean> => {
  if (given !== undefined && given !== name) {
    throw usageError('OPTION_INVALID', `--confirm is "${given}", and the name is "${name}"`, {
      hint: 'give the same name twice, to be sure that it is the right one',
    });
  }
  assertChanges(context, does);
  if (context.flags.dryRun || (context.flags.yes && given === name)) return true;
  const { stdin, stderr } = context.io;
  if (!stdin.isTTY || !stderr.isTTY || context.out.isStructured) {
    const words = context.argv.filter((word, index) => !isConfirmation(word, context.argv[index - 1]));
    throw usageError('CONFIRMATION_NEEDED', `${does}? The name must be given once more`, {
      detail: what,
      hint: `to do it: ${shellLine(words)} --yes --confirm ${name}`,
    });
  }
  stderr.write(`${what}\n${does}? Type the name to go on: `);
  const answer = await answerTo(stdin);
  if (answer === name) return true;
  stderr.write('that is not the name: nothing was done\n');
  return false;
};

const isConfirmation = (word: string, before: string | undefined): boolean =>
  word === '--yes' || word === '-y' || /^--confirm\b/.test(word) || before === '--confirm';

/** The line that somebody types. */
export const answerTo = async (stdin: Context['io']['stdin']): Promise<string> => {
  for await (const chunk of stdin) {
    return (typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk)).trim();
  }
  return '';
};
