// Every operation of the API.
import type { Operation } from '../operation.ts';
import { DEAD_LETTER_OPERATIONS } from './dead-letters.ts';
import { EVENT_OPERATIONS } from './events.ts';
import { FLEET_OPERATIONS } from './fleet.ts';
import { JOB_OPERATIONS } from './jobs.ts';
import { LOCK_OPERATIONS } from './locks.ts';
import { OVERVIEW_OPERATIONS } from './overview.ts';
import { SCHEDULE_PAST_OPERATIONS } from './schedule-past.ts';
import { SCHEDULE_OPERATIONS } from './schedules.ts';

export const OPERATIONS: readonly Operation[] = [
  ...JOB_OPERATIONS,
  ...DEAD_LETTER_OPERATIONS,
  ...SCHEDULE_OPERATIONS,
  ...SCHEDULE_PAST_OPERATIONS,
  ...LOCK_OPERATIONS,
  ...OVERVIEW_OPERATIONS,
  ...FLEET_OPERATIONS,
  ...EVENT_OPERATIONS,
];
