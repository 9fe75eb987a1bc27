// jobctl cluster cql: runs statements on the cluster and prints rows.
import { parseText } from '../../config/parse/values.ts';
import { EXIT, usageError } from '../../core/model/errors.ts';
import type { CqlResult } from '../../core/ports/cluster.ts';
import { defineCommand, option } from '../command.ts';
import type { Context } from '../context.ts';
import { type CellFormat, type Column, renderTable } from '../output/table.ts';
import { openCluster, SELECTION } from './options.ts';

/** More than a schema, less than a mistaken `cat`. */
const STDIN_CHARACTERS_MAX = 4_194_304;

export const clusterCql = defineCommand({
  name: 'cluster cql',
  changes: 'itself',
  summary: 'run CQL statements on the cluster',
  details: `Statements come from -e or from stdin and end with a semicolon. At a terminal, with neither, runtime docker opens cqlsh;
processes have none. At most 10,000 rows of each statement are shown.`,
  options: {
    ...SELECTION,
    execute: option('<statements>', 'what to run', parseText, 'e'),
    node: option('<name>', 'whose tables in system and system_views (default: the first that runs)', parseText),
  },
  examples: [
    { does: 'who is in the ring', line: "jobctl cluster cql -e 'select peer, rack from system.peers'" },
    { does: 'a file', line: 'cat schema.cql | jobctl cluster cql -o json' },
  ],
  async run(context, _args, { execute, node, ...which }) {
    const cluster = await openCluster(context, which);
    if (execute === undefined && context.io.stdin.isTTY) {
      if (cluster.shell !== undefined && !context.out.isStructured) return cluster.shell();
      throw usageError('OPTION_INVALID', 'there is no statement', {
        detail: 'stdin is a terminal, and this runtime has no cqlsh',
        hint: "jobctl cluster cql -e 'select * from system.local'",
      });
    }
    const sink = context.out.results<CqlResult>('many', {
      name: ({ statement }) => statement.replace(/\s+/g, ' '),
      text: (result, format) => resultText(context, result, format),
    });
    for await (const result of cluster.cql({ statements: execute ?? (await readAll(context)), node })) sink.add(result);
    sink.end();
    return EXIT.ok;
  },
});

const resultText = (context: Context, { columns, rows, truncated }: CqlResult, format: CellFormat): string => {
  if (columns.length === 0) return 'done';
  type Row = CqlResult['rows'][number];
  const shown = columns.map((name): Column<Row> => ({ header: name, cell: (row) => cellText(row[name]) }));
  const options = { wide: true, headers: true, format, style: context.out.style, width: context.io.stdout.columns };
  const count = `(${rows.length} ${rows.length === 1 ? 'row' : 'rows'}${truncated ? ', and there are more' : ''})`;
  return [...renderTable(rows, shown, options), count].join('\n');
};

const cellText = (value: unknown): string => {
  if (value === null || value === undefined) return 'null';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

const readAll = async (context: Context): Promise<string> => {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of context.io.stdin) {
    text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    if (text.length > STDIN_CHARACTERS_MAX) {
      throw usageError('OPTION_INVALID', `stdin has more than ${STDIN_CHARACTERS_MAX} characters`, {
        hint: 'split it, or use cqlsh',
      });
    }
  }
  return text;
};
