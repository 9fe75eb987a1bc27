// Results as a table for people.

import type { Summary } from '../../bench/results/summary.ts';
import { figure } from '../../core/model/figure.ts';
import type { ListView } from '../output/out.ts';
import type { Column } from '../output/table.ts';

const percent = (share: number | null): string => (share === null ? '-' : `${Math.round(share * 100)}%`);

const COLUMNS: readonly Column<Summary>[] = [
  { header: 'SCENARIO', cell: ({ scenario, phase }) => (phase === 'measure' ? scenario : `${scenario}, ${phase}`) },
  { header: 'WITH', cell: ({ params }) => params.replaceAll(';', ' ') },
  { header: 'METRIC', cell: ({ metric }) => metric },
  { header: 'MEDIAN', cell: ({ median }) => figure(median, '-') },
  { header: 'UNIT', cell: ({ unit }) => unit },
  { header: '95%', cell: ({ low, high }) => (low === null ? '-' : `${figure(low)} to ${figure(high)}`) },
  { header: 'P99', cell: ({ p99 }) => figure(p99, '-') },
  { header: 'P99.9', cell: ({ p999 }) => figure(p999, '-'), wide: true },
  { header: 'SPREAD', cell: ({ variation }) => percent(variation), wide: true },
  { header: 'REPS', cell: ({ values }) => String(values.length), wide: true },
  {
    header: 'NOTE',
    cell: ({ invalid, params }) =>
      invalid.length > 0 ? `INVALID: ${invalid.join('; ')}` : params.includes('loop=closed') ? 'closed loop' : '',
    tone: ({ invalid }) => (invalid.length > 0 ? 'bad' : 'plain'),
  },
];

export const SUMMARIES: ListView<Summary> & { readonly columns: readonly Column<Summary>[] } = {
  columns: COLUMNS,
  name: ({ scenario, params, metric }) => `${scenario}/${params}/${metric}`,
};
