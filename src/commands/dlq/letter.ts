// How a dead letter looks, and how the ones that a filter means are collected.
import { parsePastMoment, resolveMoment } from '../../config/parse/time.ts';
import { parsePattern, parseText, parseTexts, wholeNumber } from '../../config/parse/values.ts';
import type { LetterView } from '../../core/job/letter-view.ts';
import { usageError } from '../../core/model/errors.ts';
import type { DeadLetterRow } from '../../core/model/job.ts';
import type { Store } from '../../core/ports/store.ts';
import { flag, option, type Values } from '../command.ts';
import type { ListView, ResultView } from '../output/out.ts';

/** Dead letters that one bulk command may touch. */
const BULK_MAX = 10_000;
/** Letters read at once. */
const PAGE = 500;

export const FILTER_OPTIONS = {
  type: option('<types>', 'of these types', parseTexts),
  error: option('<regex>', 'whose error matches', parsePattern),
  since: option('<time>', 'dead since: 1h (ago), or an ISO time', parsePastMoment),
  queue: option('<name>', 'of this queue (default "default")', parseText),
  limit: option('<n>', `at most so many (at most ${BULK_MAX})`, wholeNumber(1, BULK_MAX)),
} as const;

export const BULK_OPTIONS = { ...FILTER_OPTIONS, all: flag('every dead letter') } as const;

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

/** What core's list takes. */
export const filterOf = ({ type, error, since, queue }: Filter, nowMs: number) => ({
  ...(type === undefined ? {} : { types: type }),
  ...(error === undefined ? {} : { errorPattern: error }),
  ...(since === undefined ? {} : { sinceMs: resolveMoment(since, nowMs) }),
  ...(queue === undefined ? {} : { queue }),
});

/** The letters a bulk command is about. Throws when neither a filter nor --all was given. */
export const collectLetters = async (
  store: Store,
  options: Filter & { readonly all: boolean | undefined },
): Promise<readonly DeadLetterRow[]> => {
  const { type, error, since, queue, all, limit = BULK_MAX } = options;
  if (all !== true && [type, error, since, queue].every((filter) => filter === undefined)) {
    throw usageError('OPTION_INVALID', 'neither ids nor a filter were given', {
      hint: 'name ids, or choose with --type, --error, --since, --queue or --all',
    });
  }
  const { deadLetterList } = await import('../../core/job/dead-letter.ts');
  const nowMs = await store.wallMs();
  const letters: DeadLetterRow[] = [];
  let next: string | null = null;
  do {
    const page = { limit: Math.min(PAGE, limit - letters.length), ...(next === null ? {} : { next }) };
    const found = await deadLetterList(store, nowMs, { ...filterOf(options, nowMs), ...page });
    letters.push(...found.items);
    next = found.next;
  } while (next !== null && letters.length < limit);
  return letters;
};
