// jobctl dlq discard: dead letters are deleted for good. Always asks, or needs --yes.
import { EXIT, letterMissing } from '../../core/model/errors.ts';
import type { JobId } from '../../core/model/ids.ts';
import type { DeadLetterRow } from '../../core/model/job.ts';
import type { Store } from '../../core/ports/store.ts';
import { defineCommand } from '../command.ts';
import { confirm } from '../confirm.ts';
import { forEachId, readIds } from '../ids.ts';
import type { ResultView } from '../output/out.ts';
import { BULK_OPTIONS, collectLetters } from './letter.ts';

const VIEW: ResultView<{ readonly id: string; readonly discarded: true }> = {
  name: ({ id }) => `job/${id}`,
  text: ({ id }) => `job/${id} discarded`,
};

export const dlqDiscard = defineCommand({
  name: 'dlq discard',
  summary: 'delete dead letters for good',
  arguments: '[id...]',
  options: BULK_OPTIONS,
  examples: [
    { does: 'one', line: 'jobctl dlq discard 00ag1mdz4r8v0cm9v6k2q7n5xs --yes' },
    { does: 'export first, then delete', line: 'jobctl dlq discard --type report --since 7d --yes' },
  ],
  async run(context, args, options) {
    const { deadLetterDiscard } = await import('../../core/job/dead-letter.ts');
    const store = await context.store();
    const letters = new Map<JobId, DeadLetterRow>();
    const found = args.length > 0 ? null : await collectLetters(store, options);
    for (const letter of found ?? []) letters.set(letter.job.jobId, letter);
    const ids = found === null ? await readIds(context, args) : [...letters.keys()];
    const names = ids.map((id) => `job/${id}`);
    if (ids.length === 0) context.note('no dead letter matches');
    else if (!(await confirm(context, `delete ${ids.length} dead letters for good?`, names))) return EXIT.ok;
    return forEachId(context, ids, VIEW, async (id) => {
      await deadLetterDiscard(store, letters.get(id) ?? (await letterOf(store, id)));
      return { id, discarded: true as const };
    });
  },
});

const letterOf = async (store: Store, id: JobId): Promise<DeadLetterRow> => {
  const { deadLetterGet } = await import('../../core/job/dead-letter.ts');
  const letter = await deadLetterGet(store, await store.wallMs(), id);
  if (letter === null) throw letterMissing(id);
  return letter;
};
