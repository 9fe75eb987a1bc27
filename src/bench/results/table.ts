// The results file: one line for each metric of each repetition of each scenario and its parameters. A column is never moved;
// new ones are put at the end.
import { EXIT, JobctlError } from '../../core/model/errors.ts';
import type { Distribution } from '../measure/latencies.ts';

export const SCHEMA_VERSION = '1';

export const COLUMNS = [
  ...['schema_version', 'run_id', 'scenario', 'params', 'rep', 'phase', 'metric', 'unit', 'better', 'value', 'n', 'ok'],
  ...['errors', 'info', 'dropped', 'min', 'p50', 'p90', 'p95', 'p99', 'p999', 'max', 'mean', 'stddev', 'offered_rate'],
  ...['achieved_rate', 'duration_s', 'warmup_s', 'valid', 'invalid_reason', 'send_lag_p99_ms', 'gen_cpu_pct'],
  ...['sut_cpu_pct', 'rss_mb', 'store', 'git_commit', 'started_at'],
] as const;
export type ColumnName = (typeof COLUMNS)[number];
/** Text, as it is in the file; empty: there is no such number. */
export type Row = Readonly<Record<ColumnName, string>>;

export type Params = Readonly<Record<string, string | number>>;
export type Phase = 'measure' | 'fault' | 'recovery';
export type Better = 'higher' | 'lower';

/** `a=1;b=2`, sorted: what one run is compared with another by. */
export const paramsText = (params: Params): string =>
  Object.entries(params)
    .map(([name, value]) => `${name}=${value}`)
    .toSorted()
    .join(';');

const FIGURES = 6;

/** Six figures are more than any of it is exact to. */
export const numberText = (value: number | null | undefined): string =>
  value === null || value === undefined || !Number.isFinite(value) ? '' : String(Number(value.toPrecision(FIGURES)));

type DistributionCells = Pick<Row, 'min' | 'p50' | 'p90' | 'p95' | 'p99' | 'p999' | 'max' | 'mean' | 'stddev'>;

export const distributionCells = (found: Distribution | undefined): DistributionCells => ({
  ...{ min: numberText(found?.min), p50: numberText(found?.p50), p90: numberText(found?.p90) },
  ...{ p95: numberText(found?.p95), p99: numberText(found?.p99), p999: numberText(found?.p999) },
  ...{ max: numberText(found?.max), mean: numberText(found?.mean), stddev: numberText(found?.stddev) },
});

export const rowLine = (row: Row): readonly string[] => COLUMNS.map((name) => row[name]);

/** Throws BENCH_FILE_INVALID. */
export const parseResults = (text: string, file: string): readonly Row[] => {
  const [header, ...lines] = parseCsv(text);
  if (header?.slice(0, COLUMNS.length).join() !== COLUMNS.join()) {
    throw fileInvalid(file, 'its first line does not name the columns of a benchmark');
  }
  return lines.map((cells, index) => {
    const row = Object.fromEntries(COLUMNS.map((name, at) => [name, cells[at] ?? ''])) as unknown as Row;
    if (row.schema_version !== SCHEMA_VERSION || cells.length < COLUMNS.length) {
      throw fileInvalid(file, `line ${index + 2} is not of schema version ${SCHEMA_VERSION}, or cut off`);
    }
    return row;
  });
};

export const fileInvalid = (file: string, detail: string): JobctlError =>
  new JobctlError('BENCH_FILE_INVALID', EXIT.usage, `${file} holds no results of jobctl bench`, {
    detail,
    hint: 'write one with `jobctl bench --out results.csv`',
  });

/** Quoted cells may hold commas and line ends. */
const parseCsv = (text: string): readonly (readonly string[])[] => {
  const lines: string[][] = [];
  let cells: string[] = [];
  for (const [, quotedCell, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    if (end === '' && cells.length === 0 && (quotedCell ?? plain ?? '') === '') continue;
    cells.push(quotedCell === undefined ? (plain ?? '') : quotedCell.replaceAll('""', '"'));
    if (end === ',') continue;
    lines.push(cells);
    cells = [];
  }
  return lines;
};
