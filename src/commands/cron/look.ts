// jobctl cron list, get and audit: schedules, and what became of their slots.

import { parsePastMoment, resolveMoment } from '../../config/parse/time.ts';
import type { AuditView, ScheduleView } from '../../core/cron/view.ts';
import { EXIT } from '../../core/model/errors.ts';
import { isoTime } from '../../core/model/time.ts';
import { API_OPTIONS, asker } from '../ask.ts';
import { defineCommand, option } from '../command.ts';
import type { ResultView } from '../output/out.ts';
import { PAGE_OPTIONS, type Page, showPage } from '../page.ts';
import { WATCH_OPTIONS, watchList } from '../watching.ts';
import { SCHEDULE_COLUMNS, scheduleName } from './views.ts';

export const cronList = defineCommand({
  name: 'cron list',
  summary: 'list the schedules and when each is due next',
  options: {
    ...PAGE_OPTIONS,
    ...WATCH_OPTIONS,
    ...API_OPTIONS,
  },
  examples: [
    { does: 'all of them', line: 'jobctl cron list' },
    { does: 'those that are paused', line: "jobctl cron list -o json | jq '.items[] | select(.paused != null).name'" },
  ],
  async run(context, _args, { limit, next, watch, api }) {
    const ask = await asker(context, { api });
    const look = () => ask<Page<ScheduleView>>('scheduleList', { query: { limit, next } });
    if (watch === true) return watchList(context, look, { columns: SCHEDULE_COLUMNS, name: scheduleName });
    const page = await look();
    if (page.items.length === 0) context.note('no schedules; make one with `jobctl cron create`');
    showPage(context, page, { columns: SCHEDULE_COLUMNS, name: scheduleName });
    return EXIT.ok;
  },
});

export const cronGet = defineCommand({
  name: 'cron get',
  summary: 'show one schedule',
  arguments: '<name>',
  options: API_OPTIONS,
  examples: [
    { does: 'when it is due', line: 'jobctl cron get nightly' },
    { does: 'all of it', line: 'jobctl cron get nightly -o yaml' },
  ],
  async run(context, [name = ''], { api }) {
    const { noteTimes } = await import('./create.ts');
    const ask = await asker(context, { api });
    const view = await ask<ScheduleView>('scheduleGet', { params: { name: bareName(name) } });
    if (context.out.isStructured) context.out.result(view, { name: scheduleName, text: scheduleName });
    else context.out.list({ items: [view] }, { columns: SCHEDULE_COLUMNS, name: scheduleName });
    await noteTimes(context, view);
    return EXIT.ok;
  },
});

const AUDIT_VIEW: ResultView<AuditView> = {
  name: scheduleName,
  text: ({ name, from, to, slots, fired, skipped, missed, buffered, open, gaps, strays, unconfirmed }) =>
    [
      `schedule/${name}: ${slots} slots from ${from} to ${to}`,
      `  fired ${fired}, skipped ${skipped}, missed ${missed}, waiting ${buffered}, due and not decided yet ${open}`,
      ...gaps.map((at) => `  GAP: nobody says what became of ${at}`),
      ...strays.map((at) => `  STRAY: the schedule has no slot at ${at}`),
      ...unconfirmed.map((at) => `  UNCONFIRMED: the job of ${at} may not have been submitted`),
    ].join('\n'),
};

export const cronAudit = defineCommand({
  name: 'cron audit',
  summary: 'prove that every slot of a schedule is accounted for; exit 6 when one is not',
  arguments: '<name>',
  details: `Every slot was fired, skipped or missed, with the reason. Slots before the calendar of the schedule changed last
are not looked at. At most 10,000 slots at once; the answer says how far it came.`,
  options: {
    from: option('<time>', 'since then, as -1h or 2027-01-31T09:00:00Z (default -24h)', parsePastMoment),
    to: option('<time>', 'until then (default now)', parsePastMoment),
    ...API_OPTIONS,
  },
  examples: [
    { does: 'the last day', line: 'jobctl cron audit nightly' },
    { does: 'the last five minutes, for a script', line: 'jobctl cron audit tick --from -5m -o json' },
  ],
  async run(context, [text = ''], { from = { fromNowMs: -86_400_000 }, to = { fromNowMs: 0 }, api }) {
    const ask = await asker(context, { api });
    const nowMs = context.clock.wallMs();
    const query = { from: isoTime(resolveMoment(from, nowMs)), to: isoTime(resolveMoment(to, nowMs)) };
    const audit = await ask<AuditView>('scheduleAudit', { params: { name: bareName(text) }, query });
    context.out.result(audit, AUDIT_VIEW);
    if (audit.isCut) context.note(`there are more slots: go on with --from ${audit.to}`);
    return audit.complete ? EXIT.ok : EXIT.checkFailed;
  },
});

/** `schedule/NAME`, too. */
export const bareName = (text: string): string => text.replace(/^schedule\//, '');
