// What can be said about a schedule: the same flags for `submit --cron`, `cron create` and `cron update`.
import { parseDuration } from '../../config/parse/duration.ts';
import { oneOf, parseText } from '../../config/parse/values.ts';
import type { ScheduleFields } from '../../core/cron/manage.ts';
import { FOLD_POLICIES, GAP_POLICIES, MISFIRE_POLICIES, OVERLAP_POLICIES } from '../../core/model/schedule.ts';
import { option, type Values } from '../command.ts';

export const CALENDAR_OPTIONS = {
  tz: option('<zone>', 'IANA time zone (default UTC)', parseText),
  gap: option('<policy>', 'a local time that does not exist: skip or shift (default shift)', oneOf(GAP_POLICIES)),
  fold: option('<policy>', 'one that comes twice: first, last or both (default first)', oneOf(FOLD_POLICIES)),
};

export const SCHEDULE_OPTIONS = {
  ...CALENDAR_OPTIONS,
  misfire: option(
    '<policy>',
    'slots that nobody was there for: skip, one or all (default one)',
    oneOf(MISFIRE_POLICIES),
  ),
  catchUp: option('<duration>', 'how far back slots are caught up with (default 1h)', parseDuration),
  overlap: option(
    '<policy>',
    'while an earlier job is not over: skip or allow (default skip)',
    oneOf(OVERLAP_POLICIES),
  ),
};

/** Only what was said. */
export const scheduleFields = (values: Partial<Values<typeof SCHEDULE_OPTIONS>>): Partial<ScheduleFields> => {
  const { tz, gap, fold, misfire, catchUp, overlap } = values;
  return {
    ...(tz === undefined ? {} : { zone: tz }),
    ...(gap === undefined ? {} : { gap }),
    ...(fold === undefined ? {} : { fold }),
    ...(misfire === undefined ? {} : { misfire }),
    ...(catchUp === undefined ? {} : { catchUpMs: catchUp }),
    ...(overlap === undefined ? {} : { overlap }),
  };
};
