// What becomes of jobs and of the slots of schedules, as it happens.
import { z } from 'zod';
import { changesOf, type Position } from '../../core/changes.ts';
import { scheduleFind } from '../../core/cron/manage.ts';
import { jobMissing, usageError } from '../../core/model/errors.ts';
import { parseJobId } from '../../core/model/ids.ts';
import { ATTEMPT_STATES } from '../../core/model/job.ts';
import { EVENT_SUBJECTS_MAX } from '../../core/model/limits.ts';
import { defineOperation, type EventStream, type Operation } from '../operation.ts';
import { instant, jobState, listOf, text } from '../schemas.ts';

const position = z.object({
  jobs: z.record(z.string(), z.string().regex(new RegExp(`^\\d{1,16}/(${ATTEMPT_STATES.join('|')})?$`))),
  schedules: z.record(z.string(), z.number()),
});

/** The id of an event is the position after it. */
const idOf = (given: Position): string => Buffer.from(JSON.stringify(given)).toString('base64url');

const positionOf = (id: string | undefined): Position => {
  if (id === undefined || id === '') return { jobs: {}, schedules: {} };
  try {
    return position.parse(JSON.parse(Buffer.from(id, 'base64url').toString()));
  } catch (cause) {
    throw usageError('REQUEST_INVALID', 'the header Last-Event-ID is not the id of an event', {
      hint: 'send the id of the last event as it came',
      cause,
    });
  }
};

const stream = defineOperation({
  id: 'events',
  method: 'GET',
  path: '/v1/events',
  role: 'read',
  tag: 'events',
  summary: 'tell what becomes of jobs, and of the slots of schedules, as it happens',
  details:
    `Server-sent events. Each job is told as it is at first, then every change of it, until it is over; slots are told from now on. \
After a break send the header Last-Event-ID, as browsers do: what happened meanwhile is told then, since it is read from what is durable. \
The stream ends when all jobs are over and no schedule was asked for. At most ${EVENT_SUBJECTS_MAX} jobs and schedules.`.replaceAll(
      '\\\n',
      '',
    ),
  query: z.strictObject({
    job: listOf(z.string().transform(parseJobId)).optional().meta({ description: 'ids, separated by commas' }),
    schedule: listOf(text).optional().meta({ description: 'names, separated by commas' }),
  }),
  isStream: true,
  result: z
    .discriminatedUnion('type', [
      z.strictObject({
        type: z.literal('job'),
        at: instant,
        id: z.string(),
        state: jobState,
        attempt: z.int().meta({ description: 'its number; 0 before the first' }),
        error: z.string().nullable(),
      }),
      z.strictObject({
        type: z.literal('slot'),
        at: instant,
        schedule: z.string(),
        slotAt: instant,
        state: z.enum(['firing', 'fired', 'skipped', 'missed', 'buffered']),
        reason: z.string().nullable(),
        jobId: z.string().nullable(),
      }),
    ])
    .meta({ id: 'Change' }),
  async run({ store, clock }, { query: { job: jobs = [], schedule: schedules = [] }, lastEventId, signal }) {
    if (jobs.length + schedules.length === 0 || jobs.length + schedules.length > EVENT_SUBJECTS_MAX) {
      throw usageError('REQUEST_INVALID', `name 1 to ${EVENT_SUBJECTS_MAX} jobs and schedules`, {
        hint: '?job=ID,ID&schedule=NAME',
      });
    }
    const from = positionOf(lastEventId);
    const known = await store.jobGet(jobs);
    for (const id of jobs) if (!known.has(id)) throw jobMissing(id);
    for (const name of schedules) await scheduleFind(store, name);
    return toEvents(changesOf({ store, clock }, { jobs, schedules }, from, signal));
  },
});

async function* toEvents(changes: ReturnType<typeof changesOf>): EventStream {
  for await (const { change, position: after } of changes) {
    yield change === null ? null : { id: idOf(after), data: change };
  }
}

export const EVENT_OPERATIONS: readonly Operation[] = [stream];
