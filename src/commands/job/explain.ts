// jobctl job explain: why a job does not run.
import { API_OPTIONS, asker } from '../ask.ts';
import { defineCommand } from '../command.ts';
import { forEachId, readIds } from '../ids.ts';
import type { ResultView } from '../output/out.ts';

interface Explained {
  readonly id: string;
  readonly state: string;
  readonly reasons: readonly string[];
  readonly hints: readonly string[];
}

const VIEW: ResultView<Explained> = {
  name: ({ id }) => `job/${id}`,
  text: ({ id, state, reasons, hints }) =>
    [`job/${id} ${state}`, ...reasons.map((reason) => `  ${reason}`), ...hints.map((hint) => `hint:  ${hint}`)].join(
      '\n',
    ),
};

export const jobExplain = defineCommand({
  name: 'job explain',
  summary: 'say why a job does not run, or why it ended as it did',
  arguments: '<id...>',
  options: API_OPTIONS,
  examples: [
    { does: 'one job', line: 'jobctl job explain 00ag1mdz4r8v0cm9v6k2q7n5xs' },
    { does: 'all that wait', line: 'jobctl job list --state pending,retrying -o name | jobctl job explain -' },
  ],
  async run(context, args, { api }) {
    const ids = await readIds(context, args);
    const ask = await asker(context, { api });
    return forEachId(context, ids, VIEW, (id) => ask<Explained>('jobExplain', { params: { id } }));
  },
});
