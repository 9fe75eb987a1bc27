// One line of a bulk file: {"type","payload","delay"|"at","key","priority","maxAttempts","backoff":{...},"runTimeout",...}.
// Errors name the line and the field.

import { assertRequest, type SubmitRequest } from '../core/job/submit-request.ts';
import { JobctlError, usageError } from '../core/model/errors.ts';
import { didYouMean } from '../core/model/suggest.ts';
import type { Line } from './input.ts';
import { REQUEST_OPTIONS, type RequestValues, toRequest } from './submit-request.ts';

/** Field of a line -> flag that means the same. */
const FIELDS = {
  delay: 'delay',
  at: 'at',
  key: 'key',
  priority: 'priority',
  partitionKey: 'partitionKey',
  maxAttempts: 'maxAttempts',
  runTimeout: 'runTimeout',
  onCrash: 'onCrash',
} as const satisfies Record<string, keyof RequestValues>;

const BACKOFF_FIELDS = {
  kind: 'backoff',
  base: 'backoffBase',
  max: 'backoffMax',
  jitter: 'jitter',
} as const satisfies Record<string, keyof RequestValues>;

const KNOWN = ['type', 'payload', 'backoff', ...Object.keys(FIELDS)];

type Fields = Readonly<Record<string, unknown>>;

/** Throws JOBS_INVALID, or the code of the field's own error, with the line's number. */
export const parseJobLine = ({ number, text }: Line, source: string): SubmitRequest => {
  const where = `line ${number} of ${source}`;
  try {
    const fields = asObject(JSON.parse(text), 'the line');
    assertKnown(fields, KNOWN, '');
    const { type, payload = null, backoff } = fields;
    if (typeof type !== 'string') throw invalid('"type" is missing', 'every line names the type of its job');
    const values = { ...fieldValues(fields, FIELDS, ''), ...(backoff === undefined ? {} : backoffValues(backoff)) };
    const request = toRequest(type, JSON.stringify(payload), values);
    assertRequest(request);
    return request;
  } catch (error) {
    throw located(error, where);
  }
};

const backoffValues = (backoff: unknown): Partial<RequestValues> => {
  if (typeof backoff === 'string') return fieldValues({ kind: backoff }, BACKOFF_FIELDS, 'backoff.');
  const fields = asObject(backoff, '"backoff"');
  assertKnown(fields, Object.keys(BACKOFF_FIELDS), 'backoff.');
  return fieldValues(fields, BACKOFF_FIELDS, 'backoff.');
};

const fieldValues = (
  fields: Fields,
  known: Readonly<Record<string, keyof RequestValues>>,
  prefix: string,
): Partial<RequestValues> => {
  const values: Partial<Record<keyof RequestValues, unknown>> = {};
  for (const [field, name] of Object.entries(known)) {
    const value = fields[field];
    if (value === undefined || value === null) continue;
    if (typeof value !== 'string' && typeof value !== 'number') {
      throw invalid(
        `"${prefix}${field}" is neither text nor a number`,
        'durations are text as "1s", counts are numbers',
      );
    }
    values[name] = parseField(`${prefix}${field}`, String(value), REQUEST_OPTIONS[name].parse);
  }
  return values as Partial<RequestValues>;
};

const parseField = (field: string, text: string, parse: (text: string) => unknown): unknown => {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof JobctlError)) throw error;
    throw usageError(error.code, `"${field}": ${error.message}`, { hint: error.hint ?? '' });
  }
};

const asObject = (value: unknown, name: string): Fields => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw invalid(`${name} is not a JSON object`, 'write {"type":"exec","payload":{"command":["date"]}}');
};

const assertKnown = (fields: Fields, known: readonly string[], prefix: string): void => {
  const unknown = Object.keys(fields).find((field) => !known.includes(field));
  if (unknown === undefined) return;
  throw invalid(
    `unknown field "${prefix}${unknown}"`,
    `${didYouMean(unknown, known)}known fields: ${known.join(', ')}`,
  );
};

const invalid = (message: string, hint: string): JobctlError => usageError('JOBS_INVALID', message, { hint });

const located = (error: unknown, where: string): unknown => {
  if (error instanceof SyntaxError) {
    return usageError('JSON_INVALID', `${where} is not valid JSON`, {
      detail: error.message,
      hint: 'write one JSON object a line',
    });
  }
  if (!(error instanceof JobctlError)) return error;
  const { detail = '', hint = 'correct the line, then submit again' } = error;
  return usageError(error.code, `${where}: ${error.message}`, { detail, hint });
};
