// Dead letters: look, run again, discard.
import { z } from 'zod';
import { deadLetterDiscard, deadLetterGet, deadLetterList, deadLetterRetry } from '../../core/job/dead-letter.ts';
import { letterView } from '../../core/job/letter-view.ts';
import { letterMissing } from '../../core/model/errors.ts';
import type { JobId } from '../../core/model/ids.ts';
import { LIST_ROWS_DEFAULT } from '../../core/model/limits.ts';
import { defineOperation, type Operation, type Service } from '../operation.ts';
import { instant, jobIdParams, page, pageQuery, text, timeMs, typeNames } from '../schemas.ts';

const TAG = 'dead letters';

const letter = z
  .strictObject({
    id: z.string(),
    type: z.string(),
    queue: z.string(),
    error: z.string(),
    attempts: z.int(),
    failedAt: instant,
    createdAt: instant,
    payload: z.unknown(),
    spec: z.looseObject({}).meta({ description: 'what was asked for beyond type and payload' }),
  })
  .meta({ id: 'DeadLetter' });

const find = async ({ store }: Service, id: JobId) => {
  const found = await deadLetterGet(store, await store.wallMs(), id);
  if (found === null) throw letterMissing(id);
  return found;
};

const list = defineOperation({
  id: 'deadLetterList',
  method: 'GET',
  path: '/v1/dlq',
  role: 'read',
  tag: TAG,
  summary: 'list dead letters, newest first',
  query: z.strictObject({
    type: typeNames,
    since: timeMs.optional().meta({ description: 'dead since' }),
    queue: text.optional(),
    ...pageQuery,
  }),
  result: page(letter),
  async run({ store }, { query: { type, since, queue, limit = LIST_ROWS_DEFAULT, next } }) {
    const found = await deadLetterList(store, await store.wallMs(), {
      limit,
      ...(type === undefined ? {} : { types: type }),
      ...(since === undefined ? {} : { sinceMs: since }),
      ...(queue === undefined ? {} : { queue }),
      ...(next === undefined ? {} : { next }),
    });
    return { items: found.items.map(letterView), next: found.next };
  },
});

const get = defineOperation({
  id: 'deadLetterGet',
  method: 'GET',
  path: '/v1/dlq/{id}',
  role: 'read',
  tag: TAG,
  summary: 'show a dead letter, with payload and error',
  params: jobIdParams,
  result: letter,
  run: async (service, { params: { id } }) => letterView(await find(service, id)),
});

const retry = defineOperation({
  id: 'deadLetterRetry',
  method: 'POST',
  path: '/v1/dlq/{id}/retry',
  role: 'operate',
  tag: TAG,
  summary: 'run a dead letter again, with new attempts',
  params: jobIdParams,
  result: z.strictObject({
    id: z.string().meta({ description: 'the job that runs now: a new one where the rows of the old one are gone' }),
    deadLetter: z.string(),
    executed: z.boolean(),
  }),
  async run(service, { params }) {
    const { store, clock, submitter } = service;
    const { id, outcome } = await deadLetterRetry({ store, clock, submit: submitter }, await find(service, params.id));
    return { id, deadLetter: params.id, executed: outcome !== 'accepted' };
  },
});

const discard = defineOperation({
  id: 'deadLetterDiscard',
  method: 'DELETE',
  path: '/v1/dlq/{id}',
  role: 'admin',
  tag: TAG,
  summary: 'delete a dead letter for good',
  params: jobIdParams,
  result: z.strictObject({ id: z.string(), discarded: z.literal(true) }),
  async run(service, { params: { id } }) {
    await deadLetterDiscard(service.store, await find(service, id));
    return { id, discarded: true };
  },
});

export const DEAD_LETTER_OPERATIONS: readonly Operation[] = [list, get, retry, discard];
