// The small values of flags, configuration and bulk files. Each parser takes text and throws one clear usage error.
import { usageError } from '../../core/model/errors.ts';
import { didYouMean } from '../../core/model/suggest.ts';

export const parseText = (text: string): string => {
  if (text.trim() === '') throw usageError('OPTION_INVALID', 'the value is empty', { hint: 'give some text' });
  return text;
};

/** A parser of words that are all known: help, errors and completion name the same. */
export interface Choosing<Value, Word extends string> {
  (text: string): Value;
  readonly choices: readonly Word[];
}

/** One of the known words; a near miss is named in the hint. */
export const oneOf = <const Word extends string>(words: readonly Word[]): Choosing<Word, Word> =>
  Object.assign(
    (text: string): Word => {
      const word = words.find((each) => each === text);
      if (word !== undefined) return word;
      throw usageError('OPTION_INVALID', `"${text}" is not one of ${words.join(', ')}`, {
        hint: `${didYouMean(text, words)}choose ${words.slice(0, -1).join(', ')} or ${words.at(-1)}`,
      });
    },
    { choices: words },
  );

/** The words that a parser knows; none of one that takes any text. */
export const choicesOf = ({ parse }: { readonly parse: (text: string) => unknown }): readonly string[] =>
  (parse as Partial<Choosing<unknown, string>>).choices ?? [];

/** Words separated by commas, each one of the known. */
export const listOf = <const Word extends string>(words: readonly Word[]): Choosing<readonly Word[], Word> =>
  Object.assign((text: string): readonly Word[] => text.split(',').map((part) => oneOf(words)(part.trim())), {
    choices: words,
  });

/** `none` takes away what was set. */
export const orNone =
  <Value>(parse: (text: string) => Value) =>
  (text: string): Value | null =>
    text.trim().toLowerCase() === 'none' ? null : parse(text);

export const parseTexts = (text: string): readonly string[] => text.split(',').map((part) => parseText(part.trim()));

export const wholeNumber =
  (from: number, to: number) =>
  (text: string): number => {
    const number = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (number >= from && number <= to) return number;
    throw usageError('OPTION_INVALID', `"${text}" is not a whole number from ${from} to ${to}`, {
      hint: `give a number from ${from} to ${to}`,
    });
  };

/** A share: 0 to 1, or 0% to 100%. */
export const parseShare = (text: string): number => {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim());
  const share = match === null ? Number.NaN : Number(match[1]) / (match[2] === '%' ? 100 : 1);
  if (share >= 0 && share <= 1) return share;
  throw usageError('OPTION_INVALID', `"${text}" is not a share from 0 to 1`, { hint: 'give 0.2 or 20%' });
};

/** `10/s`, `600/m` or `10`: how many a second. */
export const parseRate = (text: string): number => {
  const match = /^(\d+(?:\.\d+)?)(?:\/(s|m|h))?$/.exec(text.trim());
  const perSecond =
    match === null ? 0 : Number(match[1]) / { s: 1, m: 60, h: 3_600 }[(match[2] ?? 's') as 's' | 'm' | 'h'];
  if (perSecond > 0) return perSecond;
  throw usageError('OPTION_INVALID', `"${text}" is not a rate`, { hint: 'write it as 10/s or 600/m' });
};

export const parsePattern = (text: string): RegExp => {
  try {
    return new RegExp(text, 'i');
  } catch (cause) {
    throw usageError('OPTION_INVALID', `"${text}" is not a regular expression`, {
      detail: cause instanceof Error ? cause.message : String(cause),
      hint: 'escape special characters with a backslash',
    });
  }
};

/** JSON text, checked and returned as it was written. Throws JSON_INVALID with the place. */
export const parseJsonText = (text: string): string => {
  try {
    JSON.parse(text);
    return text.trim();
  } catch (cause) {
    throw usageError('JSON_INVALID', 'the payload is not valid JSON', {
      detail: cause instanceof Error ? cause.message : String(cause),
      hint: `quote it for the shell: --payload '{"to":"a@example.org"}', or read it from a file: --payload @job.json`,
    });
  }
};
