// Lists that come a page at a time.
import { parseText, wholeNumber } from '../config/parse/values.ts';
import { LIST_ROWS_DEFAULT, LIST_ROWS_MAX } from '../core/model/limits.ts';
import { option } from './command.ts';
import type { Context } from './context.ts';
import type { ListView } from './output/out.ts';

export const nextOption = option('<token>', 'go on where the last page ended', parseText);

export const PAGE_OPTIONS = {
  limit: option(
    '<n>',
    `rows of a page (default ${LIST_ROWS_DEFAULT}, at most ${LIST_ROWS_MAX})`,
    wholeNumber(1, LIST_ROWS_MAX),
  ),
  next: nextOption,
};

export interface Page<Row> {
  readonly items: readonly Row[];
  readonly next: string | null;
}

/** Prints it, and says how to go on; `next` stands in structured output. */
export const showPage = <Row>(context: Context, page: Page<Row>, view: ListView<Row>): void => {
  context.out.list(page, view);
  if (page.next !== null && !context.out.isStructured) context.note(`more: --next ${page.next}`);
};
