// jobctl db: the schema of a store on Cassandra.
import { oneOf, parseText, wholeNumber } from '../config/parse/values.ts';
import { EXIT, usageError } from '../core/model/errors.ts';
import type { SchemaChange, SchemaInit, SchemaStatus, SchemaStore } from '../core/ports/schema.ts';
import { defineCommand, option } from './command.ts';
import { confirmName } from './confirm.ts';
import type { Context } from './context.ts';
import type { Column } from './output/table.ts';

const REPLICAS_MAX = 9;
const BUCKETS_MAX = 1_024;
const REPLICAS_DEFAULT = 3;
const BUCKETS_DEFAULT = 16;
const SERIAL = ['local', 'global'] as const;

/** `3`, or `dc1=3,dc2=2`. */
const parseReplication = (text: string): SchemaInit['replicationFactor'] => {
  const count = wholeNumber(1, REPLICAS_MAX);
  if (!text.includes('=')) return count(text);
  const factors = text.split(',').map((part): readonly [string, number] => {
    const [, name = '', copies = ''] = /^\s*([\w.-]+)\s*=\s*(\d+)\s*$/.exec(part) ?? [];
    if (name === '')
      throw usageError('OPTION_INVALID', `"${part}" is not a data centre and its copies`, REPLICATION_HINT);
    return [name, count(copies)];
  });
  return Object.fromEntries(factors);
};
const REPLICATION_HINT = { hint: 'give a number, or one for each data centre: --rf dc1=3,dc2=2' };

export const dbInit = defineCommand({
  name: 'db init',
  changes: 'with-plan',
  summary: 'make the keyspace and its tables on Cassandra; what is there stays as it is',
  options: {
    rf: option(
      '<n>',
      'copies of every row in the data centre, or in each as dc1=3,dc2=2 (default 3)',
      parseReplication,
    ),
    buckets: option('<n>', 'buckets of a new store, fixed for its life (default 16)', wholeNumber(1, BUCKETS_MAX)),
    serial: option(
      '<kind>',
      'of a new store: compare-and-sets agree in the data centre, local, or between all, global',
      oneOf(SERIAL),
    ),
  },
  examples: [
    { does: 'on three nodes', line: 'jobctl db init --rf 3' },
    { does: 'on one node, to try it', line: 'jobctl db init --rf 1 --buckets 4' },
    { does: 'for somebody else to make it', line: 'jobctl db init --rf dc1=3,dc2=3 --dry-run' },
  ],
  async run(context, _args, { rf = REPLICAS_DEFAULT, buckets = BUCKETS_DEFAULT, serial = 'local' }) {
    await using schema = await context.schema();
    const init = { replicationFactor: rf, bucketCount: buckets, serial };
    return context.flags.dryRun
      ? showPlan(context, schema, { kind: 'init', ...init })
      : show(context, await schema.init(init));
  },
});

export const dbMigrate = defineCommand({
  name: 'db migrate',
  changes: 'with-plan',
  summary: 'bring the schema up to date',
  options: {},
  examples: [
    { does: 'after an upgrade of jobctl', line: 'jobctl db migrate' },
    { does: 'the version that it reached', line: 'jobctl db migrate -o json' },
  ],
  async run(context) {
    await using schema = await context.schema();
    return context.flags.dryRun
      ? showPlan(context, schema, { kind: 'migrate' })
      : show(context, await schema.migrate());
  },
});

export const dbStatus = defineCommand({
  name: 'db status',
  summary: 'show the version of the schema and what is missing',
  options: {},
  examples: [
    { does: 'the schema of the store in use', line: 'jobctl db status' },
    { does: 'for a script', line: 'jobctl db status -o json' },
  ],
  async run(context) {
    await using schema = await context.schema();
    return show(context, await schema.status());
  },
});

export const dbReset = defineCommand({
  name: 'db reset',
  changes: 'with-plan',
  summary: 'drop the keyspace with all its jobs, locks and history',
  options: {
    confirm: option('<name>', 'the store URL once more, where nobody is at a terminal', parseText),
  },
  examples: [
    { does: 'start over, at a terminal', line: 'jobctl db reset' },
    { does: 'in a script', line: "jobctl db reset --yes --confirm 'cassandra://127.0.0.1/jobctl?dc=dc1'" },
  ],
  async run(context, _args, { confirm }) {
    await using schema = await context.schema();
    if (context.flags.dryRun) return showPlan(context, schema, { kind: 'reset' });
    const { url, version } = await schema.status();
    const what = `${url} has schema version ${version ?? 'none'}; everything in it is lost`;
    if (!(await confirmName(context, { what, does: 'drop it', name: url, given: confirm }))) return EXIT.failed;
    await schema.reset();
    return show(context, await schema.status());
  },
});

const showPlan = async (context: Context, schema: SchemaStore, change: SchemaChange): Promise<number> => {
  const items = (await schema.plan(change)).map((statement) => ({ statement: `${statement};` }));
  if (items.length === 0) context.note('nothing to do');
  if (context.out.isStructured) context.out.list({ items }, { columns: [], name: ({ statement }) => statement });
  else for (const { statement } of items) context.out.line(statement);
  return EXIT.ok;
};

const show = (context: Context, status: SchemaStatus): number => {
  context.out.list({ items: [status] }, { columns: COLUMNS, name: ({ url }) => `schema/${url}` });
  return EXIT.ok;
};

const COLUMNS: readonly Column<SchemaStatus>[] = [
  { header: 'VERSION', cell: ({ version }: SchemaStatus) => String(version ?? '-') },
  { header: 'NEWEST', cell: ({ newest }: SchemaStatus) => String(newest) },
  { header: 'BUCKETS', cell: ({ bucketCount }: SchemaStatus) => String(bucketCount ?? '-') },
  { header: 'SERIAL', cell: ({ serial }: SchemaStatus) => serial ?? '-', wide: true },
  { header: 'REPLICATION', cell: ({ replication }: SchemaStatus) => replication ?? '-', wide: true },
  { header: 'PENDING', cell: ({ pending }: SchemaStatus) => pending.join(', ') || '-' },
  { header: 'STORE', cell: ({ url }: SchemaStatus) => url },
];
