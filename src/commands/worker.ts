// jobctl worker list: the processes that run jobs. `worker run` is in worker-run.ts.
import { EXIT } from '../core/model/errors.ts';
import { defineCommand } from './command.ts';
import type { Column } from './output/table.ts';

interface WorkerRow {
  readonly id: string;
  readonly buckets: string;
  readonly types: readonly string[];
  readonly running: number;
  readonly capacity: number;
  readonly address: string;
  readonly session: string;
  readonly version: string;
  readonly startedAt: string;
  readonly seenAt: string;
}

const COLUMNS: readonly Column<WorkerRow>[] = [
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
  options: {},
  examples: [
    { does: 'who runs jobs now', line: 'jobctl worker list' },
    { does: 'which types are handled', line: "jobctl worker list -o json | jq '[.items[].types[]] | unique'" },
  ],
  async run(context) {
    const store = await context.store();
    const members = await store.memberList('worker');
    const items = members.map(
      (member): WorkerRow => ({
        id: member.memberId,
        buckets: member.buckets,
        types: member.types,
        running: member.running,
        capacity: member.capacity,
        address: member.address,
        session: member.session,
        version: member.version,
        startedAt: new Date(member.startedMs).toISOString(),
        seenAt: new Date(member.beatMs).toISOString(),
      }),
    );
    if (items.length === 0) context.note('no live workers; start one with `jobctl worker`');
    context.out.list({ items }, { columns: COLUMNS, name: ({ id }) => `worker/${id}` });
    return EXIT.ok;
  },
});
