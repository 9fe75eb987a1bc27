// From the rows of a view to those on the screen: filter, sort, cut to what there is room for. Pure.
import type { Column } from './view.ts';

/** A row with its cells, written once for filter, sort and drawing. */
export interface Written<Row> {
  readonly row: Row;
  readonly id: string;
  readonly cells: readonly string[];
  /** Of a row that stands for several: all of them. */
  readonly members?: readonly Row[];
}

export const written = <Row>(
  rows: readonly Row[],
  { columns, id }: { readonly columns: readonly Column<Row>[]; readonly id: (row: Row) => string },
  nowMs: number,
): readonly Written<Row>[] =>
  rows.map((row) => ({ row, id: id(row), cells: columns.map(({ cell }) => oneLine(cell(row, nowMs))) }));

const CONTROL = /[\p{Cc}\p{Cf}]+/gu;
const oneLine = (text: string): string => (text === '' ? '-' : text.replace(CONTROL, ' '));

/**
 * `text`: somewhere in the row. `!text`: nowhere. `state=dlq`: in this column, a number exactly; `state!=dlq`: not there. Words must all hold;
 * upper and lower case are the same.
 */
export const matches = <Row>({ id, cells }: Written<Row>, headers: readonly string[], filter: string): boolean =>
  filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
    .every((word) => {
      const [, name, sign, value = ''] = /^(\w+)(!?=)(.*)$/.exec(word) ?? [];
      const column = headers.findIndex((header) => header.toLowerCase() === name);
      if (sign !== undefined && column >= 0) {
        const cell = (cells[column] ?? '').toLowerCase();
        return (/^\d+$/.test(value) ? cell === value : cell.includes(value)) === (sign === '=');
      }
      const isInverse = word.startsWith('!');
      const wanted = isInverse ? word.slice(1) : word;
      return [id, ...cells].some((cell) => cell.toLowerCase().includes(wanted)) !== isInverse;
    });

export interface Sort {
  /** Index of the column; null: as they came. */
  readonly column: number | null;
  readonly isReversed: boolean;
}

export const sorted = <Row>(
  rows: readonly Written<Row>[],
  columns: readonly Column<Row>[],
  { column, isReversed }: Sort,
): readonly Written<Row>[] => {
  if (column === null) return isReversed ? rows.toReversed() : rows;
  const by = columns[column]?.by;
  const keyOf = ({ row, cells }: Written<Row>): number | string => (by === undefined ? (cells[column] ?? '') : by(row));
  const found = rows.toSorted((left, right) => compare(keyOf(left), keyOf(right)));
  return isReversed ? found.toReversed() : found;
};

const compare = (left: number | string, right: number | string): number =>
  typeof left === 'number' && typeof right === 'number'
    ? left - right
    : String(left).localeCompare(String(right), 'en', { numeric: true });

/** The first row to show, so that the cursor is on the screen, moving as little as can be. */
export const windowStart = (start: number, cursor: number, count: number, height: number): number => {
  const last = Math.max(0, count - height);
  if (cursor < start) return Math.min(last, cursor);
  if (cursor >= start + height) return Math.min(last, cursor - height + 1);
  return Math.min(start, last);
};

const INDENT = '    ';
const GAP = 2;
/** A column is never wider than this while others are cut, characters. */
const CELL_MAX = 40;

/** Widths of the columns, 0 for those that are left out: the least important go first, then the widest are cut. */
export const columnWidths = <Row>(
  rows: readonly Written<Row>[],
  columns: readonly Column<Row>[],
  room: number,
): readonly number[] => {
  const widths = columns.map(({ header }, index) =>
    Math.max(header.length + 1, ...rows.map(({ cells }) => lengthOf(cells[index] ?? ''))),
  );
  const total = (): number => widths.reduce((sum, width) => sum + (width === 0 ? 0 : width + GAP), -GAP);
  const cut = (index: number, to: number): void => {
    widths[index] = Math.min(widths[index] ?? 0, to);
  };
  for (const index of widths.keys()) if (total() > room) cut(index, CELL_MAX);
  const byRank = [...columns.keys()]
    .filter((index) => columns[index]?.rank !== undefined)
    .sort((left, right) => (columns[left]?.rank ?? 0) - (columns[right]?.rank ?? 0));
  for (const index of byRank) if (total() > room) widths[index] = 0;
  for (let over = total() - room; over > 0; over = total() - room) {
    const widest = widths.indexOf(Math.max(...widths));
    const width = widths[widest] ?? 0;
    if (width <= 4) break;
    cut(widest, Math.max(4, width - over));
  }
  return widths;
};

export const lengthOf = (text: string): number => [...text].length;

/** Exactly so many characters. */
export const fitted = (text: string, width: number): string => {
  const characters = [...text];
  if (characters.length <= width) return text + ' '.repeat(width - characters.length);
  return width <= 1 ? '…'.slice(0, width) : `${characters.slice(0, width - 1).join('')}…`;
};

/** Lines of at most so many characters; what goes on is indented. */
export const wrapped = (text: string, width: number): readonly string[] => {
  const characters = [...text];
  if (characters.length <= width) return [text];
  const rest = width - INDENT.length;
  const pieces = Array.from({ length: Math.ceil((characters.length - width) / rest) }, (_, index) =>
    characters.slice(width + index * rest, width + (index + 1) * rest).join(''),
  );
  return [characters.slice(0, width).join(''), ...pieces.map((piece) => INDENT + piece)];
};
