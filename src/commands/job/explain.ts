// jobctl job explain: why a job does not run.
import { jobMissing } from '../../core/model/errors.ts';
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
  options: {},
  examples: [
    { does: 'one job', line: 'jobctl job explain 00ag1mdz4r8v0cm9v6k2q7n5xs' },
    { does: 'all that wait', line: 'jobctl job list --state pending,retrying -o name | jobctl job explain -' },
  ],
  async run(context, args) {
    const { jobExplain: explain } = await import('../../core/job/explain.ts');
    const ids = await readIds(context, args);
    const store = await context.store();
    const nowMs = await store.wallMs();
    return forEachId(context, ids, VIEW, async (id): Promise<Explained> => {
      const explained = await explain(store, nowMs, id);
      if (explained === null) throw jobMissing(id);
      return explained;
    });
  },
});
