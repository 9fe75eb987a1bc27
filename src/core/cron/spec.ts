// When a schedule is due, as written: cron fields of local time, or an interval. The only file that knows cron-parser, which
// walks the fields of a calendar without time zones: what a zone makes of them is decided in next-fire.ts.
import { CronDate, type CronExpression, CronExpressionParser } from 'cron-parser';
import { errorText, usageError } from '../model/errors.ts';

export interface FieldsSpec {
  readonly kind: 'fields';
  /** Runs in every hour of the day, so it goes by real hours: nothing is to be decided when clocks are set. */
  readonly isHourly: boolean;
  /** The first match after a local time, both as ms of a clock without zone; null when there is none. */
  readonly nextLocalMs: (afterMs: number) => number | null;
}

export interface EverySpec {
  readonly kind: 'every';
  readonly everyMs: number;
}

export type CronSpec = FieldsSpec | EverySpec;

const ALIASES: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** Shortest interval, ms. */
const EVERY_MIN_MS = 1_000;
/** Longest, ms: a year. */
const EVERY_MAX_MS = 366 * 86_400_000;
const HOURS = 24;

/**
 * `0 9 * * 1-5`, with seconds `0 30 2 * * *`, `@daily`, `every 90s`; `H` stands for a number that follows from `seed`. Throws
 * CRON_INVALID, also for what can never be due.
 */
export const parseSpec = (text: string, seed: string): CronSpec => {
  const trimmed = text.trim().replaceAll(/\s+/g, ' ');
  if (/^every\b/i.test(trimmed)) return parseEvery(trimmed);
  const fields = trimmed.startsWith('@') ? ALIASES[trimmed.toLowerCase()] : trimmed;
  if (fields === undefined) throw invalid(text, `there are ${Object.keys(ALIASES).join(', ')}`);
  const count = fields === '' ? 0 : fields.split(' ').length;
  if (count > 6)
    throw invalid(text, 'it has more than 6 fields: in a shell, put it in quotes, or * becomes file names');
  if (count < 5) throw invalid(text, `it has ${count} fields, and needs 5, or 6 with seconds`);
  const expression = parseFields(text, fields, seed);
  return {
    kind: 'fields',
    isHourly: expression.fields.hour.values.length === HOURS,
    nextLocalMs: (afterMs) => {
      expression.reset(new CronDate(afterMs, 'UTC'));
      try {
        return expression.next().getTime();
      } catch {
        return null; // it has looked through many years
      }
    },
  };
};

const parseFields = (text: string, fields: string, seed: string): CronExpression => {
  try {
    const expression = CronExpressionParser.parse(fields, { tz: 'UTC', currentDate: 0, hashSeed: seed });
    expression.next(); // a date that no year has
    return expression;
  } catch (error) {
    throw invalid(text, errorText(error));
  }
};

const parseEvery = (text: string): EverySpec => {
  const [, amount = '', unit = ''] = /^every (\d+) ?([smhd])$/i.exec(text) ?? [];
  const everyMs = Number(amount) * (UNIT_MS[unit.toLowerCase()] ?? Number.NaN);
  if (amount === '' || !Number.isSafeInteger(everyMs)) throw invalid(text, 'an interval is a number with s, m, h or d');
  if (everyMs < EVERY_MIN_MS || everyMs > EVERY_MAX_MS) throw invalid(text, 'an interval is from 1s to 366d');
  return { kind: 'every', everyMs };
};

const invalid = (text: string, detail: string) =>
  usageError('CRON_INVALID', `cannot read the schedule "${text}"`, {
    detail,
    hint: "write '*/5 * * * *', '0 30 2 * * *' with seconds, '@daily' or 'every 90s'",
  });
