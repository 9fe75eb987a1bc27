// Jobs: what they are doing, why, and what can be done about it.
import type { Explanation } from '../../core/job/explain.ts';
import type { AttemptView, JobListItem, JobView } from '../../core/job/view.ts';
import { STATE_TONES } from '../../core/model/tone.ts';
import { signed } from '../signs.ts';
import { type Ask, type DetailLine, defineView } from '../view.ts';
import { ago, facts, heading, type Items, timeOf } from './shared.ts';

/** The newest; the rest is found by `jobctl job list`. */
const JOBS_MAX = 500;

const order = async (ask: Ask, verb: 'Retry' | 'Cancel', { id }: JobListItem): Promise<string> => {
  const { state, executed } = await ask<{ readonly state: string; readonly executed: boolean }>(`job${verb}`, {
    params: { id },
  });
  return executed ? `job/${id} is ${state}` : `job/${id}: the order waits for a worker that owns its bucket`;
};

export const jobs = defineView<JobListItem>({
  name: 'jobs',
  noun: 'job',
  scopes: ['state', 'type', 'bucket'],
  load: async (ask, scope) =>
    (await ask<Items<JobListItem>>('jobList', { query: { ...scope, limit: JOBS_MAX } })).items,
  id: ({ id }) => id,
  columns: [
    { header: 'ID', cell: ({ id }) => id },
    { header: 'TYPE', cell: ({ type }) => type },
    { header: 'STATE', cell: ({ state }) => signed(state), tone: ({ state }) => STATE_TONES[state] },
    { header: 'BKT', cell: ({ bucket }) => String(bucket), by: ({ bucket }) => bucket, rank: 1 },
    { header: 'TRY', cell: ({ attempt, maxAttempts }) => `${attempt}/${maxAttempts}`, by: ({ attempt }) => attempt },
    {
      ...{ header: 'DUE', cell: ({ nextDueAt }, nowMs) => ago(nextDueAt, nowMs) },
      by: ({ nextDueAt }) => timeOf(nextDueAt),
    },
    { header: 'ERROR', cell: ({ error }) => error ?? '-', rank: 0 },
    {
      ...{ header: 'AGE', cell: ({ createdAt }, nowMs) => ago(createdAt, nowMs) },
      by: ({ createdAt }) => -timeOf(createdAt),
    },
  ],
  empty: 'no jobs yet: submit one with `jobctl submit`',
  actions: [
    {
      ...{ key: 'r', label: 'retry', gate: { kind: 'confirm' }, isBulk: true },
      command: ({ id }) => ['job', 'retry', id],
      run: (ask, job) => order(ask, 'Retry', job),
    },
    {
      ...{ key: 'x', label: 'cancel', gate: { kind: 'confirm' }, isBulk: true },
      command: ({ id }) => ['job', 'cancel', id],
      run: (ask, job) => order(ask, 'Cancel', job),
    },
    {
      ...{ key: 'R', label: 'reschedule', gate: { kind: 'answer', question: 'run it when? seconds from now' } },
      command: ({ id }, seconds) => ['job', 'reschedule', id, '--delay', `${seconds || 'SECONDS'}s`],
      async run(ask, { id }, seconds) {
        const delaySeconds = Number(seconds);
        if (seconds === '' || !Number.isFinite(delaySeconds)) throw new Error(`"${seconds}" is no number of seconds`);
        await ask('jobReschedule', { params: { id }, body: { delaySeconds } });
        return `job/${id} is due in ${seconds} s`;
      },
    },
  ],
  detail: (ask, { id }) => jobDetail(ask, id),
});

const jobDetail = async (ask: Ask, id: string): Promise<readonly DetailLine[]> => {
  const [job, why] = await Promise.all([
    ask<JobView>('jobGet', { params: { id } }),
    ask<Explanation>('jobExplain', { params: { id } }),
  ]);
  const origin = job.schedule === null ? '-' : `${job.schedule.name}, slot ${job.schedule.slotAt}`;
  const result = job.attempts.at(-1)?.result ?? null;
  return [
    { text: signed(job.state), tone: STATE_TONES[job.state] },
    ...why.reasons.map((text) => ({ text })),
    ...why.hints.map((text): DetailLine => ({ text, tone: 'dim' })),
    ...heading('job'),
    ...facts([
      ...([
        ['id', job.id],
        ['type', job.type],
        ['bucket', job.bucket],
        ['priority', job.priority],
      ] as const),
      ...([
        ['created', job.createdAt],
        ['due', job.dueAt],
        ['next due', job.nextDueAt],
      ] as const),
      ...([
        ['schedule', origin],
        ['key', job.key],
        ['replay of', job.replayOf],
      ] as const),
      ...([
        ['payload', job.payload],
        ['result', result],
      ] as const),
    ]),
    ...heading(`attempts, at most ${job.maxAttempts}`),
    ...(job.attempts.length === 0 ? [{ text: 'none yet' }] : job.attempts.map(attemptLine)),
  ];
};

export const attemptLine = (attempt: AttemptView): DetailLine => {
  const { number, state, worker, startedAt, endedAt, fence, error } = attempt;
  const took = endedAt === null ? '' : `  ${Date.parse(endedAt) - Date.parse(startedAt)} ms`;
  return {
    text: `${number}  ${state.padEnd(10)} ${startedAt}${took}  ${worker}  fence ${fence}  ${error ?? ''}`.trimEnd(),
    tone: state === 'succeeded' ? 'good' : state === 'running' ? 'busy' : 'plain',
  };
};
