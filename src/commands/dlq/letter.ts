// How a dead letter looks, and how the ones that a filter means are collected.

import { parsePastMoment, resolveMoment } from '../../config/parse/time.ts';
import { parsePattern, parseText, parseTexts, wholeNumber } from '../../config/parse/values.ts';
import type { LetterView } from '../../core/job/letter-view.ts';
import { usageError } from '../../core/model/errors.ts';
import { LIST_ROWS_MAX } from '../../core/model/limits.ts';
import { isoTime } from '../../core/model/time.ts';
import { API_OPTIONS, type Ask } from '../ask.ts';
import { flag, option, type Values } from '../command.ts';
import type { Context } from '../context.ts';
import type { ListView, ResultView } from '../output/out.ts';
import type { Page } from '../page.ts';

/** Dead letters that one bulk command may touch. */
const BULK_MAX = 10_000;

export const FILTER_OPTIONS = {
  type: option('<types>', 'of these types', parseTexts),
  error: option('<regex>', 'whose error matches', parsePattern),
  since: option('<time>', 'dead since: 1h (ago), or an ISO time', parsePastMoment),
  queue: option('<name>', 'of this queue (default "default")', parseText),
  limit: option('<n>', `at most so many (at most ${BULK_MAX})`, wholeNumber(1, BULK_MAX)),
} as const;

export const BULK_OPTIONS = { ...FILTER_OPTIONS, all: flag('every dead letter'), ...API_OPTIONS } as const;

type Filter = Values<typeof FILTER_OPTIONS>;

const nameOf = ({ id }: { readonly id: string }): string => `job/${id}`;

export const LETTER_LIST: ListView<LetterView> = {
  name: nameOf,
  columns: [
    { header: 'ID', cell: ({ id }) => id },
    { header: 'TYPE', cell: ({ type }) => type },
    { header: 'ATTEMPTS', cell: ({ attempts }) => String(attempts) },
    { header: 'ERROR', cell: ({ error }) => error, tone: () => 'bad' },
    { header: 'QUEUE', cell: ({ queue }) => queue, wide: true },
    { header: 'AGE', cell: ({ failedAt }, format) => format.time(failedAt) },
  ],
};

export const LETTER_DETAIL: ResultView<LetterView> = {
  name: nameOf,
  text: (letter) =>
    Object.entries(letter)
      .map(([name, value]) => `${`${name}:`.padEnd(11)}${typeof value === 'object' ? JSON.stringify(value) : value}`)
      .join('\n'),
};

interface Wanted {
  readonly limit: number;
  readonly next?: string | undefined;
}

/** A page of what the filter means. Errors are matched here: a scheduler does not run patterns of others. */
export const letterPage = async (
  context: Context,
  ask: Ask,
  filter: Filter,
  { limit, next }: Wanted,
): Promise<Page<LetterView>> => {
  const { type, error, since, queue } = filter;
  const sinceText = since === undefined ? undefined : isoTime(resolveMoment(since, context.clock.wallMs()));
  const items: LetterView[] = [];
  let after = next;
  do {
    // Not more than are missing: the page ends where the next one begins.
    const rows = Math.min(LIST_ROWS_MAX, limit - items.length);
    const query = { type: type?.join(','), since: sinceText, queue, limit: rows, next: after };
    const page = await ask<Page<LetterView>>('deadLetterList', { query });
    items.push(...page.items.filter((letter) => error === undefined || error.test(letter.error)));
    after = page.next ?? undefined;
  } while (after !== undefined && items.length < limit);
  return { items, next: after ?? null };
};

/** The letters a bulk command is about. Throws when neither a filter nor --all was given. */
export const collectLetters = async (
  context: Context,
  ask: Ask,
  { all, limit = BULK_MAX, ...filter }: Filter & { readonly all: boolean | undefined },
): Promise<readonly LetterView[]> => {
  const { type, error, since, queue } = filter;
  if (all !== true && [type, error, since, queue].every((given) => given === undefined)) {
    throw usageError('OPTION_INVALID', 'neither ids nor a filter were given', {
      hint: 'name ids, or choose with --type, --error, --since, --queue or --all',
    });
  }
  return (await letterPage(context, ask, { ...filter, limit }, { limit })).items;
};
