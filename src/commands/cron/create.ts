// jobctl cron create, and submit --cron, which is the same.
import { parseText } from '../../config/parse/values.ts';
import type { ScheduleView } from '../../core/cron/view.ts';
import { EXIT, usageError } from '../../core/model/errors.ts';
import { API_OPTIONS, type ApiValues, asker } from '../ask.ts';
import { defineCommand, flag, option } from '../command.ts';
import type { Context } from '../context.ts';
import { REQUEST_OPTIONS, type RequestValues } from '../submit-request.ts';
import { SCHEDULE_OPTIONS, scheduleBody } from './options.ts';
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
    allowUnknownType: flag('accept a type that no live worker handles'),
    ...API_OPTIONS,
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

interface CreateValues extends Partial<RequestValues>, ApiValues {
  readonly allowUnknownType?: boolean | undefined;
  readonly cron?: string | undefined;
  readonly name?: string | undefined;
  readonly payload?: string | undefined;
}

export const createSchedule = async (
  context: Context,
  type: string,
  options: CreateValues & Parameters<typeof scheduleBody>[0],
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
  const { payloadOf } = await import('../submit-run.ts');
  const { bodyOf, toRequest } = await import('../submit-request.ts');
  const job = bodyOf(toRequest(type, await payloadOf(context, options.payload), options));
  const ask = await asker(context, options);
  const { allowUnknownType } = options;
  const body = { ...scheduleBody(options, context.clock.wallMs()), ...job, name, cron, allowUnknownType };
  const made = await ask<ScheduleView>('scheduleCreate', { body });
  context.out.result(made, scheduleResult('created'));
  await noteTimes(context, made);
  if ((await ask<{ readonly items: readonly unknown[] }>('schedulerList')).items.length === 0) {
    context.note('no scheduler runs: start one with `jobctl scheduler`');
  }
  return EXIT.ok;
};

/** The zone, the next three times, and what happens when clocks are set. */
export const noteTimes = async (
  context: Context,
  { name, cron, zone, gap, fold, next }: ScheduleView,
): Promise<void> => {
  const { clockRule } = await import('../../core/cron/next-fire.ts');
  const { parseSpec } = await import('../../core/cron/spec.ts');
  for (const { local } of next) context.note(`next: ${local} (${zone})`);
  const rule = zone === 'UTC' ? null : clockRule({ spec: parseSpec(cron, name), zone, gap, fold });
  if (rule !== null) context.note(`${zone}: ${rule}`);
};
