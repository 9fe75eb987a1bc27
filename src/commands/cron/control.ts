// jobctl cron update, pause, resume, trigger and delete.
import { parseText, wholeNumber } from '../../config/parse/values.ts';
import type { ScheduleView } from '../../core/cron/view.ts';
import type { SubmittedView } from '../../core/job/submitted-view.ts';
import { EXIT, usageError } from '../../core/model/errors.ts';
import { API_OPTIONS, type ApiValues, asker } from '../ask.ts';
import { defineCommand, option } from '../command.ts';
import { confirm } from '../confirm.ts';
import type { Context } from '../context.ts';
import { bareName } from './look.ts';
import { SCHEDULE_OPTIONS, scheduleBody } from './options.ts';
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
    ...API_OPTIONS,
  },
  examples: [
    { does: 'an hour earlier', line: "jobctl cron update morning --cron '0 8 * * 1-5'" },
    { does: 'catch up with all that was missed', line: 'jobctl cron update morning --misfire all --catch-up 1d' },
  ],
  async run(context, [name = ''], { cron, payload, ifVersion, api, ...others }) {
    const { payloadOf } = await import('../submit-run.ts');
    const patch = {
      ...scheduleBody(others, context.clock.wallMs()),
      ...(cron === undefined ? {} : { cron }),
      ...(payload === undefined ? {} : { payload: JSON.parse(await payloadOf(context, payload)) as unknown }),
    };
    if (Object.keys(patch).length === 0) {
      throw usageError('OPTION_INVALID', 'nothing is to be changed', { hint: 'see `jobctl cron update --help`' });
    }
    return changeSchedule(context, { api }, 'updated', ['scheduleUpdate', name, { ...patch, ifVersion }]);
  },
});

export const cronPause = defineCommand({
  name: 'cron pause',
  summary: 'skip the slots of a schedule from now on, with a reason',
  arguments: '<name>',
  options: { reason: option('<text>', 'why, for whoever looks later', parseText), ...API_OPTIONS },
  examples: [
    { does: 'for an upgrade', line: "jobctl cron pause nightly --reason 'the database moves'" },
    { does: 'until further notice', line: 'jobctl cron pause nightly' },
  ],
  async run(context, [name = ''], { reason = '', api }) {
    return changeSchedule(context, { api }, 'paused', ['schedulePause', name, { reason }]);
  },
});

export const cronResume = defineCommand({
  name: 'cron resume',
  summary: 'let a paused schedule submit jobs again; its skipped slots stay skipped',
  arguments: '<name>',
  options: API_OPTIONS,
  examples: [
    { does: 'after a pause', line: 'jobctl cron resume nightly' },
    { does: 'and when it is due then', line: "jobctl cron resume nightly -o json | jq '.nextAt'" },
  ],
  async run(context, [name = ''], { api }) {
    return changeSchedule(context, { api }, 'resumed', ['scheduleResume', name]);
  },
});

export const cronTrigger = defineCommand({
  name: 'cron trigger',
  summary: 'submit the job of a schedule now, besides its slots, which go on as they were',
  arguments: '<name>',
  options: {
    payload: option('<json>', 'another payload: JSON text, @FILE, or - for stdin', parseText),
    ...API_OPTIONS,
  },
  examples: [
    { does: 'now', line: 'jobctl cron trigger nightly' },
    { does: 'and wait for it', line: 'jobctl cron trigger nightly -o name | jobctl job wait -' },
  ],
  async run(context, [name = ''], { payload, api }) {
    const { payloadOf, SUBMITTED } = await import('../submit-run.ts');
    const body = payload === undefined ? {} : { payload: JSON.parse(await payloadOf(context, payload)) as unknown };
    const ask = await asker(context, { api });
    const submitted = await ask<SubmittedView>('scheduleTrigger', { params: { name: bareName(name) }, body });
    context.out.result(submitted, SUBMITTED);
    return EXIT.ok;
  },
});

export const cronDelete = defineCommand({
  name: 'cron delete',
  summary: 'delete a schedule; the jobs that it submitted go on',
  arguments: '<name>',
  options: API_OPTIONS,
  examples: [
    { does: 'at a terminal', line: 'jobctl cron delete nightly' },
    { does: 'in a script', line: 'jobctl cron delete nightly --yes' },
  ],
  async run(context, [text = ''], { api }) {
    const ask = await asker(context, { api });
    const params = { name: bareName(text) };
    const { name } = await ask<ScheduleView>('scheduleGet', { params });
    if (!(await confirm(context, 'delete 1 schedule?', [scheduleName({ name })]))) return EXIT.ok;
    const deleted = await ask<{ readonly name: string; readonly deleted: true }>('scheduleDelete', { params });
    context.out.result(deleted, { name: scheduleName, text: () => `schedule/${name} deleted` });
    return EXIT.ok;
  },
});

type Change = readonly [operation: string, name: string, body?: Readonly<Record<string, unknown>>];

/** Asks for it, and shows the schedule as it is then. */
export const changeSchedule = async (
  context: Context,
  values: ApiValues,
  done: string,
  [operation, name, body]: Change,
): Promise<number> => {
  const ask = await asker(context, values);
  const params = { name: bareName(name) };
  const row = await ask<ScheduleView>(operation, { params, ...(body === undefined ? {} : { body }) });
  context.out.result(row, scheduleResult(done));
  return EXIT.ok;
};
