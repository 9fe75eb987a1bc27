// jobctl cron update, pause, resume, trigger and delete.
import { parseText, wholeNumber } from '../../config/parse/values.ts';
import type { SchedulePatch } from '../../core/cron/manage.ts';
import { EXIT, usageError } from '../../core/model/errors.ts';
import type { ScheduleRow } from '../../core/model/schedule.ts';
import { defineCommand, option } from '../command.ts';
import { confirm } from '../confirm.ts';
import type { Context } from '../context.ts';
import { bareName } from './look.ts';
import { SCHEDULE_OPTIONS, scheduleFields } from './options.ts';
import { scheduleName, scheduleResult } from './views.ts';

const VERSION_MAX = Number.MAX_SAFE_INTEGER;

export const cronUpdate = defineCommand({
  name: 'cron update',
  summary: 'change what is named of a schedule; the rest stays as it is',
  arguments: '<name>',
  options: {
    cron: option('<schedule>', 'when; counts from now on', parseText),
    payload: option('<json>', 'JSON text, @FILE, or - for stdin', parseText),
    ifVersion: option('<n>', 'only if nobody changed it since: exit 4 otherwise', wholeNumber(1, VERSION_MAX)),
    ...SCHEDULE_OPTIONS,
  },
  examples: [
    { does: 'an hour earlier', line: "jobctl cron update morning --cron '0 8 * * 1-5'" },
    { does: 'catch up with all that was missed', line: 'jobctl cron update morning --misfire all --catch-up 1d' },
  ],
  async run(context, [name = ''], { cron, payload, ifVersion, ...others }) {
    const { scheduleUpdate } = await import('../../core/cron/manage.ts');
    const { payloadOf } = await import('../submit-run.ts');
    const store = await context.store();
    const patch: SchedulePatch = {
      ...scheduleFields(others, context.clock.wallMs()),
      ...(cron === undefined ? {} : { cron }),
      ...(payload === undefined ? {} : { job: { payload: await payloadOf(context, payload) } }),
    };
    if (Object.keys(patch).length === 0) {
      throw usageError('OPTION_INVALID', 'nothing is to be changed', { hint: 'see `jobctl cron update --help`' });
    }
    return showSchedule(context, await scheduleUpdate(store, bareName(name), patch, ifVersion), 'updated');
  },
});

export const cronPause = defineCommand({
  name: 'cron pause',
  summary: 'skip the slots of a schedule from now on, with a reason',
  arguments: '<name>',
  options: { reason: option('<text>', 'why, for whoever looks later', parseText) },
  examples: [
    { does: 'for an upgrade', line: "jobctl cron pause nightly --reason 'the database moves'" },
    { does: 'until further notice', line: 'jobctl cron pause nightly' },
  ],
  async run(context, [name = ''], { reason = '' }) {
    const { schedulePause } = await import('../../core/cron/manage.ts');
    return showSchedule(context, await schedulePause(await context.store(), bareName(name), reason), 'paused');
  },
});

export const cronResume = defineCommand({
  name: 'cron resume',
  summary: 'let a paused schedule submit jobs again; its skipped slots stay skipped',
  arguments: '<name>',
  options: {},
  examples: [
    { does: 'after a pause', line: 'jobctl cron resume nightly' },
    { does: 'and when it is due then', line: "jobctl cron resume nightly -o json | jq '.nextAt'" },
  ],
  async run(context, [name = '']) {
    const { scheduleResume } = await import('../../core/cron/manage.ts');
    return showSchedule(context, await scheduleResume(await context.store(), bareName(name)), 'resumed');
  },
});

export const cronTrigger = defineCommand({
  name: 'cron trigger',
  summary: 'submit the job of a schedule now, besides its slots, which go on as they were',
  arguments: '<name>',
  options: { payload: option('<json>', 'another payload: JSON text, @FILE, or - for stdin', parseText) },
  examples: [
    { does: 'now', line: 'jobctl cron trigger nightly' },
    { does: 'and wait for it', line: 'jobctl cron trigger nightly -o name | jobctl job wait -' },
  ],
  async run(context, [name = ''], { payload }) {
    const { scheduleTrigger } = await import('../../core/cron/manage.ts');
    const { submittedView } = await import('../../core/job/submitted-view.ts');
    const { payloadOf, SUBMITTED, submitterOf } = await import('../submit-run.ts');
    const given = payload === undefined ? undefined : await payloadOf(context, payload);
    const store = await context.store();
    const deps = { store, submitter: submitterOf(context, store) };
    const { type, submitted } = await scheduleTrigger(deps, bareName(name), given);
    context.out.result(submittedView(type, submitted), SUBMITTED);
    return EXIT.ok;
  },
});

export const cronDelete = defineCommand({
  name: 'cron delete',
  summary: 'delete a schedule; the jobs that it submitted go on',
  arguments: '<name>',
  options: {},
  examples: [
    { does: 'at a terminal', line: 'jobctl cron delete nightly' },
    { does: 'in a script', line: 'jobctl cron delete nightly --yes' },
  ],
  async run(context, [text = '']) {
    const { scheduleDelete, scheduleFind } = await import('../../core/cron/manage.ts');
    const store = await context.store();
    const { name } = await scheduleFind(store, bareName(text));
    if (!(await confirm(context, 'delete 1 schedule?', [scheduleName({ name })]))) return EXIT.ok;
    await scheduleDelete(store, name);
    context.out.result({ name, deleted: true }, { name: scheduleName, text: () => `schedule/${name} deleted` });
    return EXIT.ok;
  },
});

export const showSchedule = async (context: Context, row: ScheduleRow, done: string): Promise<number> => {
  const { scheduleView } = await import('../../core/cron/view.ts');
  const store = await context.store();
  context.out.result(scheduleView(row, await store.wallMs()), scheduleResult(done));
  return EXIT.ok;
};
