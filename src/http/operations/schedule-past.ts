// Slots of the past, and what schedules were.
import { z } from 'zod';
import { scheduleBackfill, scheduleBackfillStop } from '../../core/cron/manage.ts';
import { scheduleHistory, scheduleRollback } from '../../core/cron/versions.ts';
import { versionView } from '../../core/cron/view.ts';
import { defined } from '../../core/model/defined.ts';
import { defineOperation, type Operation } from '../operation.ts';
import { backfillRequest, nameParams, schedule, version } from '../schedule-schemas.ts';
import { items } from '../schemas.ts';
import { view } from './schedules.ts';

const TAG = 'schedules';

const backfill = defineOperation({
  id: 'scheduleBackfill',
  method: 'POST',
  path: '/v1/cronjobs/{name}/backfill',
  role: 'operate',
  tag: TAG,
  summary: 'fire slots of the past that were not fired, in their order, at a rate of its own',
  params: nameParams,
  body: backfillRequest,
  result: schedule,
  async run(service, { params: { name }, body: { from, to, everyMs, concurrency } }) {
    const request = { ...defined({ everyMs, concurrency }), fromMs: from, toMs: to ?? Number.MAX_SAFE_INTEGER };
    return view(service, await scheduleBackfill(service.store, name, request));
  },
});

const backfillStop = defineOperation({
  id: 'scheduleBackfillStop',
  method: 'DELETE',
  path: '/v1/cronjobs/{name}/backfill',
  role: 'operate',
  tag: TAG,
  summary: 'end the backfill of a schedule; its jobs go on',
  params: nameParams,
  result: schedule,
  run: async (service, { params: { name } }) => view(service, await scheduleBackfillStop(service.store, name)),
});

const history = defineOperation({
  id: 'scheduleHistory',
  method: 'GET',
  path: '/v1/cronjobs/{name}/history',
  role: 'read',
  tag: TAG,
  summary: 'show every version of a schedule, and what each changed',
  details: 'The newest first; kept for a year, also of schedules of this name that were deleted.',
  params: nameParams,
  result: items(version),
  run: async ({ store }, { params: { name } }) => ({ items: (await scheduleHistory(store, name)).map(versionView) }),
});

const rollback = defineOperation({
  id: 'scheduleRollback',
  method: 'POST',
  path: '/v1/cronjobs/{name}/rollback',
  role: 'operate',
  tag: TAG,
  summary: 'make a schedule what it was: a new version with the settings of an old one',
  params: nameParams,
  body: z.strictObject({ toVersion: z.int().min(1).optional().meta({ description: 'default the one before' }) }),
  isBodyOptional: true,
  result: schedule,
  run: async (service, { params: { name }, body: { toVersion } }) =>
    view(service, await scheduleRollback(service.store, name, toVersion)),
});

export const SCHEDULE_PAST_OPERATIONS: readonly Operation[] = [backfill, backfillStop, history, rollback];
