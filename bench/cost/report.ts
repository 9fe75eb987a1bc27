// What was measured, as a table for people.
import type { Cost, RunCost } from './counters.ts';
import type { Standing } from './scenarios.ts';
import type { SweepReport } from './sweeps.ts';
import { BARS, type Bar, type Bound } from './verdict.ts';

export interface Measured {
  readonly cassandra: string;
  readonly nodes: number;
  readonly replicas: number;
  readonly buckets: number;
  readonly workers: number;
  readonly standing: Standing;
  readonly single: RunCost;
  readonly load: RunCost;
  readonly sweeps: SweepReport;
  /** Of the jobs behind `sweeps.many`, those whose rows were written straight through the store's port. */
  readonly written: number;
  readonly bounds: readonly Bound[];
}

const HEADS = ['write requests', 'of them checkpoints', 'compare-and-sets', 'row mutations', 'partitions read'];

export const reportText = (measured: Measured): string =>
  [
    `What a job costs on Cassandra ${measured.cassandra}, counted by its ${measured.nodes} nodes (${measured.replicas} replicas, ` +
      `${measured.buckets} buckets, ${measured.workers} workers)`,
    '',
    ...jobLines(measured),
    '',
    ...sweepLines(measured),
    '',
    ...boundLines(measured.bounds),
    '',
  ].join('\n');

const jobLines = ({ standing, single, load }: Measured): readonly string[] => [
  ...tableLines([
    ['', ...HEADS],
    ['STANDING, A SECOND, NO JOBS', ...costCells(standing.perSecond)],
    [],
    [`A JOB, ONE AFTER THE OTHER (${amount(single.jobs)})`, ...costCells(single.net)],
    ['  with the standing cost meanwhile', ...costCells(single.counted)],
    ['  the bar: idle system', ...barCells(BARS.idle, '~0')],
    [],
    [`A JOB AT FULL SPEED (${amount(load.jobs)})`, ...costCells(load.net)],
    ['  with the standing cost meanwhile', ...costCells(load.counted)],
    ['  the bar: batches of 50', ...barCells(BARS.batches)],
  ]),
  '',
  'The first line of a job is what was counted less the standing cost of as many seconds; the second is all that was counted.',
  'A sweep is one request, and counts once for each of its buckets under partitions read.',
  ...(load.net.rowMutations === null
    ? ['Rows were not counted: it takes nodetool, and memtables that are not flushed.']
    : []),
];

const sweepLines = ({ sweeps: { few, many, latencyRatio, views }, written }: Measured): readonly string[] => [
  ...tableLines([
    ['A SWEEP AFTER FINISHED JOBS', amount(few.finished), amount(many.finished), 'ratio'],
    [
      '  partitions read',
      decimal(few.partitionsRead),
      decimal(many.partitionsRead),
      ratioCell(many.partitionsRead, few.partitionsRead),
    ],
    ['  rows read by the replicas', cell(few.rowsRead), cell(many.rowsRead), ratioCell(many.rowsRead, few.rowsRead)],
    [
      '  tombstones read',
      cell(few.tombstonesRead),
      cell(many.tombstonesRead),
      ratioCell(many.tombstonesRead, few.tombstonesRead),
    ],
    ['  time, in turn, median', '', '', latencyRatio === null ? '-' : latencyRatio.toFixed(2)],
    ['  rows_per_read, half : 99 % of reads', perRead(views.few.rows), perRead(views.many.rows)],
    ['  tombstones_per_read', perRead(views.few.tombstones), perRead(views.many.tombstones)],
  ]),
  '',
  `${amount(written)} of the ${amount(many.finished)} jobs did not run: their rows were written through the store's port, in slots of the past;`,
  'the others, the latest among them, did. Rows and tombstones are those of traced sweeps; the views show 1 for none, too.',
];

const boundLines = (bounds: readonly Bound[]): readonly string[] =>
  tableLines([
    ['BOUND', 'measured', 'limit', ''],
    ...bounds.map(({ name, value, max, state }) => [
      `  ${name}`,
      value === null ? '-' : name.includes(':') ? value.toFixed(2) : decimal(value),
      String(max),
      state === 'kept' ? state : state.toUpperCase(),
    ]),
  ]);

const costCells = ({
  writeRequests,
  checkpoints,
  compareAndSets,
  rowMutations,
  partitionsRead,
}: Cost): readonly string[] => [
  decimal(writeRequests),
  decimal(checkpoints),
  decimal(compareAndSets),
  cell(rowMutations),
  decimal(partitionsRead),
];

const barCells = ({ writeRequests, compareAndSets, rowMutations }: Bar, cas?: string): readonly string[] => [
  decimal(writeRequests),
  '-',
  cas ?? decimal(compareAndSets),
  cell(rowMutations),
  '-',
];

const perRead = ({ p50, p99 }: { readonly p50: number; readonly p99: number }): string => `${p50} : ${p99}`;
const ratioCell = (many: number | null, few: number | null): string =>
  many === null || few === null ? '-' : few === 0 ? (many === 0 ? '0 : 0' : 'from nothing') : (many / few).toFixed(2);
const cell = (value: number | null): string => (value === null ? '-' : decimal(value));

const amount = (count: number): string => count.toLocaleString('en');

/** Two digits that say something: 3.02, 0.0012, 41. */
export const decimal = (value: number): string => {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(0);
  if (size >= 0.1 || size < 0.000_05) return trim(value.toFixed(2));
  return trim(value.toFixed(4));
};

const trim = (text: string): string => text.replace(/\.?0+$/, '').replace(/^-0$/, '0');

/** The first column to the left, the others to the right; an empty row is an empty line. */
export const tableLines = (rows: readonly (readonly string[])[]): readonly string[] => {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((text, index) => {
      widths[index] = Math.max(widths[index] ?? 0, text.length);
    });
  const line = (row: readonly string[]): string =>
    row
      .map((text, index) => (index === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[index] ?? 0)))
      .join('   ');
  return rows.map((row) => line(row).trimEnd());
};
