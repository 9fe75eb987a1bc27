// jobctl cron next: when a schedule is due, in its zone. Needs no store.
import { parseMoment, resolveMoment } from '../../config/parse/time.ts';
import { parseText, wholeNumber } from '../../config/parse/values.ts';
import type { FireView } from '../../core/cron/view.ts';
import { EXIT } from '../../core/model/errors.ts';
import { defineCommand, option } from '../command.ts';
import type { Column } from '../output/table.ts';
import { CALENDAR_OPTIONS } from './options.ts';

const COUNT_DEFAULT = 5;
const COUNT_MAX = 1_000;

const COLUMNS: readonly Column<FireView>[] = [
  { header: 'AT', cell: ({ at }) => at },
  { header: 'LOCAL', cell: ({ local }) => local },
  { header: 'NOTE', cell: ({ note }) => note ?? '-', tone: ({ note }) => (note === null ? 'plain' : 'waiting') },
];

export const cronNext = defineCommand({
  name: 'cron next',
  summary: 'show when a schedule is due, in its time zone',
  arguments: '<schedule>',
  details: `A schedule is five fields (minute, hour, day, month, weekday), six with seconds first, @hourly, @daily, @weekly, @monthly,
@yearly, or 'every 90s'. H in a field is a number that follows from --name, so that many schedules do not start at once.
Times are strictly after --from. A day that is given by date and by weekday is any of the two.`,
  options: {
    ...CALENDAR_OPTIONS,
    count: option('<n>', 'how many (default 5)', wholeNumber(1, COUNT_MAX)),
    from: option('<time>', 'after this moment (default now), as 2027-01-31T09:00:00Z or -1h', parseMoment),
    name: option('<name>', 'name of the schedule, which H follows', parseText),
  },
  examples: [
    { does: 'workdays at nine in Rome', line: "jobctl cron next '0 9 * * 1-5' --tz Europe/Rome" },
    {
      does: 'over the day when clocks are put forward',
      line: "jobctl cron next '30 2 * * *' --tz America/New_York --from 2027-03-12T00:00:00Z --count 4",
    },
  ],
  async run(context, [text = ''], { tz, count = COUNT_DEFAULT, from, gap, fold, name = '' }) {
    const { CALENDAR_DEFAULTS, clockRule, firesAfter } = await import('../../core/cron/next-fire.ts');
    const { parseSpec } = await import('../../core/cron/spec.ts');
    const { fireView } = await import('../../core/cron/view.ts');
    const { assertZone } = await import('../../core/cron/zone.ts');
    const zone = assertZone(tz ?? CALENDAR_DEFAULTS.zone);
    const policies = { gap: gap ?? CALENDAR_DEFAULTS.gap, fold: fold ?? CALENDAR_DEFAULTS.fold };
    const calendar = { spec: parseSpec(text, name), zone, ...policies };
    const nowMs = context.clock.wallMs();
    const fires = firesAfter(calendar, from === undefined ? nowMs : resolveMoment(from, nowMs), count);
    const items = [...fires].map((fire) => fireView(fire, zone));
    context.out.list({ items }, { columns: COLUMNS, name: ({ at }) => at });
    const rule = zone === 'UTC' ? null : clockRule(calendar);
    if (rule !== null) context.note(`${zone}: ${rule}`);
    return EXIT.ok;
  },
});
