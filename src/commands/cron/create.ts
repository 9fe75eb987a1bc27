// jobctl cron create, and submit --cron, which is the same.
import { parseText } from '../../config/parse/values.ts';
import type { ScheduleFields } from '../../core/cron/manage.ts';
import { EXIT, usageError } from '../../core/model/errors.ts';
import { JOB_DEFAULTS } from '../../core/model/job.ts';
import type { ScheduleRow } from '../../core/model/schedule.ts';
import { defineCommand, option } from '../command.ts';
import type { Context } from '../context.ts';
import { REQUEST_OPTIONS, type RequestValues } from '../submit-request.ts';
import { SCHEDULE_OPTIONS, scheduleFields } from './options.ts';
import { scheduleResult } from './views.ts';

const { delay: _delay, at: _at, key: _key, partitionKey: _partition, ...JOB_OPTIONS } = REQUEST_OPTIONS;

export const cronCreate = defineCommand({
  name: 'cron create',
  summary: 'make a schedule: it submits a job whenever it is due, while a scheduler runs',
  arguments: '<type>',
  details: 'Prints the next three times. The same as `jobctl submit TYPE --cron ... --name ...`.',
  options: {
    cron: option('<schedule>', "when, as '0 9 * * 1-5', @daily or 'every 90s'", parseText),
    name: option('<name>', 'what it is called; unique in the store', parseText),
    payload: option('<json>', 'JSON text, @FILE, or - for stdin (default null)', parseText),
    ...SCHEDULE_OPTIONS,
    ...JOB_OPTIONS,
  },
  examples: [
    {
      does: 'workdays at nine in Rome',
      line: "jobctl cron create report --name morning --cron '0 9 * * 1-5' --tz Europe/Rome",
    },
    {
      does: 'every ten seconds, also while the one before still runs',
      line: `jobctl cron create exec --name tick --cron 'every 10s' --overlap allow --payload '{"command":["date"]}'`,
    },
  ],
  async run(context, [type = ''], options) {
    return createSchedule(context, type, options);
  },
});

interface CreateValues extends Partial<RequestValues> {
  readonly cron?: string | undefined;
  readonly name?: string | undefined;
  readonly payload?: string | undefined;
}

export const createSchedule = async (
  context: Context,
  type: string,
  options: CreateValues & Parameters<typeof scheduleFields>[0],
): Promise<number> => {
  const { cron, name } = options;
  if (cron === undefined) {
    throw usageError('OPTION_INVALID', '--cron is missing', { hint: "say when: --cron '0 9 * * 1-5'" });
  }
  if (name === undefined) {
    throw usageError('OPTION_INVALID', '--name is missing', { hint: 'a schedule has a name: --name nightly' });
  }
  const refused = (['delay', 'at', 'key', 'partitionKey'] as const).find((each) => options[each] !== undefined);
  if (refused !== undefined) {
    throw usageError(
      'OPTION_INVALID',
      `a schedule takes no --${refused === 'partitionKey' ? 'partition-key' : refused}`,
      {
        hint: 'its times and the ids of its jobs follow from --cron',
      },
    );
  }
  const { SCHEDULE_DEFAULTS, scheduleCreate } = await import('../../core/cron/manage.ts');
  const { payloadOf } = await import('../submit-run.ts');
  const { toRequest } = await import('../submit-request.ts');
  const { priority = JOB_DEFAULTS.priority, spec = {} } = toRequest(type, 'null', options);
  const payload = await payloadOf(context, options.payload);
  const job = { queue: JOB_DEFAULTS.queue, type, payload, priority, spec };
  const fields: ScheduleFields = {
    ...SCHEDULE_DEFAULTS,
    ...scheduleFields(options, context.clock.wallMs()),
    cron,
    job,
  };
  const store = await context.store();
  const row = await scheduleCreate(store, name, fields);
  context.out.result(await viewOf(row, context), scheduleResult('created'));
  await noteTimes(context, row);
  if ((await store.memberList('scheduler')).length === 0) {
    context.note('no scheduler runs: start one with `jobctl scheduler`');
  }
  return EXIT.ok;
};

const viewOf = async (row: ScheduleRow, context: Context) => {
  const { scheduleView } = await import('../../core/cron/view.ts');
  return scheduleView(row, await (await context.store()).wallMs());
};

/** The zone, the next three times, and what happens when clocks are set. */
export const noteTimes = async (context: Context, row: ScheduleRow): Promise<void> => {
  const { calendarOf, clockRule } = await import('../../core/cron/next-fire.ts');
  for (const { local } of (await viewOf(row, context)).next) context.note(`next: ${local} (${row.zone})`);
  const rule = row.zone === 'UTC' ? null : clockRule(calendarOf(row));
  if (rule !== null) context.note(`${row.zone}: ${rule}`);
};
