// jobctl doctor: is everything as it should be? Each failed check says what to do; exit 6 if one failed.
import { EXIT } from '../core/model/errors.ts';
import { defineCommand } from './command.ts';
import { type Check, runChecks } from './doctor-checks.ts';
import type { Column } from './output/table.ts';

const COLUMNS: readonly Column<Check>[] = [
  {
    header: 'CHECK',
    cell: ({ name }) => name,
  },
  {
    header: 'RESULT',
    cell: ({ ok }) => (ok ? 'ok' : 'FAILED'),
    tone: ({ ok }) => (ok ? 'good' : 'bad'),
  },
  { header: 'DETAIL', cell: ({ detail }) => detail },
];

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'check Node, the store, the clocks and the workers',
  details: 'Exits 6 when a check failed.',
  options: {},
  examples: [
    { does: 'all checks', line: 'jobctl doctor' },
    { does: 'for a bug report', line: 'jobctl doctor -o json' },
  ],
  async run(context) {
    const checks = await runChecks(context);
    context.out.list({ items: checks }, { columns: COLUMNS, name: ({ name }) => `check/${name}` });
    for (const { name, hint } of checks) if (hint !== null) context.note(`hint:  ${name}: ${hint}`);
    return checks.every(({ ok }) => ok) ? EXIT.ok : EXIT.checkFailed;
  },
});
