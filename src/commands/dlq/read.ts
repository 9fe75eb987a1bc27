// jobctl dlq list, get and export: looking at dead letters.
import { parseText } from '../../config/parse/values.ts';
import { EXIT, letterMissing } from '../../core/model/errors.ts';
import { LIST_ROWS_DEFAULT } from '../../core/model/limits.ts';
import { defineCommand, option } from '../command.ts';
import { forEachId, readIds } from '../ids.ts';
import { BULK_OPTIONS, collectLetters, FILTER_OPTIONS, filterOf, LETTER_DETAIL, LETTER_LIST } from './letter.ts';

export const dlqList = defineCommand({
  name: 'dlq list',
  summary: 'list dead letters, newest first',
  options: { ...FILTER_OPTIONS, next: option('<token>', 'go on where the last page ended', parseText) },
  examples: [
    { does: 'the newest', line: 'jobctl dlq list' },
    {
      does: 'run those again that timed out',
      line: "jobctl dlq list --error 'timed? ?out' -o name | jobctl dlq retry -",
    },
  ],
  async run(context, _args, { limit = LIST_ROWS_DEFAULT, next, ...filter }) {
    const { letterView } = await import('../../core/job/letter-view.ts');
    const { deadLetterList } = await import('../../core/job/dead-letter.ts');
    const store = await context.store();
    const nowMs = await store.wallMs();
    const page = await deadLetterList(store, nowMs, {
      ...filterOf({ ...filter, limit }, nowMs),
      limit,
      ...(next === undefined ? {} : { next }),
    });
    context.out.list({ items: page.items.map(letterView), next: page.next }, LETTER_LIST);
    if (page.next !== null && !context.out.isStructured) context.note(`more: --next ${page.next}`);
    return EXIT.ok;
  },
});

export const dlqGet = defineCommand({
  name: 'dlq get',
  summary: 'show dead letters whole, with payload and error',
  arguments: '<id...>',
  options: {},
  examples: [
    { does: 'one', line: 'jobctl dlq get 00ag1mdz4r8v0cm9v6k2q7n5xs' },
    { does: 'its payload', line: 'jobctl dlq get 00ag1mdz4r8v0cm9v6k2q7n5xs -o json | jq .payload' },
  ],
  async run(context, args) {
    const { letterView } = await import('../../core/job/letter-view.ts');
    const { deadLetterGet } = await import('../../core/job/dead-letter.ts');
    const ids = await readIds(context, args);
    const store = await context.store();
    const nowMs = await store.wallMs();
    return forEachId(context, ids, LETTER_DETAIL, async (id) => {
      const letter = await deadLetterGet(store, nowMs, id);
      if (letter === null) throw letterMissing(id);
      return letterView(letter);
    });
  },
});

export const dlqExport = defineCommand({
  name: 'dlq export',
  summary: 'write dead letters as JSON lines, payloads included',
  options: BULK_OPTIONS,
  details: 'Always JSON: one a line, or one document with -o json.',
  examples: [
    { does: 'all', line: 'jobctl dlq export --all > dead.jsonl' },
    { does: 'one type, of the last day', line: 'jobctl dlq export --type email.send --since 1d' },
  ],
  async run(context, _args, options) {
    const store = await context.store();
    const { letterView } = await import('../../core/job/letter-view.ts');
    const letters = (await collectLetters(store, options)).map(letterView);
    const { out } = context;
    if (out.format === 'json' || out.format === 'yaml') out.list({ items: letters }, LETTER_LIST);
    else for (const letter of letters) out.line(JSON.stringify(letter));
    context.note(`${letters.length} dead letters exported`);
    return EXIT.ok;
  },
});
