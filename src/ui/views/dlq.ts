// Dead letters: jobs that used up their attempts.
import type { LetterView } from '../../core/job/letter-view.ts';
import type { JobView } from '../../core/job/view.ts';
import { JobctlError } from '../../core/model/errors.ts';
import { type Ask, type DetailLine, defineView } from '../view.ts';
import { attemptLine } from './jobs.ts';
import { ago, facts, heading, type Items, timeOf } from './shared.ts';

/** The newest; the rest is found by `jobctl dlq list`. */
const LETTERS_MAX = 500;

export const dlq = defineView<LetterView>({
  name: 'dlq',
  noun: 'job',
  scopes: ['type', 'queue'],
  load: async (ask, scope) =>
    (await ask<Items<LetterView>>('deadLetterList', { query: { ...scope, limit: LETTERS_MAX } })).items,
  id: ({ id }) => id,
  columns: [
    { header: 'ID', cell: ({ id }) => id, rank: 1 },
    { header: 'TYPE', cell: ({ type }) => type },
    { header: 'ERROR', cell: ({ error }) => error, tone: () => 'bad' },
    { header: 'ATTEMPTS', cell: ({ attempts }) => String(attempts), by: ({ attempts }) => attempts, rank: 0 },
    {
      ...{ header: 'DIED', cell: ({ failedAt }, nowMs) => ago(failedAt, nowMs) },
      by: ({ failedAt }) => -timeOf(failedAt),
    },
  ],
  groupBy: ({ type, error }) => `${type}: ${error}`,
  empty: 'no dead letters',
  actions: [
    {
      ...{ key: 'r', label: 'retry', gate: { kind: 'confirm' }, isBulk: true },
      command: ({ id }) => ['dlq', 'retry', id],
      async run(ask, letter) {
        const { id, executed } = await ask<{ readonly id: string; readonly executed: boolean }>('deadLetterRetry', {
          params: { id: letter.id },
        });
        return executed ? `job/${id} runs again` : `job/${id} runs again once a worker owns its bucket`;
      },
    },
    {
      ...{ key: 'D', label: 'discard', gate: { kind: 'confirm' }, isBulk: true },
      command: ({ id }) => ['dlq', 'discard', id],
      async run(ask, { id }) {
        await ask('deadLetterDiscard', { params: { id } });
        return `the dead letter of job/${id} is gone`;
      },
    },
  ],
  detail: async (ask, letter) => [
    { text: letter.error, tone: 'bad' },
    ...(await attemptsOf(ask, letter.id)),
    ...heading('dead letter'),
    ...facts([
      ...([
        ['id', letter.id],
        ['type', letter.type],
        ['queue', letter.queue],
      ] as const),
      ...([
        ['attempts', letter.attempts],
        ['died', letter.failedAt],
        ['created', letter.createdAt],
      ] as const),
      ...([
        ['asked for', letter.spec],
        ['payload', letter.payload],
      ] as const),
    ]),
  ],
});

/** None where the rows of the job are gone: its letter outlives them. */
const attemptsOf = async (ask: Ask, id: string): Promise<readonly DetailLine[]> => {
  try {
    const { attempts } = await ask<JobView>('jobGet', { params: { id } });
    return [...heading('attempts'), ...attempts.map(attemptLine)];
  } catch (error) {
    if (error instanceof JobctlError && error.code === 'JOB_NOT_FOUND') return [];
    throw error;
  }
};
