// The results of a benchmark as files: results.csv, and its companions of the same name.
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { hlogHead, hlogLine, isHlog, type LatencyLog } from '../../bench/results/hlog.ts';
import type { Meta } from '../../bench/results/meta.ts';
import { COLUMNS, fileInvalid, numberText, parseResults, type Row, rowLine } from '../../bench/results/table.ts';
import type { Repetition } from '../../bench/run.ts';
import { csvText } from '../../core/model/csv.ts';
import { conflictError, type JobctlError, usageError } from '../../core/model/errors.ts';

const SERIES_COLUMNS = [
  ...['run_id', 'scenario', 'params', 'rep', 't_s', 'metric', 'count', 'ok', 'errors', 'p50', 'p95', 'p99', 'max'],
];

export interface BenchFiles {
  readonly table: string;
  readonly meta: string;
  readonly series: string;
  readonly html: string;
  readonly png: string;
}

export const filesOf = (out: string): BenchFiles => {
  const stem = out.replace(/\.csv$/, '');
  const [html, png] = [`${stem}.html`, `${stem}.png`];
  return { table: out, meta: `${stem}.meta.json`, series: `${stem}.series.csv`, html, png };
};

/** Throws OPTION_INVALID, BENCH_OUT_TAKEN. */
export const startFiles = async (out: string, meta: Meta, isAppended: boolean): Promise<void> => {
  if (!out.endsWith('.csv'))
    throw usageError('OPTION_INVALID', `--out: ${out} does not end with .csv`, { hint: 'name it results.csv' });
  const { table, meta: metaFile, series } = filesOf(out);
  const there = await readOrNull(table);
  if (isAppended && there !== null) {
    parseResults(there, table);
  } else {
    if (there !== null && !there.startsWith(COLUMNS.join())) {
      throw outTaken(table, '--out');
    }
    await writeFile(table, csvText([COLUMNS]));
    await writeFile(series, csvText([SERIES_COLUMNS]));
  }
  await writeFile(metaFile, `${JSON.stringify(meta, null, 2)}\n`);
};

/** Throws BENCH_OUT_TAKEN. */
export const assertHlog = async (file: string): Promise<void> => {
  const there = await readOrNull(file);
  if (there !== null && !isHlog(there)) throw outTaken(file, '--hdr-out');
};

export const startHlog = async (file: string, startMs: number, isAppended: boolean): Promise<void> => {
  if (!isAppended || (await readOrNull(file)) === null) await writeFile(file, hlogHead(startMs));
};

export const addLatencies = (file: string, latencies: readonly LatencyLog[]): Promise<void> =>
  appendFile(file, latencies.map(hlogLine).join(''));

export const addRows = async (out: string, { rows, seconds }: Pick<Repetition, 'rows' | 'seconds'>): Promise<void> => {
  const { table, series } = filesOf(out);
  await appendFile(table, csvText(rows.map(rowLine)));
  const run = rows[0]?.run_id ?? '';
  const lines = seconds.map(({ scenario, params, rep, second, found: { ok, errors, response } }) => {
    const { p50, p95, p99, max } = response.summary();
    const percentiles = [p50, p95, p99, max].map(numberText);
    return [
      run,
      scenario,
      params,
      String(rep),
      String(second),
      'response',
      String(ok + errors),
      String(ok),
      String(errors),
      ...percentiles,
    ];
  });
  await appendFile(series, csvText(lines));
};

export interface Results {
  readonly rows: readonly Row[];
  /** Null where the companion file is gone. */
  readonly meta: Meta | null;
}

/** Throws BENCH_FILE_INVALID. */
export const readResults = async (file: string): Promise<Results> => {
  const text = await readOrNull(file);
  if (text === null) throw fileInvalid(file, 'there is no such file');
  const rows = parseResults(text, file);
  const meta = await readOrNull(filesOf(file).meta);
  return { rows, meta: meta === null ? null : (JSON.parse(meta) as Meta) };
};

const outTaken = (file: string, option: string): JobctlError =>
  conflictError('BENCH_OUT_TAKEN', `${file} is there, and holds something else`, {
    hint: `choose another name for ${option}`,
  });

const readOrNull = (file: string): Promise<string | null> =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
