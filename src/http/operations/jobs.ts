// Jobs: submit, look, and orders about them.
import { z } from 'zod';
import { jobCancel, jobReschedule, jobRetry, jobWait, type Ordered } from '../../core/job/control.ts';
import { jobExplain } from '../../core/job/explain.ts';
import { typeGuard } from '../../core/job/known-types.ts';
import { jobList } from '../../core/job/list.ts';
import { submittedView } from '../../core/job/submitted-view.ts';
import { jobGet, jobHistory } from '../../core/job/view.ts';
import { jobMissing, usageError } from '../../core/model/errors.ts';
import type { Bucket, JobId } from '../../core/model/ids.ts';
import { LIST_ROWS_DEFAULT, MUTATION_ROWS_MAX, REQUEST_WAIT_MAX_MS } from '../../core/model/limits.ts';
import { dueOf, toRequest } from '../job-request.ts';
import { kept } from '../kept.ts';
import { defineOperation, type Operation, type Service } from '../operation.ts';
import {
  attempt,
  bucketNumbers,
  due,
  items,
  job,
  jobIdParams,
  jobItem,
  jobRequest,
  jobState,
  listOf,
  ordered,
  page,
  pageQuery,
  submitted,
  timeMs,
  typeNames,
  wholeNumber,
} from '../schemas.ts';

const TAG = 'jobs';
/** How long an order waits for its execution, ms. */
const ORDER_DEFAULT_MS = 10_000;

const waitQuery = z.strictObject({
  timeoutMs: wholeNumber(0, REQUEST_WAIT_MAX_MS)
    .optional()
    .meta({ description: `how long to wait (default ${ORDER_DEFAULT_MS})` }),
});

/** A worker that starts is known this much later, ms. */
const TYPES_KEPT_MS = 1_000;
const guardNow = kept(TYPES_KEPT_MS, ({ store }) => typeGuard(store));

const submit = defineOperation({
  id: 'jobSubmit',
  method: 'POST',
  path: '/v1/jobs',
  alias: '/jobs',
  role: 'operate',
  tag: TAG,
  summary: 'submit a job',
  details:
    'Answers once the job is durable: 201, or 200 with `duplicate` when the idempotency key was known. A key answers for a day.',
  body: jobRequest,
  takesKey: true,
  result: submitted,
  statusOf: ({ duplicate }: { readonly duplicate: boolean }) => (duplicate ? 200 : 201),
  async run(service, { body, key }) {
    const request = toRequest(body, key);
    if (body.allowUnknownType !== true) (await guardNow(service))(body.type);
    return submittedView(body.type, await service.submitter.submit(request));
  },
});

const submitMany = defineOperation({
  id: 'jobSubmitMany',
  method: 'POST',
  path: '/v1/jobs/bulk',
  role: 'operate',
  tag: TAG,
  summary: `submit up to ${MUTATION_ROWS_MAX} jobs`,
  details:
    'Every job is checked before the first is written. If the store fails in the middle some may have been submitted: with a `key` in each, the same request can be repeated.',
  body: z.strictObject({ jobs: z.array(jobRequest).min(1).max(MUTATION_ROWS_MAX) }),
  result: items(submitted),
  statusOf: () => 201,
  async run(service, { body: { jobs } }) {
    const requests = jobs.map((each, index) => located(`jobs.${index}`, () => toRequest(each, undefined)));
    const assertHandled = await guardNow(service);
    for (const { type, allowUnknownType } of jobs) if (allowUnknownType !== true) assertHandled(type);
    const done = await service.submitter.submitAll(requests);
    return { items: done.map((each, index) => submittedView(jobs[index]?.type ?? '', each)) };
  },
});

const located = <Result>(where: string, make: () => Result): Result => {
  try {
    return make();
  } catch (error) {
    if (error instanceof Error) error.message = `${where}: ${error.message}`;
    throw error;
  }
};

const list = defineOperation({
  id: 'jobList',
  method: 'GET',
  path: '/v1/jobs',
  alias: '/jobs',
  role: 'read',
  tag: TAG,
  summary: 'list jobs, newest due first',
  query: z.strictObject({
    state: listOf(jobState).optional().meta({ description: 'of these states, separated by commas' }),
    type: typeNames,
    bucket: bucketNumbers.meta({ description: 'in these buckets, separated by commas' }),
    since: timeMs.optional().meta({ description: 'due after this' }),
    until: timeMs.optional().meta({ description: 'due before this' }),
    ...pageQuery,
  }),
  result: page(jobItem),
  async run({ store }, { query: { state, type, bucket, since, until, limit = LIST_ROWS_DEFAULT, next } }) {
    return jobList(store, await store.wallMs(), {
      limit,
      ...(state === undefined ? {} : { states: state }),
      ...(type === undefined ? {} : { types: type }),
      ...(bucket === undefined ? {} : { buckets: knownBuckets(store.bucketCount, bucket) }),
      ...(since === undefined ? {} : { sinceMs: since }),
      ...(until === undefined ? {} : { untilMs: until }),
      ...(next === undefined ? {} : { next }),
    });
  },
});

/** Throws BUCKET_RANGE_INVALID. */
export const knownBuckets = (bucketCount: number, given: readonly number[]): readonly Bucket[] => {
  const unknown = given.find((bucket) => bucket >= bucketCount);
  if (unknown === undefined) return given as readonly Bucket[];
  throw usageError('BUCKET_RANGE_INVALID', `there is no bucket ${unknown}`, { hint: `use 0-${bucketCount - 1}` });
};

const get = defineOperation({
  id: 'jobGet',
  method: 'GET',
  path: '/v1/jobs/{id}',
  alias: '/jobs/{id}',
  role: 'read',
  tag: TAG,
  summary: 'show a job with its attempts',
  params: jobIdParams,
  result: job,
  run: async ({ store }, { params: { id } }) => (await jobGet(store, id)) ?? missing(id),
});

const history = defineOperation({
  id: 'jobHistory',
  method: 'GET',
  path: '/v1/jobs/{id}/history',
  role: 'read',
  tag: TAG,
  summary: 'list every attempt of a job, lost ones included, and the orders between them',
  params: jobIdParams,
  result: items(attempt),
  run: async ({ store }, { params: { id } }) => ({ items: (await jobHistory(store, id)) ?? missing(id) }),
});

const explain = defineOperation({
  id: 'jobExplain',
  method: 'GET',
  path: '/v1/jobs/{id}/explain',
  role: 'read',
  tag: TAG,
  summary: 'say why a job does not run, or why it ended as it did',
  params: jobIdParams,
  result: z.strictObject({
    id: z.string(),
    state: jobState,
    reasons: z.array(z.string()).meta({ description: 'the decisive one first' }),
    hints: z.array(z.string()),
  }),
  run: async ({ store }, { params: { id } }) => (await jobExplain(store, await store.wallMs(), id)) ?? missing(id),
});

const missing = (id: JobId): never => {
  throw jobMissing(id);
};

const wait = defineOperation({
  id: 'jobWait',
  method: 'GET',
  path: '/v1/jobs/{id}/wait',
  role: 'read',
  tag: TAG,
  summary: 'wait for the outcome of a job; 504 when it has none in time',
  params: jobIdParams,
  query: waitQuery,
  result: z.strictObject({ id: z.string(), state: jobState }),
  async run({ store, clock }, { params: { id }, query: { timeoutMs = ORDER_DEFAULT_MS }, signal }) {
    return { id, state: await jobWait({ store, clock }, id, { timeoutMs, signal }) };
  },
});

type Give = (service: Service, id: JobId, options: { readonly timeoutMs: number }) => Promise<Ordered>;

const order = (verb: string, summary: string, give: Give, alias?: string): Operation =>
  defineOperation({
    id: `job${verb[0]?.toUpperCase()}${verb.slice(1)}`,
    method: 'POST',
    path: `/v1/jobs/{id}/${verb}`,
    ...(alias === undefined ? {} : { alias }),
    role: 'operate',
    tag: TAG,
    summary,
    details:
      'Waits until the worker that owns the bucket has done it. Where there is none the order is kept for the next one, and `executed` is false.',
    params: jobIdParams,
    query: waitQuery,
    result: ordered,
    run: async (service, { params: { id }, query: { timeoutMs = ORDER_DEFAULT_MS } }) =>
      orderedView(id, await give(service, id, { timeoutMs })),
  });

const orderedView = (id: JobId, state: Ordered) => ({ id, state, executed: state !== 'accepted' });

const reschedule = defineOperation({
  id: 'jobReschedule',
  method: 'POST',
  path: '/v1/jobs/{id}/reschedule',
  role: 'operate',
  tag: TAG,
  summary: 'run a waiting job at another time',
  params: jobIdParams,
  query: waitQuery,
  body: z.strictObject(due),
  result: ordered,
  async run({ store, clock }, { params: { id }, query: { timeoutMs = ORDER_DEFAULT_MS }, body }) {
    const { atMs, delayMs } = dueOf(body);
    if (atMs === undefined && delayMs === undefined) {
      throw usageError('REQUEST_INVALID', 'the new time is missing', {
        hint: 'give "runAt", "delaySeconds" or "delayMs"',
      });
    }
    const dueMs = atMs ?? (await store.wallMs()) + (delayMs ?? 0);
    return orderedView(id, await jobReschedule({ store, clock }, id, { dueMs, timeoutMs }));
  },
});

export const JOB_OPERATIONS: readonly Operation[] = [
  submit,
  submitMany,
  list,
  get,
  history,
  explain,
  wait,
  order('cancel', 'stop a job: a waiting one never runs, a running one is told to stop', jobCancel),
  order('retry', 'run a job again that ended without success, or a waiting one now', jobRetry),
  order('run', 'run a job now', jobRetry, '/jobs/{id}/run'),
  reschedule,
];
