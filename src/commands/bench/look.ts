// jobctl bench list, show, report: which scenarios there are, and what was measured.
import { EXIT } from '../../core/model/errors.ts';
import { defineCommand, flag } from '../command.ts';
import type { Column } from '../output/table.ts';

interface Row {
  readonly name: string;
  readonly quick: boolean;
  readonly summary: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { header: 'SCENARIO', cell: ({ name }) => name },
  { header: 'SMOKE', cell: ({ quick }) => (quick ? 'yes' : '') },
  { header: 'SUMMARY', cell: ({ summary }) => summary },
];

export const benchList = defineCommand({
  name: 'bench list',
  summary: 'list the scenarios',
  details: 'Those of the smoke suite are marked; standard and full run all of them.',
  options: {},
  examples: [
    { does: 'all of them', line: 'jobctl bench list' },
    { does: 'for a script', line: 'jobctl bench list -o name' },
  ],
  async run(context) {
    const { SCENARIOS } = await import('../../bench/scenarios/all.ts');
    const items = SCENARIOS.map(({ name, summary, isQuick: quick = false }) => ({ name, quick, summary }));
    context.out.list({ items }, { columns: COLUMNS, name: ({ name }) => name });
    return EXIT.ok;
  },
});

export const benchShow = defineCommand({
  name: 'bench show',
  arguments: '<file>',
  summary: 'show what was measured, as a table',
  details:
    'The median of the repetitions, how far it may be off (95 %, by bootstrap), and the median of their 99th percentiles.',
  options: {},
  examples: [
    { does: 'as after the run', line: 'jobctl bench show results.csv' },
    { does: 'with the spread', line: 'jobctl bench show results.csv -o wide' },
  ],
  async run(context, [file = '']) {
    const { summarize } = await import('../../bench/results/summary.ts');
    const { readResults } = await import('./files.ts');
    const { SUMMARIES } = await import('./views.ts');
    context.out.list({ items: summarize((await readResults(file)).rows) }, SUMMARIES);
    return EXIT.ok;
  },
});

export const benchReport = defineCommand({
  name: 'bench report',
  arguments: '<file>',
  summary: 'draw what was measured: one file for the browser',
  details: `Charts as SVG, tables, and where it was measured; results.html beside results.csv. It needs nothing else. --png makes a picture of it, too, and
needs Chromium or Chrome.`,
  options: { png: flag('also results.png, by a browser of this machine') },
  examples: [
    { does: 'after a run', line: 'jobctl bench report results.csv' },
    { does: 'where it is', line: 'jobctl bench report results.csv -o json | jq -r .html' },
    { does: 'for slides', line: 'jobctl bench report results.csv --png' },
  ],
  async run(context, [file = ''], { png: isDrawn = false }) {
    const { writeFile } = await import('node:fs/promises');
    const { reportHtml } = await import('../../bench/report/html.ts');
    const { summarize } = await import('../../bench/results/summary.ts');
    const { filesOf, readResults } = await import('./files.ts');
    const { rows, meta } = await readResults(file);
    const { html, png } = filesOf(file);
    await writeFile(html, reportHtml(summarize(rows), meta));
    if (isDrawn) {
      const { drawPng } = await import('./png.ts');
      await drawPng(html, png);
    }
    const made = [html, ...(isDrawn ? [png] : [])];
    context.out.result({ html, png: isDrawn ? png : null }, { name: () => html, text: () => made.join('\n') });
    return EXIT.ok;
  },
});
