// jobctl doctor: is everything as it should be? Each failed check says what to do; exit 6 if one failed.
import { EXIT } from '../core/model/errors.ts';
import { apiOption } from './api.ts';
import { defineCommand, flag } from './command.ts';
import { type Check, runChecks } from './doctor-checks.ts';
import type { Column } from './output/table.ts';
import { assertRuns } from './plan.ts';

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
  details: `Exits 6 when a check failed. --smoke asks a running scheduler, and nothing else: it submits a job, runs it, looks at its
outcome, makes a schedule and deletes it.`,
  options: { smoke: flag('try the whole of a running system, through its API'), api: apiOption },
  examples: [
    { does: 'all checks', line: 'jobctl doctor' },
    { does: 'after a deployment', line: 'jobctl doctor --smoke --api http://localhost:7070' },
    { does: 'for a bug report', line: 'jobctl doctor -o json' },
  ],
  async run(context, _args, { smoke = false, api }) {
    if (smoke) assertRuns(context, { name: 'doctor --smoke', changes: 'itself' });
    const checks = smoke ? await (await import('./doctor-smoke.ts')).runSmoke(context, api) : await runChecks(context);
    context.out.list({ items: checks }, { columns: COLUMNS, name: ({ name }) => `check/${name}` });
    for (const { name, hint } of checks) if (hint !== null) context.note(`hint:  ${name}: ${hint}`);
    return checks.every(({ ok }) => ok) ? EXIT.ok : EXIT.checkFailed;
  },
});
