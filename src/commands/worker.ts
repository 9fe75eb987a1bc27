// jobctl worker list: the processes that run jobs. `worker run` is in worker-run.ts.
import type { MemberView } from '../core/job/member-view.ts';
import { EXIT } from '../core/model/errors.ts';
import { API_OPTIONS, asker } from './ask.ts';
import { defineCommand } from './command.ts';
import type { Column } from './output/table.ts';
import { WATCH_OPTIONS, watchList } from './watching.ts';

const COLUMNS: readonly Column<MemberView>[] = [
  { header: 'ID', cell: ({ id }) => id },
  { header: 'BUCKETS', cell: ({ buckets }) => buckets },
  { header: 'RUNNING', cell: ({ running, capacity }) => `${running}/${capacity}` },
  { header: 'TYPES', cell: ({ types }) => types.join(',') },
  { header: 'SEEN', cell: ({ seenAt }, format) => format.time(seenAt) },
  { header: 'SESSION', cell: ({ session }) => session, wide: true },
  { header: 'VERSION', cell: ({ version }) => version, wide: true },
  { header: 'AGE', cell: ({ startedAt }, format) => format.time(startedAt) },
];

export const workerList = defineCommand({
  name: 'worker list',
  summary: 'list the live workers and what they run',
  options: { ...WATCH_OPTIONS, ...API_OPTIONS },
  examples: [
    { does: 'who runs jobs now', line: 'jobctl worker list' },
    { does: 'which types are handled', line: "jobctl worker list -o json | jq '[.items[].types[]] | unique'" },
  ],
  async run(context, _args, { watch, api }) {
    const ask = await asker(context, { api });
    const look = () => ask<{ readonly items: readonly MemberView[] }>('workerList');
    const view = { columns: COLUMNS, name: ({ id }: MemberView) => `worker/${id}` };
    if (watch === true) return watchList(context, look, view);
    const { items } = await look();
    if (items.length === 0) context.note('no live workers; start one with `jobctl worker`');
    context.out.list({ items }, view);
    return EXIT.ok;
  },
});
