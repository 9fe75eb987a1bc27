// jobctl scheduler list: the processes that decide slots.
import type { MemberView } from '../core/job/member-view.ts';
import { EXIT } from '../core/model/errors.ts';
import { API_OPTIONS, asker } from './ask.ts';
import { defineCommand } from './command.ts';
import type { Column } from './output/table.ts';

const COLUMNS: readonly Column<MemberView>[] = [
  { header: 'ID', cell: ({ id }) => id },
  { header: 'SEEN', cell: ({ seenAt }, format) => format.time(seenAt) },
  { header: 'SESSION', cell: ({ session }) => session, wide: true },
  { header: 'VERSION', cell: ({ version }) => version, wide: true },
  { header: 'AGE', cell: ({ startedAt }, format) => format.time(startedAt) },
];

export const schedulerList = defineCommand({
  name: 'scheduler list',
  summary: 'list the live schedulers',
  options: API_OPTIONS,
  examples: [
    { does: 'all of them', line: 'jobctl scheduler list' },
    { does: 'how many there are', line: "jobctl scheduler list -o json | jq '.items | length'" },
  ],
  async run(context, _args, { api }) {
    const ask = await asker(context, { api });
    const { items } = await ask<{ readonly items: readonly MemberView[] }>('schedulerList');
    if (items.length === 0) context.note('no live schedulers; start one with `jobctl scheduler`');
    context.out.list({ items }, { columns: COLUMNS, name: ({ id }) => `scheduler/${id}` });
    return EXIT.ok;
  },
});
