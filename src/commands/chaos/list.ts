// jobctl chaos list: what can be broken, and what is.
import { EXIT } from '../../core/model/errors.ts';
import { defineCommand } from '../command.ts';
import type { Column } from '../output/table.ts';
import { journalOf } from './heal.ts';
import { chaosKillNode, chaosPauseNode, chaosStopNode } from './node.ts';

const FAULTS = [chaosKillNode, chaosStopNode, chaosPauseNode];

interface FaultRow {
  readonly fault: string;
  readonly does: string;
  /** It is in effect now. */
  readonly active: boolean;
}

const COLUMNS: readonly Column<FaultRow>[] = [
  { header: 'FAULT', cell: ({ fault }) => fault },
  { header: 'ACTIVE', cell: ({ active }) => (active ? 'yes' : 'no'), tone: ({ active }) => (active ? 'bad' : 'plain') },
  { header: 'DOES', cell: ({ does }) => does },
];

export const chaosList = defineCommand({
  name: 'chaos list',
  summary: 'list the faults that can be made, and the one that is in effect',
  options: {},
  examples: [
    { does: 'all of them', line: 'jobctl chaos list' },
    { does: 'what is broken now', line: "jobctl chaos list -o json | jq '.items[] | select(.active)'" },
  ],
  async run(context) {
    const active = await (await journalOf(context)).active();
    const items = FAULTS.map(({ name, summary }): FaultRow => {
      const fault = name.replace('chaos ', '');
      return { fault, does: summary, active: active?.fault === fault };
    });
    context.out.list({ items }, { columns: COLUMNS, name: ({ fault }) => fault });
    if (active !== null)
      context.note(`${active.fault} of ${active.target} since ${active.startedAt}: jobctl chaos heal ends it`);
    return EXIT.ok;
  },
});
