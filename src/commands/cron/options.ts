// What can be said about a schedule: the same flags for `submit --cron`, `cron create` and `cron update`.

import { parseDuration } from '../../config/parse/duration.ts';
import { type Moment, parseMoment, resolveMoment } from '../../config/parse/time.ts';
import { oneOf, orNone, parseText, wholeNumber } from '../../config/parse/values.ts';
import { defined } from '../../core/model/defined.ts';
import { OVERLAP_COUNT_MAX } from '../../core/model/limits.ts';
import {
  FOLD_POLICIES,
  GAP_POLICIES,
  MISFIRE_POLICIES,
  OVERLAP_POLICIES,
  type OverlapPolicy,
  overlapOf,
} from '../../core/model/schedule.ts';
import { isoTime } from '../../core/model/time.ts';
import { option, type Values } from '../command.ts';

export const CALENDAR_OPTIONS = {
  tz: option('<zone>', 'IANA time zone (default UTC)', parseText),
  gap: option('<policy>', 'a local time that does not exist: skip or shift (default shift)', oneOf(GAP_POLICIES)),
  fold: option('<policy>', 'one that comes twice: first, last or both (default first)', oneOf(FOLD_POLICIES)),
};

const FIRES_MAX = 1_000_000_000;
const OVERLAPS = OVERLAP_POLICIES.join(', ');

const overlapPolicy = (text: string): OverlapPolicy => overlapOf(text.trim().toLowerCase());

export const SCHEDULE_OPTIONS = {
  ...CALENDAR_OPTIONS,
  misfire: option(
    '<policy>',
    'slots that nobody was there for: skip, one or all (default one)',
    oneOf(MISFIRE_POLICIES),
  ),
  catchUp: option('<duration>', 'how far back slots are caught up with (default 1h)', parseDuration),
  overlap: option('<policy>', `while an earlier job is not over: ${OVERLAPS} (default skip)`, overlapPolicy),
  slotJitter: option(
    '<duration>',
    'jobs start up to so much after their slots, each always the same (default 0s)',
    parseDuration,
  ),
  startAt: option('<time>', 'no slot before this moment, or none', orNone(parseMoment)),
  endAt: option('<time>', 'no slot after this moment, or none', orNone(parseMoment)),
  maxFires: option('<n>', 'fire so many slots in all, or none for no limit', orNone(wholeNumber(1, FIRES_MAX))),
  pauseAfterFailures: option(
    '<n>',
    'pause it when so many of its jobs failed in a row, or none',
    orNone(wholeNumber(1, OVERLAP_COUNT_MAX)),
  ),
};

/** Only what was said, as the API takes it. */
export const scheduleBody = (
  values: Partial<Values<typeof SCHEDULE_OPTIONS>>,
  nowMs: number,
): Readonly<Record<string, unknown>> => {
  const { tz: zone, gap, fold, misfire, catchUp, overlap, slotJitter, maxFires, pauseAfterFailures } = values;
  const at = (moment: Moment | null | undefined): string | null | undefined =>
    moment === undefined || moment === null ? moment : isoTime(resolveMoment(moment, nowMs));
  return defined({
    ...{ zone, gap, fold, misfire, catchUpMs: catchUp, overlap, jitterMs: slotJitter },
    ...{ startAt: at(values.startAt), endAt: at(values.endAt), maxFires, pauseAfterFailures },
  });
};
