// What can be submitted, and the limits it is held to before anything is written.
import { usageError } from '../model/errors.ts';
import type { JobSpec } from '../model/job.ts';
import {
  DELAY_MAX_MS,
  KEY_CHARACTERS_MAX,
  PAYLOAD_BYTES_MAX,
  PAYLOAD_DEPTH_MAX,
  TYPE_CHARACTERS_MAX,
} from '../model/limits.ts';

export interface SubmitRequest {
  readonly type: string;
  /** JSON text, at most PAYLOAD_BYTES_MAX bytes. */
  readonly payload: string;
  readonly delayMs?: number;
  /** ms since the epoch; a past time means now. */
  readonly atMs?: number;
  /** Idempotency key: within KEY_TTL_MS the same key answers the same job. */
  readonly key?: string;
  /** 0 (first) to 9. Default 5. */
  readonly priority?: number;
  readonly queue?: string;
  /** Jobs of one partition key share a bucket, hence an owner. */
  readonly partitionKey?: string;
  readonly spec?: JobSpec;
}

/** Throws a usage error that names the field, the value and the limit. */
export const assertRequest = (request: SubmitRequest): void => {
  const { type, payload, key, partitionKey, priority } = request;
  if (type.trim() === '' || type.length > TYPE_CHARACTERS_MAX) {
    throw usageError(
      'JOBS_INVALID',
      `job type "${type.slice(0, 40)}" must have 1 to ${TYPE_CHARACTERS_MAX} characters`,
    );
  }
  const bytes = byteLength(payload);
  if (bytes > PAYLOAD_BYTES_MAX) {
    throw usageError('PAYLOAD_TOO_LARGE', `the payload has ${bytes} bytes, the limit is ${PAYLOAD_BYTES_MAX}`, {
      hint: 'store the data elsewhere and submit a reference to it',
    });
  }
  if (isTooDeep(payload)) {
    throw usageError('JOBS_INVALID', `the payload is nested deeper than ${PAYLOAD_DEPTH_MAX} levels`, {
      hint: 'flatten it, or submit it as text',
    });
  }
  for (const [name, text] of [
    ['key', key],
    ['partition key', partitionKey],
  ] as const) {
    if (text !== undefined && (text === '' || text.length > KEY_CHARACTERS_MAX)) {
      throw usageError(
        'JOBS_INVALID',
        `the ${name} must have 1 to ${KEY_CHARACTERS_MAX} characters, not ${text.length}`,
      );
    }
  }
  if (priority !== undefined && !(Number.isInteger(priority) && priority >= 0 && priority <= 9)) {
    throw usageError('JOBS_INVALID', `priority ${priority} is not a whole number from 0 (first) to 9 (last)`);
  }
  if (request.delayMs !== undefined && !(request.delayMs >= 0 && request.delayMs <= DELAY_MAX_MS)) {
    throw usageError('JOBS_INVALID', `a delay of ${request.delayMs} ms is outside 0 to ${DELAY_MAX_MS} ms (10 years)`);
  }
  if (request.atMs !== undefined && !(request.atMs >= 0 && request.atMs <= 2 ** 44 - 1)) {
    throw usageError('JOBS_INVALID', `due time ${request.atMs} is not a time in ms since the epoch`);
  }
};

const byteLength = (text: string): number =>
  text.length * 3 <= PAYLOAD_BYTES_MAX ? text.length : new TextEncoder().encode(text).length;

/** Looks at JSON text: brackets inside of strings do not count. */
const isTooDeep = (json: string): boolean => {
  if (json.length <= PAYLOAD_DEPTH_MAX) return false;
  let depth = 0;
  let isText = false;
  for (let index = 0; index < json.length; index += 1) {
    const character = json[index];
    if (isText) {
      if (character === '\\') index += 1;
      else if (character === '"') isText = false;
    } else if (character === '"') isText = true;
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    if (depth > PAYLOAD_DEPTH_MAX) return true;
  }
  return false;
};
