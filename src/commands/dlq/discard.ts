// jobctl dlq discard: dead letters are deleted for good. Always asks, or needs --yes.
import { EXIT } from '../../core/model/errors.ts';
import type { JobId } from '../../core/model/ids.ts';
import { asker } from '../ask.ts';
import { defineCommand } from '../command.ts';
import { confirm } from '../confirm.ts';
import { forEachId, readIds } from '../ids.ts';
import type { ResultView } from '../output/out.ts';
import { BULK_OPTIONS, collectLetters } from './letter.ts';

interface Discarded {
  readonly id: string;
  readonly discarded: true;
}

const VIEW: ResultView<Discarded> = {
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
    const ask = await asker(context, options);
    const found = args.length > 0 ? null : await collectLetters(context, ask, options);
    const ids = found === null ? await readIds(context, args) : found.map(({ id }) => id);
    const names = ids.map((id) => `job/${id}`);
    if (ids.length === 0) context.note('no dead letter matches');
    else if (!(await confirm(context, `delete ${ids.length} dead letters for good?`, names))) return EXIT.ok;
    const discard = (id: JobId) => ask<Discarded>('deadLetterDiscard', { params: { id } });
    return forEachId(context, ids, VIEW, discard, found === null ? {} : { isList: true });
  },
});
