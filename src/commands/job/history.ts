// jobctl job history: every attempt ever recorded for a job, lost ones included, and the orders between them.
import type { AttemptView } from '../../core/job/view.ts';
import { EXIT } from '../../core/model/errors.ts';
import type { JobId } from '../../core/model/ids.ts';
import { API_OPTIONS, asker } from '../ask.ts';
import { defineCommand } from '../command.ts';
import { inParallel, readIds } from '../ids.ts';
import type { Column } from '../output/table.ts';
import { ATTEMPT_COLUMNS, type HistoryRow } from './views.ts';

const COLUMNS: readonly Column<HistoryRow>[] = [{ header: 'ID', cell: ({ id }) => id }, ...ATTEMPT_COLUMNS];

export const jobHistory = defineCommand({
  name: 'job history',
  summary: 'list the attempts of jobs, and the orders between them, one a row',
  arguments: '<id...>',
  options: API_OPTIONS,
  examples: [
    { does: 'one job', line: 'jobctl job history 00ag1mdz4r8v0cm9v6k2q7n5xs' },
    { does: 'all dead letters', line: 'jobctl dlq list -o name | jobctl job history - -o jsonl' },
  ],
  async run(context, args, { api }) {
    const ids = await readIds(context, args);
    const ask = await asker(context, { api });
    const jobs = new Map<JobId, readonly HistoryRow[]>();
    await inParallel(ids, async (id) => {
      const { items } = await ask<{ readonly items: readonly AttemptView[] }>('jobHistory', { params: { id } });
      jobs.set(
        id,
        items.map((row) => ({ id, ...row })),
      );
    });
    const items = ids.flatMap((id) => jobs.get(id) ?? []);
    context.out.list({ items }, { columns: COLUMNS, name: ({ id }) => `job/${id}` });
    return EXIT.ok;
  },
});
