// What the operations on schedules take and give, and how a body becomes fields of core.
import { z } from 'zod';
import type { ScheduleFields } from '../core/cron/manage.ts';
import { DELAY_MAX_MS, TYPE_CHARACTERS_MAX } from '../core/model/limits.ts';
import {
  FOLD_POLICIES,
  GAP_POLICIES,
  type JobTemplate,
  MISFIRE_POLICIES,
  OVERLAP_POLICIES,
} from '../core/model/schedule.ts';
import { jsonText, specOf } from './job-request.ts';
import { instant, milliseconds, spec, text } from './schemas.ts';

export const calendar = {
  zone: text.optional().meta({ description: 'IANA time zone; default UTC', example: 'Europe/Rome' }),
  gap: z.enum(GAP_POLICIES).optional().meta({ description: 'a local time that does not exist; default shift' }),
  fold: z.enum(FOLD_POLICIES).optional().meta({ description: 'one that comes twice; default first' }),
};
const policies = {
  misfire: z.enum(MISFIRE_POLICIES).optional().meta({ description: 'slots nobody was there for; default one' }),
  catchUpMs: milliseconds(DELAY_MAX_MS).optional().meta({ description: 'how far back slots are caught up with' }),
  overlap: z.enum(OVERLAP_POLICIES).optional().meta({ description: 'while an earlier job is not over; default skip' }),
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
    paused: z.strictObject({ reason: z.string(), at: instant }).nullable(),
    next: z.array(z.strictObject({ at: instant, local: z.string() })),
    nextAt: instant.nullable(),
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'Schedule' });

/** Only what was said. */
export const fieldsOf = (body: Omit<z.output<typeof patch>, 'payload'>): Partial<ScheduleFields> => {
  const { cron: given, zone, gap, fold, misfire, catchUpMs, overlap } = body;
  return {
    ...(given === undefined ? {} : { cron: given }),
    ...(zone === undefined ? {} : { zone }),
    ...(gap === undefined ? {} : { gap }),
    ...(fold === undefined ? {} : { fold }),
    ...(misfire === undefined ? {} : { misfire }),
    ...(catchUpMs === undefined ? {} : { catchUpMs }),
    ...(overlap === undefined ? {} : { overlap }),
  };
};

export const jobPatch = (body: z.output<typeof patch>): Partial<JobTemplate> => ({
  ...('payload' in body ? { payload: jsonText(body.payload ?? null) } : {}),
  ...(body.priority === undefined ? {} : { priority: body.priority }),
  spec: specOf(body),
});
