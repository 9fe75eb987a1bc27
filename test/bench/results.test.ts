// The results file, what is summed up of it, and what is said of two of them.
import { describe, expect, test } from 'vitest';
import { compareResults } from '../../src/bench/compare.ts';
import { reportHtml } from '../../src/bench/report/html.ts';
import type { Meta } from '../../src/bench/results/meta.ts';
import { summarize } from '../../src/bench/results/summary.ts';
import { COLUMNS, paramsText, parseResults, type Row, rowLine } from '../../src/bench/results/table.ts';
import { csvText } from '../../src/core/model/csv.ts';

const EMPTY = Object.fromEntries(COLUMNS.map((name) => [name, ''])) as unknown as Row;

const rowOf = (value: number, further: Partial<Row> = {}): Row => ({
  ...{ ...EMPTY, schema_version: '1', scenario: 'drain', params: 'jobs=10', phase: 'measure', metric: 'throughput' },
  ...{ unit: 'jobs/s', better: 'higher', value: String(value), valid: 'true', store: 'embedded', ...further },
});
const rowsOf = (values: readonly number[], further: Partial<Row> = {}) => values.map((value) => rowOf(value, further));

const metaOf = (further: Partial<Meta> = {}): Meta =>
  ({
    ...{ cpu: 'a processor', cores: 2, node: 'v24.1.0', os: 'Linux', memoryMb: 8_000, jobctl: '1', git: null },
    ...{
      startedAt: '2026-11-28T00:00:00Z',
      argv: ['bench', '--out', '<a>.csv'],
      suite: { name: 'standard', reps: 5 },
    },
    store: { kind: 'embedded', url: 'x', version: '3.53', nodes: null, replication: null },
    ...further,
  }) as Meta;

describe('the file', () => {
  test('comes back as it was, whatever is in a cell', () => {
    const rows = [rowOf(1.5), rowOf(2, { valid: 'false', invalid_reason: 'late, "very"\nlate', params: 'a=1;b=2' })];
    const text = csvText([COLUMNS, ...rows.map(rowLine)]);
    expect(parseResults(text, 'x.csv')).toEqual(rows);
    expect(parseResults(text.replaceAll('\n', '\r\n').replace('very"\r\n', 'very"\n'), 'x.csv')).toHaveLength(2);
  });

  test.each([
    ['a,b\n1,2\n', 'its first line does not name the columns'],
    [csvText([COLUMNS, rowLine(rowOf(1)).slice(0, 9)]), 'line 2 is not of schema version 1, or cut off'],
    [csvText([COLUMNS, rowLine(rowOf(1, { schema_version: '9' }))]), 'line 2 is not of schema version 1'],
    ['', 'its first line'],
  ])('%j is refused', (text, detail) => {
    expect(() => parseResults(text, 'x.csv')).toThrow(
      expect.objectContaining({ code: 'BENCH_FILE_INVALID', detail: expect.stringContaining(detail) }),
    );
  });

  test('parameters are in one order', () => {
    expect(paramsText({ rate: 5, callers: 2 })).toBe('callers=2;rate=5');
  });
});

test('a repetition that is not valid does not count, and says why', () => {
  const [summary] = summarize([...rowsOf([10, 12, 11]), rowOf(99, { valid: 'false', invalid_reason: 'late' })]);
  expect(summary).toMatchObject({ values: [10, 12, 11], median: 11, invalid: ['late'] });
  expect(summarize([rowOf(1, { valid: 'false', invalid_reason: 'late' })])[0]).toMatchObject({
    median: null,
    low: null,
  });
});

describe('two files', () => {
  const meta = metaOf();
  const options = { threshold: 0.1, isForced: false };
  const base = [100, 101, 99, 102, 98];
  const verdictOf = (next: readonly number[], further: Partial<Row> = {}): string | undefined =>
    compareResults({ rows: rowsOf(base, further), meta }, { rows: rowsOf(next, further), meta }, options).items[0]
      ?.verdict;

  test('slower by more than the threshold and more than chance', () => {
    expect(verdictOf([80, 81, 79, 82, 78])).toBe('regression');
    expect(verdictOf([120, 121, 119, 122, 118])).toBe('improvement');
    expect(verdictOf([120, 121, 119, 122, 118], { better: 'lower' })).toBe('regression');
    expect(verdictOf([95, 96, 94, 97, 93])).toBe('ok');
  });

  test('slower, but perhaps by chance: no verdict, and no failure', () => {
    expect(verdictOf([60, 130, 70, 140, 80])).toBe('inconclusive');
    const three = compareResults({ rows: rowsOf([100, 101, 99]), meta }, { rows: rowsOf([50, 51, 49]), meta }, options);
    expect(three).toMatchObject({
      verdict: 'ok',
      items: [{ verdict: 'inconclusive', why: expect.stringContaining('fewer than 4') }],
    });
  });

  test('another machine, a missing companion, a metric that only one has', () => {
    const rows = rowsOf(base);
    const other = compareResults({ rows, meta }, { rows, meta: metaOf({ cpu: 'another' }) }, options);
    expect(other.items[0]).toMatchObject({
      verdict: 'not comparable',
      why: 'processor: 2 x a processor and 2 x another',
    });
    expect(compareResults({ rows, meta: null }, { rows, meta }, options).items[0]?.verdict).toBe('not comparable');
    const forced = compareResults({ rows, meta: null }, { rows, meta }, { ...options, isForced: true });
    expect(forced.items[0]?.verdict).toBe('ok');
    const more = compareResults({ rows, meta }, { rows: [...rows, rowOf(1, { metric: 'wait' })], meta }, options);
    expect(more.items.map(({ why }) => why)).toEqual(['', 'only in the second file']);
  });
});

test('the report shows what was measured, and nothing of it can become part of the page', () => {
  const rows = [
    ...rowsOf([10, 11, 12], { params: 'jobs=10', invalid_reason: '' }),
    ...[1, 10, 100].flatMap((rate) =>
      rowsOf([rate, rate + 1], { scenario: 'e2e', params: `rate=${rate}`, metric: 'start' }),
    ),
    rowOf(1, { metric: 'broken', valid: 'false', invalid_reason: '<script>' }),
  ];
  const html = reportHtml(summarize(rows), metaOf());
  expect(html).toContain('<path class="line"');
  expect(html).toContain('&lt;a&gt;.csv');
  expect(html).not.toContain('<script>');
  expect(html).not.toMatch(/NaN|Infinity|undefined/);
});
