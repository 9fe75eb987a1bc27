// What the operations on schedules take and give, and how a body becomes fields of core.
import { z } from 'zod';
import { BACKFILL_DEFAULTS, type ScheduleFields } from '../core/cron/manage.ts';
import { defined } from '../core/model/defined.ts';
import { DELAY_MAX_MS, OVERLAP_COUNT_MAX, TYPE_CHARACTERS_MAX } from '../core/model/limits.ts';
import {
  FOLD_POLICIES,
  GAP_POLICIES,
  type JobTemplate,
  MISFIRE_POLICIES,
  OVERLAP_POLICIES,
  type OverlapPolicy,
} from '../core/model/schedule.ts';
import { jsonText, specOf } from './job-request.ts';
import { instant, milliseconds, spec, text, timeMs } from './schemas.ts';

export const calendar = {
  zone: text.optional().meta({ description: 'IANA time zone; default UTC', example: 'Europe/Rome' }),
  gap: z.enum(GAP_POLICIES).optional().meta({ description: 'a local time that does not exist; default shift' }),
  fold: z.enum(FOLD_POLICIES).optional().meta({ description: 'one that comes twice; default first' }),
};
const overlap = z
  .string()
  .regex(/^(skip|allow|cancel-previous|(allow|buffer)\([1-9]\d{0,2}\))$/, 'is no overlap policy')
  .transform((given) => given as OverlapPolicy)
  .meta({ override: { type: 'string', example: 'skip' } });
const policies = {
  misfire: z.enum(MISFIRE_POLICIES).optional().meta({ description: 'slots nobody was there for; default one' }),
  catchUpMs: milliseconds(DELAY_MAX_MS).optional().meta({ description: 'how far back slots are caught up with' }),
  overlap: overlap
    .optional()
    .meta({ description: `while an earlier job is not over: ${OVERLAP_POLICIES.join(', ')}; default skip` }),
  jitterMs: milliseconds(DELAY_MAX_MS)
    .optional()
    .meta({ description: 'jobs start up to so much after their slots, each always the same; default 0' }),
  startAt: timeMs.nullable().optional().meta({ description: 'no slot before; null for no bound' }),
  endAt: timeMs.nullable().optional().meta({ description: 'no slot after; null for no bound' }),
  maxFires: z
    .int()
    .min(1)
    .nullable()
    .optional()
    .meta({ description: 'slots that are fired in all; null for no limit' }),
  pauseAfterFailures: z
    .int()
    .min(1)
    .max(OVERLAP_COUNT_MAX)
    .nullable()
    .optional()
    .meta({ description: 'it is paused when so many of its jobs failed in a row; null for never' }),
};
export const cron = text.meta({
  description: "five fields, six with seconds first, @daily, or 'every 90s'",
  example: '0 9 * * 1-5',
});
export const payload = z.unknown().optional().meta({ description: 'any JSON, up to 64 KiB; default null' });
export const nameParams = z.strictObject({ name: text.meta({ description: 'of the schedule', example: 'nightly' }) });

export const patch = z.strictObject({
  cron: cron.optional(),
  payload,
  ...calendar,
  ...policies,
  ...spec,
  ifVersion: z.int().min(1).optional().meta({ description: 'refuse with 409 when it has another version by now' }),
});
export const request = z
  .strictObject({
    name: text,
    type: z.string().min(1).max(TYPE_CHARACTERS_MAX),
    cron,
    payload,
    ...calendar,
    ...policies,
    ...spec,
    allowUnknownType: z.boolean().optional(),
  })
  .meta({
    id: 'ScheduleRequest',
    example: { name: 'tock', type: 'exec', cron: '* * * * *', payload: { command: ['date'] } },
  });

export const schedule = z
  .strictObject({
    name: z.string(),
    version: z.int().meta({ description: 'grows with every change' }),
    cron: z.string(),
    zone: z.string(),
    gap: z.string(),
    fold: z.string(),
    type: z.string(),
    queue: z.string(),
    priority: z.int(),
    payload: z.unknown(),
    misfire: z.string(),
    catchUpMs: z.int(),
    overlap: z.string(),
    jitterMs: z.int(),
    startAt: instant.nullable(),
    endAt: instant.nullable(),
    maxFires: z.int().nullable(),
    pauseAfterFailures: z.int().nullable(),
    backfill: z
      .strictObject({ from: instant, to: instant, everyMs: z.int(), concurrency: z.int() })
      .nullable()
      .meta({ description: 'the one that is going on' }),
    paused: z.strictObject({ reason: z.string(), at: instant }).nullable(),
    next: z.array(z.strictObject({ at: instant, local: z.string() })),
    nextAt: instant.nullable(),
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'Schedule' });

export const backfillRequest = z
  .strictObject({
    from: timeMs,
    to: timeMs.optional().meta({ description: 'default now' }),
    everyMs: milliseconds(DELAY_MAX_MS)
      .optional()
      .meta({ description: `from one job to the next, at least; default ${BACKFILL_DEFAULTS.everyMs}` }),
    concurrency: z
      .int()
      .min(1)
      .max(OVERLAP_COUNT_MAX)
      .optional()
      .meta({ description: `so many of its jobs at once; default ${BACKFILL_DEFAULTS.concurrency}` }),
  })
  .meta({ id: 'BackfillRequest', example: { from: '2027-01-29T00:00:00Z', to: '2027-01-31T00:00:00Z' } });

export const version = z
  .strictObject({
    name: z.string(),
    version: z.int(),
    at: instant,
    createdAt: instant.meta({ description: 'of the schedule: there may have been others of its name' }),
    changes: z
      .array(z.strictObject({ field: z.string(), from: z.unknown(), to: z.unknown() }))
      .meta({ description: 'of the version before; empty for the first' }),
  })
  .meta({ id: 'ScheduleVersion' });

/** Only what was said. */
export const fieldsOf = (body: Omit<z.output<typeof patch>, 'payload'>): Partial<ScheduleFields> => {
  const { cron: given, zone, gap, fold, misfire, catchUpMs, overlap: policy } = body;
  const { jitterMs, startAt, endAt, maxFires, pauseAfterFailures } = body;
  return defined({
    ...{ cron: given, zone, gap, fold, misfire, catchUpMs, overlap: policy, jitterMs },
    ...{ startMs: startAt, endMs: endAt, maxFires, pauseAfterFailures },
  });
};

export const jobPatch = (body: z.output<typeof patch>): Partial<JobTemplate> => ({
  ...('payload' in body ? { payload: jsonText(body.payload ?? null) } : {}),
  ...(body.priority === undefined ? {} : { priority: body.priority }),
  spec: specOf(body),
});
