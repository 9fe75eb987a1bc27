// Schedules: make, look, change, prove.
import { z } from 'zod';
import { auditSchedule } from '../../core/cron/audit.ts';
import {
  SCHEDULE_DEFAULTS,
  scheduleCreate,
  scheduleDelete,
  scheduleFind,
  schedulePage,
  schedulePause,
  scheduleResume,
  scheduleTrigger,
  scheduleUpdate,
} from '../../core/cron/manage.ts';
import { firesAfter } from '../../core/cron/next-fire.ts';
import { parseSpec } from '../../core/cron/spec.ts';
import { auditView, fireView, scheduleView } from '../../core/cron/view.ts';
import { assertZone } from '../../core/cron/zone.ts';
import { typeGuard } from '../../core/job/known-types.ts';
import { submittedView } from '../../core/job/submitted-view.ts';
import { usageError } from '../../core/model/errors.ts';
import { JOB_DEFAULTS } from '../../core/model/job.ts';
import { LIST_ROWS_DEFAULT } from '../../core/model/limits.ts';
import type { ScheduleRow } from '../../core/model/schedule.ts';
import { jsonText, specOf } from '../job-request.ts';
import { defineOperation, type Operation, type Service } from '../operation.ts';
import {
  calendar,
  cron,
  fieldsOf,
  jobPatch,
  nameParams,
  patch,
  payload,
  request,
  schedule,
} from '../schedule-schemas.ts';
import { instant, items, page, pageQuery, submitted, timeMs, wholeNumber } from '../schemas.ts';

const TAG = 'schedules';
const DAY_MS = 86_400_000;
const COUNT_MAX = 1_000;
const COUNT_DEFAULT = 5;

/** A schedule as it is answered. */
export const view = async ({ store }: Service, row: ScheduleRow) => scheduleView(row, await store.wallMs());

const create = defineOperation({
  id: 'scheduleCreate',
  method: 'POST',
  path: '/v1/cronjobs',
  alias: '/cronjobs',
  role: 'operate',
  tag: TAG,
  summary: 'make a schedule: it submits a job whenever it is due',
  details: 'The same again answers the same schedule; another one of that name is a conflict.',
  body: request,
  result: schedule,
  statusOf: () => 201,
  async run(service, { body }) {
    const { name, type, priority = JOB_DEFAULTS.priority } = body;
    const job = {
      queue: JOB_DEFAULTS.queue,
      type,
      payload: jsonText(body.payload ?? null),
      priority,
      spec: specOf(body),
    };
    if (body.allowUnknownType !== true) (await typeGuard(service.store))(type);
    const fields = { ...SCHEDULE_DEFAULTS, ...fieldsOf(body), cron: body.cron, job };
    return view(service, await scheduleCreate(service.store, name, fields));
  },
});

const list = defineOperation({
  id: 'scheduleList',
  method: 'GET',
  path: '/v1/cronjobs',
  alias: '/cronjobs',
  role: 'read',
  tag: TAG,
  summary: 'list the schedules and when each is due next',
  query: z.strictObject(pageQuery),
  result: page(schedule),
  async run({ store }, { query: { limit = LIST_ROWS_DEFAULT, next: after } }) {
    const nowMs = await store.wallMs();
    const found = await schedulePage(store, { limit, after });
    return { items: found.items.map((row) => scheduleView(row, nowMs)), next: found.next };
  },
});

const get = defineOperation({
  id: 'scheduleGet',
  method: 'GET',
  path: '/v1/cronjobs/{name}',
  alias: '/cronjobs/{name}',
  role: 'read',
  tag: TAG,
  summary: 'show a schedule',
  params: nameParams,
  result: schedule,
  run: async (service, { params: { name } }) => view(service, await scheduleFind(service.store, name)),
});

const update = defineOperation({
  id: 'scheduleUpdate',
  method: 'PATCH',
  path: '/v1/cronjobs/{name}',
  role: 'operate',
  tag: TAG,
  summary: 'change what is named of a schedule; the rest stays as it is',
  params: nameParams,
  body: patch,
  result: schedule,
  async run(service, { params: { name }, body }) {
    const { ifVersion, ...changes } = body;
    if (Object.keys(changes).length === 0) {
      throw usageError('REQUEST_INVALID', 'nothing is to be changed', { hint: 'name the fields that are to be' });
    }
    const fields = { ...fieldsOf(changes), job: jobPatch(changes) };
    const row = await scheduleUpdate(service.store, name, fields, ifVersion);
    return view(service, row);
  },
});

const pause = defineOperation({
  id: 'schedulePause',
  method: 'POST',
  path: '/v1/cronjobs/{name}/pause',
  role: 'operate',
  tag: TAG,
  summary: 'skip the slots of a schedule from now on, with a reason',
  params: nameParams,
  body: z.strictObject({ reason: z.string().max(500).optional() }),
  isBodyOptional: true,
  result: schedule,
  run: async (service, { params: { name }, body: { reason = '' } }) =>
    view(service, await schedulePause(service.store, name, reason)),
});

const resume = defineOperation({
  id: 'scheduleResume',
  method: 'POST',
  path: '/v1/cronjobs/{name}/resume',
  role: 'operate',
  tag: TAG,
  summary: 'let a paused schedule submit jobs again; its skipped slots stay skipped',
  params: nameParams,
  result: schedule,
  run: async (service, { params: { name } }) => view(service, await scheduleResume(service.store, name)),
});

const trigger = defineOperation({
  id: 'scheduleTrigger',
  method: 'POST',
  path: '/v1/cronjobs/{name}/trigger',
  role: 'operate',
  tag: TAG,
  summary: 'submit the job of a schedule now, besides its slots',
  params: nameParams,
  body: z.strictObject({ payload }),
  isBodyOptional: true,
  result: submitted,
  statusOf: () => 201,
  async run(service, { params: { name }, body }) {
    const given = 'payload' in body ? jsonText(body.payload ?? null) : undefined;
    const { type, submitted: done } = await scheduleTrigger(service, name, given);
    return submittedView(type, done);
  },
});

const remove = defineOperation({
  id: 'scheduleDelete',
  method: 'DELETE',
  path: '/v1/cronjobs/{name}',
  alias: '/cronjobs/{name}',
  role: 'admin',
  tag: TAG,
  summary: 'delete a schedule; the jobs that it submitted go on',
  params: nameParams,
  result: z.strictObject({ name: z.string(), deleted: z.literal(true) }),
  async run({ store }, { params: { name } }) {
    await scheduleDelete(store, name);
    return { name, deleted: true };
  },
});

const audit = defineOperation({
  id: 'scheduleAudit',
  method: 'GET',
  path: '/v1/cronjobs/{name}/audit',
  role: 'read',
  tag: TAG,
  summary: 'prove that every slot of a schedule is accounted for',
  params: nameParams,
  query: z.strictObject({
    from: timeMs.optional().meta({ description: 'default a day ago' }),
    to: timeMs.optional().meta({ description: 'default now' }),
  }),
  result: z
    .strictObject({
      name: z.string(),
      from: instant,
      to: instant,
      complete: z.boolean().meta({ description: 'no gaps, no strays, nothing unconfirmed' }),
      isCut: z.boolean().meta({ description: 'there are more slots than one audit looks at: it ends at `to`' }),
      slots: z.int(),
      fired: z.int(),
      skipped: z.int(),
      missed: z.int(),
      buffered: z.int().meta({ description: 'wait for jobs of earlier slots' }),
      open: z.int(),
      gaps: z.array(instant),
      strays: z.array(instant),
      unconfirmed: z.array(instant),
    })
    .meta({ id: 'SlotAudit' }),
  async run({ store }, { params: { name }, query: { from, to } }) {
    const row = await scheduleFind(store, name);
    const nowMs = await store.wallMs();
    return auditView(name, await auditSchedule(store, row, { fromMs: from ?? nowMs - DAY_MS, toMs: to ?? nowMs }));
  },
});

const next = defineOperation({
  id: 'cronNext',
  method: 'GET',
  path: '/v1/cron/next',
  role: 'read',
  tag: TAG,
  summary: 'show when a schedule would be due',
  query: z.strictObject({
    cron,
    ...calendar,
    name: z.string().optional().meta({ description: 'which H follows' }),
    from: timeMs.optional().meta({ description: 'strictly after this; default now' }),
    count: wholeNumber(1, COUNT_MAX)
      .optional()
      .meta({ description: `how many (default ${COUNT_DEFAULT})` }),
  }),
  result: items(z.strictObject({ at: instant, local: z.string(), note: z.string().nullable() })),
  async run({ clock }, { query }) {
    const { zone: given, gap = SCHEDULE_DEFAULTS.gap, fold = SCHEDULE_DEFAULTS.fold, name = '' } = query;
    const zone = assertZone(given ?? SCHEDULE_DEFAULTS.zone);
    const fires = firesAfter(
      { spec: parseSpec(query.cron, name), zone, gap, fold },
      query.from ?? clock.wallMs(),
      query.count ?? COUNT_DEFAULT,
    );
    return { items: [...fires].map((fire) => fireView(fire, zone)) };
  },
});

export const SCHEDULE_OPERATIONS: readonly Operation[] = [
  ...[create, list, get, update, pause, resume, trigger, remove, audit, next],
];
