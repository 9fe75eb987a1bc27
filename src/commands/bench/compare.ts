// jobctl bench compare: whether something became slower, by more than chance.
import type { Compared } from '../../bench/compare.ts';
import { parseShare } from '../../config/parse/values.ts';
import { EXIT } from '../../core/model/errors.ts';
import { defineCommand, flag, option } from '../command.ts';
import type { Column } from '../output/table.ts';

const THRESHOLD = 0.1;
const TONES = { regression: 'bad', improvement: 'good', inconclusive: 'waiting' } as const;

const COLUMNS: readonly Column<Compared>[] = [
  { header: 'SCENARIO', cell: ({ scenario }) => scenario },
  { header: 'WITH', cell: ({ params }) => params.replaceAll(';', ' ') },
  { header: 'METRIC', cell: ({ metric }) => metric },
  { header: 'BASE', cell: ({ base }) => shown(base) },
  { header: 'NEW', cell: ({ next }) => shown(next) },
  { header: 'UNIT', cell: ({ unit }) => unit },
  { header: 'RATIO', cell: ({ ratio }) => (ratio === null ? '-' : ratio.toFixed(2)) },
  { header: 'P', cell: ({ p }) => (p === null ? '-' : p.toFixed(3)) },
  {
    header: 'VERDICT',
    cell: ({ verdict, why }) => (why === '' ? verdict : `${verdict}: ${why}`),
    tone: ({ verdict }) => TONES[verdict as keyof typeof TONES] ?? 'plain',
  },
];

const shown = (value: number | null): string => (value === null ? '-' : String(Number(value.toPrecision(4))));

export const benchCompare = defineCommand({
  name: 'bench compare',
  arguments: '<base> <new>',
  summary: 'say what became slower from one results file to another, by more than chance',
  details: `A metric has regressed when its median is worse by more than the threshold, and Mann and Whitney's test says that so much comes by chance in less
than 5 % of cases. Worse, but perhaps by chance: inconclusive, and no failure; fewer than four repetitions can never tell. Runs of other machines, stores, major
versions or suites are not comparable, unless --force is given. Exit 6: something has regressed.`,
  options: {
    threshold: option('<share>', 'by which a median may be worse (default 10%)', parseShare),
    force: flag('compare what is not comparable, too'),
  },
  examples: [
    { does: 'before and after a change', line: 'jobctl bench compare base.csv results.csv' },
    { does: 'as a gate', line: 'jobctl bench compare base.csv results.csv --threshold 25% -o json' },
  ],
  async run(context, [base = '', next = ''], { threshold = THRESHOLD, force = false }) {
    const { compareResults } = await import('../../bench/compare.ts');
    const { readResults } = await import('./files.ts');
    const comparison = compareResults(await readResults(base), await readResults(next), { threshold, isForced: force });
    context.out.list(
      { items: comparison.items },
      { columns: COLUMNS, name: ({ scenario, params, metric }) => `${scenario}/${params}/${metric}` },
    );
    return comparison.verdict === 'regression' ? EXIT.checkFailed : EXIT.ok;
  },
});
