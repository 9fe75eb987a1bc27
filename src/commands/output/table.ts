// Tables in the style of kubectl: upper-case headers, two spaces between columns, no borders. On a terminal rows are cut
// at its width; in a pipe they are whole.
import type { TimeStyle } from '../../config/keys.ts';
import { ageText } from '../../core/model/age.ts';
import type { Tone } from '../../core/model/tone.ts';
import type { Style } from './style.ts';

const GAP = '  ';

/** What a cell needs to know to write times. */
export class CellFormat {
  readonly #nowMs: number;
  readonly #style: TimeStyle;

  constructor(nowMs: number, style: TimeStyle) {
    this.#nowMs = nowMs;
    this.#style = style;
  }

  /** ms since the epoch or ISO text; null shows as `-`. */
  time(at: number | string | null | undefined): string {
    const atMs = typeof at === 'string' ? Date.parse(at) : (at ?? null);
    if (atMs === null || this.#style === 'relative') return ageText(atMs, this.#nowMs);
    return this.#style === 'iso' ? new Date(atMs).toISOString() : new Date(atMs).toLocaleString('sv-SE');
  }
}

export interface Column<Row> {
  readonly header: string;
  readonly cell: (row: Row, format: CellFormat) => string;
  readonly tone?: (row: Row) => Tone;
  /** Shown with `-o wide` only. */
  readonly wide?: true;
}

export interface TableOptions {
  readonly wide: boolean;
  readonly headers: boolean;
  readonly format: CellFormat;
  readonly style: Style;
  /** Characters a line may have. */
  readonly width: number | undefined;
}

export const renderTable = <Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { wide, headers, format, style, width }: TableOptions,
): readonly string[] => {
  const shown = columns.filter((column) => wide || column.wide !== true);
  const texts = rows.map((row) => shown.map((column) => oneLine(column.cell(row, format))));
  const lines = headers ? [shown.map((column) => column.header), ...texts] : texts;
  const widths = shown.map((_, index) => Math.max(...lines.map((line) => length(line[index] ?? '')), 0));
  return lines.map((line, lineIndex) => {
    const row = rows[headers ? lineIndex - 1 : lineIndex];
    return renderLine(line, widths, width, (text, index) =>
      row === undefined ? text : style(shown[index]?.tone?.(row) ?? 'plain', text),
    );
  });
};

const renderLine = (
  cells: readonly string[],
  widths: readonly number[],
  width: number | undefined,
  paint: (text: string, index: number) => string,
): string => {
  let room = width ?? Number.POSITIVE_INFINITY;
  let line = '';
  for (const [index, cell] of cells.entries()) {
    const gap = index === 0 ? '' : GAP;
    if (room <= gap.length) break;
    const text = cut(cell, room - gap.length);
    const isLast = index === cells.length - 1;
    const padding = isLast
      ? ''
      : ' '.repeat(Math.max(0, Math.min(widths[index] ?? 0, room - gap.length) - length(text)));
    line += gap + paint(text, index) + padding;
    room -= gap.length + length(text) + padding.length;
  }
  return line.trimEnd();
};

const length = (text: string): number => [...text].length;
const cut = (text: string, room: number): string =>
  length(text) <= room ? text : `${[...text].slice(0, Math.max(0, room - 1)).join('')}…`;
const oneLine = (text: string): string => (text === '' ? '-' : text.replace(/\s+/g, ' '));
