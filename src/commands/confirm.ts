// The question before a change to many things. The default answer is no; without a terminal nobody is asked, and nothing
// is done until the command says --yes.
import { usageError } from '../core/model/errors.ts';
import type { Context } from './context.ts';

const SAMPLE = 3;

/** True to go on. Throws CONFIRMATION_NEEDED, with the exact command to run, where nobody can be asked. */
export const confirm = async (context: Context, question: string, names: readonly string[]): Promise<boolean> => {
  if (context.flags.yes) return true;
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
  for await (const chunk of stdin) {
    const answer = typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk);
    return /^y(es)?$/i.test(answer.trim());
  }
  return false;
};

const shellLine = (argv: readonly string[]): string =>
  ['jobctl', ...argv]
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`))
    .join(' ');
