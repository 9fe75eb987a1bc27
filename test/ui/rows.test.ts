// From rows to what is on the screen: filter, order, widths, wrapping, keys.
import fc from 'fast-check';
import type { Key } from 'ink';
import { expect, test } from 'vitest';
import { completed, parseCommand, typedText } from '../../src/ui/command.ts';
import { keysOf } from '../../src/ui/keys.ts';
import { columnWidths, fitted, lengthOf, matches, sorted, windowStart, wrapped, written } from '../../src/ui/rows.ts';
import { bar, sparkline } from '../../src/ui/signs.ts';
import type { Column } from '../../src/ui/view.ts';
import { VIEWS } from '../../src/ui/views/all.ts';

interface Job {
  readonly id: string;
  readonly state: string;
  readonly attempts: number;
}

const COLUMNS: readonly Column<Job>[] = [
  { header: 'ID', cell: ({ id }) => id },
  { header: 'STATE', cell: ({ state }) => state, rank: 1 },
  { header: 'TRY', cell: ({ attempts }) => `${attempts}/10`, by: ({ attempts }) => attempts, rank: 0 },
];
const HEADERS = COLUMNS.map(({ header }) => header);
const view = { columns: COLUMNS, id: ({ id }: Job) => id };
const rows = written(
  [
    { id: 'b', state: '● running', attempts: 2 },
    { id: 'a', state: '▣ dlq', attempts: 10 },
    { id: 'c', state: '○ pending', attempts: 1 },
  ],
  view,
  0,
);
const idsOf = (found: typeof rows): string => found.map(({ id }) => id).join('');
const filtered = (filter: string): string => idsOf(rows.filter((row) => matches(row, HEADERS, filter)));

test.each([
  ['', 'bac'],
  ['DLQ', 'a'],
  ['!dlq', 'bc'],
  ['state=dlq', 'a'],
  ['state!=dlq', 'bc'],
  ['try=1/10', 'c'],
  ['!dlq !running', 'c'],
  ['nocolumn=x', ''],
])('the filter "%s" shows %s', (filter, ids) => {
  expect(filtered(filter)).toBe(ids);
});

test('a number in a column is that number, not one that contains it', () => {
  const buckets = written([5, 15, 51], { columns: [{ header: 'BKT', cell: String }], id: String }, 0);
  expect(buckets.filter((row) => matches(row, ['BKT'], 'bkt=5')).map(({ row }) => row)).toEqual([5]);
});

test('columns sort by what they mean, and both ways', () => {
  expect(idsOf(sorted(rows, COLUMNS, { column: 2, isReversed: false }))).toBe('cba');
  expect(idsOf(sorted(rows, COLUMNS, { column: 2, isReversed: true }))).toBe('abc');
  expect(idsOf(sorted(rows, COLUMNS, { column: 0, isReversed: false }))).toBe('abc');
  expect(idsOf(sorted(rows, COLUMNS, { column: null, isReversed: true }))).toBe('cab');
});

test('where there is no room the least important column goes first, then the widest is cut', () => {
  expect(columnWidths(rows, COLUMNS, 80)).toEqual([3, 9, 5]);
  expect(columnWidths(rows, COLUMNS, 15)).toEqual([3, 9, 0]);
  expect(columnWidths(rows, COLUMNS, 8)).toEqual([3, 0, 0]);
});

test('rows never need more room than there is', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ maxLength: 60 }), { minLength: 1 }),
      fc.integer({ min: 20, max: 200 }),
      (texts, room) => {
        const found = written(
          texts,
          { columns: [{ header: 'TEXT', cell: (text: string) => text }], id: (text) => text },
          0,
        );
        const [width = 0] = columnWidths(found, [{ header: 'TEXT', cell: (text: string) => text }], room);
        expect(width).toBeLessThanOrEqual(room);
      },
    ),
  );
});

test('text is made to fit exactly, and long text is wrapped without losing any of it', () => {
  expect([fitted('abc', 5), fitted('abcdef', 4), fitted('abc', 1), fitted('ab', 0)]).toEqual([
    'abc  ',
    'abc…',
    '…',
    '',
  ]);
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), fc.integer({ min: 10, max: 80 }), (text, width) => {
      const lines = wrapped(text, width);
      expect(Math.max(...lines.map(lengthOf))).toBeLessThanOrEqual(width);
      expect(lines.map((line, index) => (index === 0 ? line : line.slice(4))).join('')).toBe(text);
    }),
  );
});

test('control characters of a payload do not reach the terminal', () => {
  const [row] = written(
    ['a\u001b[2Jb\n\u202Ec'],
    { columns: [{ header: 'T', cell: (text: string) => text }], id: () => 'x' },
    0,
  );
  expect(row?.cells[0]).toBe('a [2Jb c');
});

test('the window follows the cursor, and no farther', () => {
  expect(windowStart(0, 5, 100, 10)).toBe(0);
  expect(windowStart(0, 10, 100, 10)).toBe(1);
  expect(windowStart(50, 20, 100, 10)).toBe(20);
  expect(windowStart(95, 99, 100, 10)).toBe(90);
  expect(windowStart(50, 3, 4, 10)).toBe(0);
});

test('a curve is as wide as its values, an empty one is blank, a bar is full at one', () => {
  expect(sparkline([0, 1, 8], 5)).toBe('  ▁▁█');
  expect(sparkline([], 3)).toBe('   ');
  expect([bar(0, 4), bar(0.5, 4), bar(9, 4)]).toEqual(['░░░░', '██░░', '████']);
});

const NO_KEY = {} as Key;

test('what is typed quickly arrives in one piece, and is taken apart', () => {
  expect(keysOf('jjj', NO_KEY)).toEqual(['j', 'j', 'j']);
  expect(keysOf('/dlq\r', NO_KEY)).toEqual(['/', 'd', 'l', 'q', 'enter']);
  expect(keysOf('', { ...NO_KEY, downArrow: true })).toEqual(['down']);
  expect(keysOf('c', { ...NO_KEY, ctrl: true })).toEqual(['ctrl-c']);
  expect(keysOf('\t', { ...NO_KEY, tab: true, shift: true })).toEqual(['shift-tab']);
});

test('commands name a view, what is read of it, and a filter', () => {
  expect(parseCommand('jobs state=dlq report', VIEWS)).toEqual({
    ...{ kind: 'show', view: 'jobs', scope: { state: 'dlq' }, filter: 'report' },
  });
  expect(parseCommand('dlq state=dlq', VIEWS)).toMatchObject({ view: 'dlq', scope: {}, filter: 'state=dlq' });
  expect(parseCommand('jbos', VIEWS)).toEqual({ kind: 'unknown', says: 'there is no view "jbos"; did you mean jobs?' });
  expect([parseCommand(' ', VIEWS).kind, parseCommand('q', VIEWS).kind]).toEqual(['nothing', 'quit']);
  expect([completed('lo'), completed('zz'), typedText('ab', 'backspace'), typedText('ab', 'ctrl-u')]).toEqual([
    ...['locks', 'zz', 'a', ''],
  ]);
});
