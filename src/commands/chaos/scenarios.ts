// jobctl chaos scenarios: the library.
import { EXIT } from '../../core/model/errors.ts';
import { defineCommand } from '../command.ts';
import type { Column } from '../output/table.ts';

interface Row {
  readonly name: string;
  readonly summary: string;
  readonly faults: readonly string[];
  readonly seconds: number;
}

const COLUMNS: readonly Column<Row>[] = [
  { header: 'SCENARIO', cell: ({ name }) => name },
  { header: 'SECONDS', cell: ({ seconds }) => String(seconds) },
  { header: 'SUMMARY', cell: ({ summary }) => summary },
];

export const chaosScenarios = defineCommand({
  name: 'chaos scenarios',
  summary: 'list the scenarios of the library',
  details: 'Seconds: how long the workload goes on at least; starting, mending and coming to rest take longer.',
  options: {},
  examples: [
    { does: 'all of them', line: 'jobctl chaos scenarios' },
    { does: 'run each', line: 'jobctl chaos scenarios -o name | xargs -n1 -I{} jobctl chaos run {} --yes' },
  ],
  async run(context) {
    const { drawMix, libraryNames, loadScenario } = await import('../../chaos/scenario.ts');
    const { workloadMs } = await import('../../chaos/run/conductor.ts');
    const items: Row[] = [];
    for (const file of await libraryNames()) {
      const scenario = drawMix(await loadScenario(file), 0);
      const { name, summary, faults, mix } = scenario;
      const kinds = [...new Set(mix?.faults ?? faults.map(({ fault }) => fault))];
      items.push({ name, summary, faults: kinds, seconds: Math.round(workloadMs(scenario) / 1_000) });
    }
    context.out.list({ items }, { columns: COLUMNS, name: ({ name }) => name });
    return EXIT.ok;
  },
});
