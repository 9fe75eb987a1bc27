// jobctl bucket list and get: who owns which shard of the work, and what waits there.
import { parseText } from '../config/parse/values.ts';
import type { BucketView } from '../core/job/buckets.ts';
import { EXIT } from '../core/model/errors.ts';
import { API_OPTIONS, type ApiValues, asker } from './ask.ts';
import { defineCommand, option } from './command.ts';
import type { Context } from './context.ts';
import type { Column } from './output/table.ts';
import { WATCH_OPTIONS, watchList } from './watching.ts';

const COLUMNS: readonly Column<BucketView>[] = [
  { header: 'BUCKET', cell: ({ bucket }) => String(bucket) },
  {
    header: 'OWNER',
    cell: ({ owner }) => owner ?? '<none>',
    tone: ({ owner }) => (owner === null ? 'waiting' : 'plain'),
  },
  { header: 'DEPTH', cell: ({ depth, depthExact }) => `${depth}${depthExact ? '' : '+'}` },
  { header: 'RUNNING', cell: ({ running }) => String(running) },
  { header: 'DONE', cell: ({ counters }) => String(counters.succeeded) },
  { header: 'RETRIED', cell: ({ counters }) => String(counters.retried) },
  { header: 'DEAD', cell: ({ counters }) => String(counters.dead) },
  { header: 'TOKEN', cell: ({ token }) => String(token ?? '-'), wide: true },
  { header: 'SESSION', cell: ({ session }) => session ?? '<none>', wide: true },
  { header: 'LOW-WATER', cell: ({ lowWaterAt }, format) => format.time(lowWaterAt), wide: true },
  { header: 'OLDEST', cell: ({ oldestDueAt }, format) => format.time(oldestDueAt) },
];

const bucketRows = async (context: Context, values: ApiValues, range: string): Promise<readonly BucketView[]> => {
  const { bucketsText } = await import('../config/parse/buckets.ts');
  const ask = await asker(context, values);
  const query = { buckets: bucketsText(range) };
  return (await ask<{ readonly items: readonly BucketView[] }>('bucketList', { query })).items;
};

const nameOf = ({ bucket }: BucketView): string => `bucket/${bucket}`;

export const bucketList = defineCommand({
  name: 'bucket list',
  summary: 'list the buckets with their owners and what waits there',
  options: {
    buckets: option('<range>', 'only these, as 0-3 (default auto: all)', parseText),
    ...WATCH_OPTIONS,
    ...API_OPTIONS,
  },
  examples: [
    { does: 'all of them', line: 'jobctl bucket list' },
    {
      does: 'those that nobody owns',
      line: "jobctl bucket list -o json | jq '.items[] | select(.owner == null).bucket'",
    },
  ],
  async run(context, _args, { buckets = 'auto', watch, api }) {
    const look = async () => ({ items: await bucketRows(context, { api }, buckets) });
    if (watch === true) return watchList(context, look, { columns: COLUMNS, name: nameOf });
    context.out.list(await look(), { columns: COLUMNS, name: nameOf });
    return EXIT.ok;
  },
});

export const bucketGet = defineCommand({
  name: 'bucket get',
  summary: 'show one bucket',
  arguments: '<bucket>',
  options: API_OPTIONS,
  examples: [
    { does: 'bucket 3', line: 'jobctl bucket get 3' },
    { does: 'its counters', line: 'jobctl bucket get 3 -o yaml' },
  ],
  async run(context, [bucket = ''], { api }) {
    const [row] = await bucketRows(context, { api }, bucket.replace(/^bucket\//, ''));
    if (row === undefined) return EXIT.notFound;
    if (context.out.isStructured) context.out.result(row, { name: nameOf, text: nameOf });
    else context.out.list({ items: [row] }, { columns: COLUMNS, name: nameOf });
    return EXIT.ok;
  },
});
