// jobctl job history: every attempt ever recorded for a job, lost ones included, and the orders between them.
import { EXIT, jobMissing } from '../../core/model/errors.ts';
import { defineCommand } from '../command.ts';
import { readIds } from '../ids.ts';
import type { Column } from '../output/table.ts';
import { ATTEMPT_COLUMNS, type HistoryRow } from './views.ts';

const COLUMNS: readonly Column<HistoryRow>[] = [{ header: 'ID', cell: ({ id }) => id }, ...ATTEMPT_COLUMNS];

export const jobHistory = defineCommand({
  name: 'job history',
  summary: 'list the attempts of jobs, and the orders between them, one a row',
  arguments: '<id...>',
  options: {},
  examples: [
    { does: 'one job', line: 'jobctl job history 00ag1mdz4r8v0cm9v6k2q7n5xs' },
    { does: 'all dead letters', line: 'jobctl dlq list -o name | jobctl job history - -o jsonl' },
  ],
  async run(context, args) {
    const { jobHistory: history } = await import('../../core/job/view.ts');
    const ids = await readIds(context, args);
    const store = await context.store();
    const jobs = await Promise.all(
      ids.map(async (id) => {
        const rows = await history(store, id);
        if (rows === null) throw jobMissing(id);
        return rows.map((row): HistoryRow => ({ id, ...row }));
      }),
    );
    const items = jobs.flat();
    context.out.list({ items }, { columns: COLUMNS, name: ({ id }) => `job/${id}` });
    return EXIT.ok;
  },
});
