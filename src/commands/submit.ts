// jobctl submit: one job from flags, or many from a file of lines.
import { parseDuration } from '../config/parse/duration.ts';
import { parseText } from '../config/parse/values.ts';
import { EXIT, usageError } from '../core/model/errors.ts';
import { API_OPTIONS } from './ask.ts';
import { defineCommand, flag, option } from './command.ts';
import { SCHEDULE_OPTIONS } from './cron/options.ts';
import { REQUEST_OPTIONS } from './submit-request.ts';

export const submit = defineCommand({
  name: 'submit',
  summary: 'submit a job; it is durable once its id is printed',
  arguments: '[type]',
  options: {
    payload: option('<json>', 'JSON text, @FILE, or - for stdin (default null)', parseText),
    ...REQUEST_OPTIONS,
    cron: option('<schedule>', "make a schedule instead, as '0 9 * * 1-5' or 'every 90s'; with --name", parseText),
    name: option('<name>', 'what the schedule is called', parseText),
    ...SCHEDULE_OPTIONS,
    file: option('<file>', 'submit every line of this file, or - for stdin: one JSON object a line', parseText, 'f'),
    allowUnknownType: flag('accept a type that no live worker handles'),
    wait: flag('wait for the outcome: exit 0, 10 failed, 11 dead letter'),
    waitTimeout: option('<duration>', 'how long to wait (default 10m), exit 124 after it', parseDuration),
    ...API_OPTIONS,
  },
  examples: [
    { does: 'run a command', line: `jobctl submit exec --payload '{"command":["sh","-c","echo hi"]}'` },
    {
      does: 'in an hour, tried three times',
      line: 'jobctl submit report --payload @report.json --delay 1h --max-attempts 3',
    },
    {
      does: 'once, however often it is submitted',
      line: `jobctl submit email.send --key order-17 --payload '{"to":"a@example.org"}'`,
    },
    {
      does: 'every five minutes, in Rome',
      line: "jobctl submit report --cron '*/5 * * * *' --tz Europe/Rome --name fives",
    },
    { does: 'many, then wait for all', line: 'jobctl submit -f jobs.jsonl -o name | jobctl job wait -' },
  ],
  async run(context, [type], options) {
    const { file, ...single } = options;
    if (type === undefined && file === undefined) {
      throw usageError('OPTION_INVALID', 'the type of the job is missing', {
        hint: `as in: jobctl submit exec --payload '{"command":["date"]}', or -f FILE`,
      });
    }
    if (type !== undefined && file !== undefined) {
      throw usageError('OPTION_INVALID', 'a type and -f exclude each other', {
        hint: 'the lines of the file name their types',
      });
    }
    if (options.cron !== undefined && type !== undefined) {
      const { createSchedule } = await import('./cron/create.ts');
      return createSchedule(context, type, single);
    }
    const { submitFile, submitOne } = await import('./submit-run.ts');
    if (file !== undefined) return submitFile(context, file, options);
    return type === undefined ? EXIT.usage : submitOne(context, type, single);
  },
});
