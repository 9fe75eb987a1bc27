// How jobs and attempts look as rows and in detail.
import type { AttemptView, JobListItem, JobView } from '../../core/job/view.ts';
import { STATE_TONES } from '../../core/model/tone.ts';
import type { ListView, ResultView } from '../output/out.ts';
import type { Style } from '../output/style.ts';
import { type CellFormat, type Column, renderTable } from '../output/table.ts';

const nameOf = ({ id }: { readonly id: string }): string => `job/${id}`;

export const JOB_LIST: ListView<JobListItem> = {
  name: nameOf,
  columns: [
    { header: 'ID', cell: ({ id }) => id },
    { header: 'TYPE', cell: ({ type }) => type },
    { header: 'STATE', cell: ({ state }) => state, tone: ({ state }) => STATE_TONES[state] },
    { header: 'BKT', cell: ({ bucket }) => String(bucket) },
    { header: 'TRY', cell: ({ attempt, maxAttempts }) => `${attempt}/${maxAttempts}` },
    { header: 'NEXT', cell: ({ nextDueAt }, format) => format.time(nextDueAt) },
    { header: 'PRIORITY', cell: ({ priority }) => String(priority), wide: true },
    { header: 'ERROR', cell: ({ error }) => error ?? '-', wide: true },
    { header: 'AGE', cell: ({ createdAt }, format) => format.time(createdAt) },
  ],
};

export const ATTEMPT_COLUMNS: readonly Column<AttemptView>[] = [
  { header: 'TRY', cell: ({ number }) => String(number) },
  { header: 'STATE', cell: ({ state }) => state, tone: ({ state }) => (state === 'succeeded' ? 'good' : 'plain') },
  { header: 'WORKER', cell: ({ worker }) => worker },
  { header: 'FENCE', cell: ({ fence }) => String(fence), wide: true },
  { header: 'STARTED', cell: ({ startedAt }, format) => format.time(startedAt) },
  { header: 'ENDED', cell: ({ endedAt }, format) => format.time(endedAt) },
  { header: 'TOOK', cell: (attempt) => tookOf(attempt) },
  { header: 'ERROR', cell: ({ error }) => error ?? '-' },
];

/** An attempt with the job it belongs to. */
export type HistoryRow = AttemptView & { readonly id: string };

const tookOf = ({ startedAt, endedAt }: AttemptView): string =>
  endedAt === null || startedAt === null ? '-' : `${Date.parse(endedAt) - Date.parse(startedAt)}ms`;

export const JOB_DETAIL: ResultView<JobView> = {
  name: nameOf,
  text: (job, format, style) => {
    const facts: readonly (readonly [string, string])[] = [
      ['id', job.id],
      ['type', job.type],
      ['state', style(STATE_TONES[job.state], job.state)],
      ['bucket', String(job.bucket)],
      ['due', job.dueAt],
      ['created', job.createdAt],
      ['payload', JSON.stringify(job.payload)],
    ];
    const lines = facts.map(([name, value]) => `${`${name}:`.padEnd(10)}${value}`);
    const result = job.attempts.at(-1)?.result ?? null;
    const kept = result === null ? [] : [`${'result:'.padEnd(10)}${JSON.stringify(result)}`];
    return [...lines, ...kept, ...timeline(job.attempts, format, style)].join('\n');
  },
};

const timeline = (attempts: readonly AttemptView[], format: CellFormat, style: Style): readonly string[] => {
  if (attempts.length === 0) return ['attempts: none yet; why: jobctl job explain'];
  const rows = renderTable(attempts, ATTEMPT_COLUMNS, { wide: true, headers: true, format, style, width: undefined });
  return ['attempts:', ...rows.map((row) => `  ${row}`)];
};
