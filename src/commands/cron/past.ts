// jobctl cron backfill, history and rollback: slots of the past, and what a schedule was.

import { parseDuration } from '../../config/parse/duration.ts';
import { parsePastMoment, resolveMoment } from '../../config/parse/time.ts';
import { wholeNumber } from '../../config/parse/values.ts';
import type { VersionView } from '../../core/cron/view.ts';
import { EXIT, usageError } from '../../core/model/errors.ts';
import { OVERLAP_COUNT_MAX } from '../../core/model/limits.ts';
import { isoTime } from '../../core/model/time.ts';
import { API_OPTIONS, asker } from '../ask.ts';
import { defineCommand, flag, option } from '../command.ts';
import type { Column } from '../output/table.ts';
import { changeSchedule } from './control.ts';
import { bareName } from './look.ts';

const VERSION_MAX = Number.MAX_SAFE_INTEGER;

export const cronBackfill = defineCommand({
  name: 'cron backfill',
  summary: 'fire slots of the past that were not fired, in their order, at a rate of its own',
  arguments: '<name>',
  details: `The scheduler that owns the schedule does it, beside the slots that become due, also while the schedule is paused. Slots that
were fired are left out, so the same backfill again makes up for what is missing. \`jobctl cron audit NAME --from TIME\` shows how far it came.`,
  options: {
    from: option('<time>', 'since then, as -2d or 2027-01-31T09:00:00Z', parsePastMoment),
    to: option('<time>', 'until then (default now)', parsePastMoment),
    every: option('<duration>', 'from one job to the next, at least (default 1s)', parseDuration),
    concurrency: option('<n>', 'so many of its jobs at once (default 1)', wholeNumber(1, OVERLAP_COUNT_MAX)),
    stop: flag('end the backfill that is going on; its jobs go on'),
    ...API_OPTIONS,
  },
  examples: [
    { does: 'the last two days, one job after another', line: 'jobctl cron backfill nightly --from -2d' },
    { does: 'as quickly as four workers can', line: 'jobctl cron backfill tick --from -1h --every 0s --concurrency 4' },
  ],
  async run(context, [name = ''], { from, to, every, concurrency, stop = false, api }) {
    if (stop) return changeSchedule(context, { api }, 'no longer backfilled', ['scheduleBackfillStop', name]);
    if (from === undefined) {
      throw usageError('OPTION_INVALID', '--from is missing', { hint: 'say since when: --from -2d' });
    }
    const nowMs = context.clock.wallMs();
    const body = {
      from: isoTime(resolveMoment(from, nowMs)),
      to: to === undefined ? undefined : isoTime(resolveMoment(to, nowMs)),
      ...{ everyMs: every, concurrency },
    };
    return changeSchedule(context, { api }, 'is being backfilled', ['scheduleBackfill', name, body]);
  },
});

const HISTORY_COLUMNS: readonly Column<VersionView>[] = [
  { header: 'VERSION', cell: ({ version }) => String(version) },
  { header: 'SINCE', cell: ({ at }, format) => format.time(at) },
  {
    header: 'CHANGES',
    cell: ({ changes }) =>
      changes.length === 0
        ? 'made'
        : changes.map(({ field, from, to }) => `${field}: ${JSON.stringify(from)} -> ${JSON.stringify(to)}`).join(', '),
  },
];

export const cronHistory = defineCommand({
  name: 'cron history',
  summary: 'show every version of a schedule, and what each changed',
  arguments: '<name>',
  details:
    'The newest first. Former versions are kept for a year, also those of schedules of this name that were deleted.',
  options: API_OPTIONS,
  examples: [
    { does: 'how it became what it is', line: 'jobctl cron history nightly' },
    { does: 'the last change', line: "jobctl cron history nightly -o json | jq '.items[0].changes'" },
  ],
  async run(context, [name = ''], { api }) {
    const ask = await asker(context, { api });
    const params = { name: bareName(name) };
    const { items } = await ask<{ readonly items: readonly VersionView[] }>('scheduleHistory', { params });
    context.out.list({ items }, { columns: HISTORY_COLUMNS, name: ({ version }) => String(version) });
    return EXIT.ok;
  },
});

export const cronRollback = defineCommand({
  name: 'cron rollback',
  summary: 'make a schedule what it was: a new version with the settings of an old one',
  arguments: '<name>',
  details: 'It stays paused, or running, as it is. Without --to-version it goes back by one.',
  options: {
    toVersion: option('<n>', 'as `jobctl cron history` shows it (default the one before)', wholeNumber(1, VERSION_MAX)),
    ...API_OPTIONS,
  },
  examples: [
    { does: 'undo the last change', line: 'jobctl cron rollback nightly' },
    { does: 'back to the first', line: 'jobctl cron rollback nightly --to-version 1' },
  ],
  async run(context, [name = ''], { toVersion, api }) {
    return changeSchedule(context, { api }, 'rolled back', ['scheduleRollback', name, { toVersion }]);
  },
});
