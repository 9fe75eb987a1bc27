// jobctl dlq list, get and export: looking at dead letters.

import type { LetterView } from '../../core/job/letter-view.ts';
import { EXIT } from '../../core/model/errors.ts';
import { LIST_ROWS_DEFAULT } from '../../core/model/limits.ts';
import { API_OPTIONS, asker } from '../ask.ts';
import { defineCommand } from '../command.ts';
import { forEachId, readIds } from '../ids.ts';
import { nextOption, showPage } from '../page.ts';
import { WATCH_OPTIONS, watchList } from '../watching.ts';
import { BULK_OPTIONS, collectLetters, FILTER_OPTIONS, LETTER_DETAIL, LETTER_LIST, letterPage } from './letter.ts';

export const dlqList = defineCommand({
  name: 'dlq list',
  summary: 'list dead letters, newest first',
  options: { ...FILTER_OPTIONS, next: nextOption, ...WATCH_OPTIONS, ...API_OPTIONS },
  examples: [
    { does: 'the newest', line: 'jobctl dlq list' },
    {
      does: 'run those again that timed out',
      line: "jobctl dlq list --error 'timed? ?out' -o name | jobctl dlq retry -",
    },
  ],
  async run(context, _args, { limit = LIST_ROWS_DEFAULT, next, watch, api, ...filter }) {
    const ask = await asker(context, { api });
    const look = () => letterPage(context, ask, { ...filter, limit }, { limit, next });
    if (watch === true) return watchList(context, look, LETTER_LIST);
    showPage(context, await look(), LETTER_LIST);
    return EXIT.ok;
  },
});

export const dlqGet = defineCommand({
  name: 'dlq get',
  summary: 'show dead letters whole, with payload and error',
  arguments: '<id...>',
  options: API_OPTIONS,
  examples: [
    { does: 'one', line: 'jobctl dlq get 00ag1mdz4r8v0cm9v6k2q7n5xs' },
    { does: 'its payload', line: 'jobctl dlq get 00ag1mdz4r8v0cm9v6k2q7n5xs -o json | jq .payload' },
  ],
  async run(context, args, { api }) {
    const ids = await readIds(context, args);
    const ask = await asker(context, { api });
    return forEachId(context, ids, LETTER_DETAIL, (id) => ask<LetterView>('deadLetterGet', { params: { id } }));
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
    const letters = await collectLetters(context, await asker(context, options), options);
    const { out } = context;
    if (out.format === 'json' || out.format === 'yaml') out.list({ items: letters }, LETTER_LIST);
    else for (const letter of letters) out.line(JSON.stringify(letter));
    context.note(`${letters.length} dead letters exported`);
    return EXIT.ok;
  },
});
