// jobctl chaos list: what can be broken, and what is.
import { EXIT } from '../../core/model/errors.ts';
import { defineCommand } from '../command.ts';
import type { Column } from '../output/table.ts';
import { FAULT_COMMANDS } from './faults.ts';
import { journalOf } from './scene.ts';

interface FaultRow {
  readonly fault: string;
  readonly does: string;
  /** It is in effect now. */
  readonly active: boolean;
  /** Why it cannot be made on this machine; null: it can. */
  readonly unavailable: string | null;
}

const COLUMNS: readonly Column<FaultRow>[] = [
  { header: 'FAULT', cell: ({ fault }) => fault },
  { header: 'ACTIVE', cell: ({ active }) => (active ? 'yes' : 'no'), tone: ({ active }) => (active ? 'bad' : 'plain') },
  {
    header: 'HERE',
    cell: ({ unavailable }) => unavailable ?? 'ok',
    tone: ({ unavailable }) => (unavailable === null ? 'plain' : 'waiting'),
  },
  { header: 'DOES', cell: ({ does }) => does },
];

export const chaosList = defineCommand({
  name: 'chaos list',
  summary: 'list the faults that can be made, whether this machine can make them, and those that are in effect',
  options: {},
  examples: [
    { does: 'all of them', line: 'jobctl chaos list' },
    { does: 'what is broken now', line: "jobctl chaos list -o json | jq '.items[] | select(.active)'" },
  ],
  async run(context) {
    const { unavailableHere } = await import('../../chaos/faults/capability.ts');
    const { activeText } = await import('../../chaos/journal.ts');
    const active = await (await journalOf(context)).active();
    const items = await Promise.all(
      FAULT_COMMANDS.map(async ({ name, summary }): Promise<FaultRow> => {
        const fault = name.replace('chaos ', '');
        return {
          ...{ fault, does: summary, unavailable: await unavailableHere(fault) },
          active: active?.faults.some((each) => each.fault === fault) === true,
        };
      }),
    );
    context.out.list({ items }, { columns: COLUMNS, name: ({ fault }) => fault });
    if (active !== null) context.note(`${activeText(active)}: jobctl chaos heal ends it`);
    return EXIT.ok;
  },
});
