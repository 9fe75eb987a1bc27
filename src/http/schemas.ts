// What several operations take and give. Objects are strict: an unknown field is an error, and an undocumented one in an answer
// fails a test.
import { z } from 'zod';
import { parseJobId } from '../core/model/ids.ts';
import { ATTEMPT_STATES, JOB_STATES } from '../core/model/job.ts';
import {
  ATTEMPTS_MAX,
  DELAY_MAX_MS,
  KEY_CHARACTERS_MAX,
  LIST_ROWS_DEFAULT,
  LIST_ROWS_MAX,
  TYPE_CHARACTERS_MAX,
} from '../core/model/limits.ts';

const ID_EXAMPLE = '00ag1mdz4r8v0cm9v6k2q7n5xs';

export const time = z.iso.datetime({ offset: true }).meta({ description: 'ISO 8601 with an offset' });
export const timeMs = time.transform((text) => Date.parse(text));
export const instant = z.string().meta({ description: 'ISO 8601, UTC', example: '2027-01-31T09:00:00.000Z' });
export const text = z.string().min(1);
export const milliseconds = (max: number) => z.int().min(0).max(max);

const jobIdText = z.string().meta({ description: '26 characters', example: ID_EXAMPLE });
export const jobIdParams = z.strictObject({ id: jobIdText.transform((given) => parseJobId(given)) });
export const jobState = z.enum(JOB_STATES);

/** `a,b,c` of a query. */
export const listOf = <Item extends z.ZodType<unknown, string>>(item: Item) =>
  z
    .string()
    .transform((given) => given.split(','))
    .pipe(z.array(item));

/** A whole number of a query. */
export const wholeNumber = (from: number, to: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'is not a whole number')
    .transform(Number)
    .pipe(z.int().min(from).max(to))
    .meta({ override: { type: 'integer', minimum: from, maximum: to } });

/** Which page of a list. */
export const pageQuery = {
  limit: wholeNumber(1, LIST_ROWS_MAX)
    .optional()
    .meta({ description: `rows of a page (default ${LIST_ROWS_DEFAULT})` }),
  next: z.string().optional().meta({ description: 'of the page before' }),
};
const BUCKET_MAX = 65_535;
export const bucketNumbers = listOf(wholeNumber(0, BUCKET_MAX)).optional();
export const typeNames = listOf(text).optional().meta({ description: 'of these types, separated by commas' });

export const page = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({
    items: z.array(item),
    next: z.string().nullable().meta({ description: 'give it as `next` for the page after; null on the last one' }),
  });
/** Complete: there is no further page. */
export const items = <Item extends z.ZodType>(item: Item) => z.strictObject({ items: z.array(item) });

export const due = {
  runAt: timeMs.optional().meta({ description: 'start no sooner than this; a past time means now' }),
  delaySeconds: z
    .number()
    .min(0)
    .max(DELAY_MAX_MS / 1_000)
    .optional(),
  delayMs: z.number().min(0).max(DELAY_MAX_MS).optional(),
};

export const spec = {
  priority: z.int().min(0).max(9).optional().meta({ description: '0 is first, 9 is last; default 5' }),
  maxAttempts: z.int().min(1).max(ATTEMPTS_MAX).optional(),
  backoff: z
    .strictObject({
      kind: z.enum(['fixed', 'linear', 'exponential']).optional(),
      baseMs: milliseconds(DELAY_MAX_MS).optional(),
      maxMs: milliseconds(DELAY_MAX_MS).optional(),
      jitter: z.number().min(0).max(1).optional(),
    })
    .optional(),
  runTimeoutMs: z.int().min(1).max(DELAY_MAX_MS).optional().meta({ description: 'longest run of one attempt' }),
  onCrash: z.enum(['retry', 'fail']).optional(),
};

export const jobRequest = z
  .strictObject({
    type: z.string().min(1).max(TYPE_CHARACTERS_MAX),
    payload: z.unknown().optional().meta({ description: 'any JSON, up to 64 KiB; default null' }),
    ...due,
    ...spec,
    key: z.string().min(1).max(KEY_CHARACTERS_MAX).optional().meta({ description: 'as the header Idempotency-Key' }),
    partitionKey: z.string().min(1).max(KEY_CHARACTERS_MAX).optional(),
    allowUnknownType: z.boolean().optional().meta({ description: 'submit it though no live worker handles the type' }),
  })
  .meta({ id: 'JobRequest', example: { type: 'exec', payload: { command: ['date'] }, delaySeconds: 2 } });

export const submitted = z
  .strictObject({
    id: jobIdText,
    duplicate: z.boolean().meta({ description: 'the idempotency key was known: this is the job of the first request' }),
    type: z.string(),
    dueAt: instant,
    bucket: z.int(),
  })
  .meta({ id: 'Submitted' });

export const attempt = z
  .strictObject({
    number: z.int(),
    fence: z.number(),
    state: z.enum([...ATTEMPT_STATES, 'rejected']),
    worker: z.string(),
    startedAt: instant,
    endedAt: instant.nullable(),
    error: z.string().nullable(),
    result: z.unknown(),
  })
  .meta({ id: 'Attempt' });

export const job = z
  .strictObject({
    id: jobIdText,
    type: z.string(),
    queue: z.string(),
    state: jobState,
    payload: z.unknown(),
    bucket: z.int(),
    priority: z.int(),
    maxAttempts: z.int(),
    createdAt: instant,
    dueAt: instant,
    nextDueAt: instant.nullable(),
    key: z.string().nullable(),
    partitionKey: z.string().nullable(),
    replayOf: jobIdText.nullable(),
    schedule: z
      .strictObject({ name: z.string(), slotAt: instant, isLate: z.boolean(), isBackfill: z.boolean() })
      .nullable(),
    attempts: z.array(attempt),
  })
  .meta({ id: 'Job' });

export const jobItem = z
  .strictObject({
    id: jobIdText,
    type: z.string(),
    state: jobState,
    bucket: z.int(),
    priority: z.int(),
    attempt: z.int(),
    maxAttempts: z.int(),
    error: z.string().nullable(),
    createdAt: instant,
    dueAt: instant,
    nextDueAt: instant.nullable(),
  })
  .meta({ id: 'JobItem' });

export const ordered = z
  .strictObject({
    id: jobIdText,
    state: z.enum([...JOB_STATES, 'accepted']),
    executed: z.boolean().meta({ description: 'false: recorded, for the next owner of the bucket to execute' }),
  })
  .meta({ id: 'Ordered' });

/** How an error looks: RFC 9457, with the fields of the command line's errors. */
export const problem = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'what happened' }),
    code: z.string().meta({ description: 'stable: docs/errors.md' }),
    exitCode: z.int(),
    why: z.string().optional(),
    hint: z.string().optional().meta({ description: 'what to do now' }),
    requestId: z.string(),
  })
  .meta({ id: 'Problem' });
