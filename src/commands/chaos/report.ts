// jobctl chaos report: what a run was like, to look at and to collect.
import { EXIT } from '../../core/model/errors.ts';
import { defineCommand } from '../command.ts';

export const chaosReport = defineCommand({
  name: 'chaos report',
  arguments: '<folder>',
  summary: 'draw what a run was like: report.html, one file for the browser, and report.csv',
  details: 'Judges the history anew, as `chaos check`; the verdict is in the report, not in the exit code.',
  options: {},
  examples: [
    { does: 'after a run', line: 'jobctl chaos report out/zombie' },
    { does: 'where it is', line: 'jobctl chaos report out/zombie -o json | jq -r .html' },
  ],
  async run(context, [folder = '']) {
    const { writeFile } = await import('node:fs/promises');
    const { readRun, runFiles } = await import('../../chaos/run/record.ts');
    const { judgeRun } = await import('../../chaos/run/verdict.ts');
    const { reportHtml } = await import('../../chaos/report/html.ts');
    const { reportCsv } = await import('../../chaos/report/csv.ts');
    const { record, history } = await readRun(folder);
    const verdict = judgeRun(history, record.scenario);
    const { report: html, table: csv } = runFiles(folder);
    await writeFile(html, reportHtml(record, history, verdict));
    await writeFile(csv, reportCsv(record, history, verdict));
    context.out.result(
      { html, csv, verdict: verdict.verdict },
      {
        name: () => html,
        text: () => `${html}\n${csv}\n${record.scenario.name}, seed ${record.seed}: ${verdict.verdict}`,
      },
    );
    return EXIT.ok;
  },
});
