// Identifiers and the arithmetic on them. A job's id carries its bucket, priority and due time, so the whole primary
// key follows from the id: reading one job is a point read, never an index.
import { usageError } from './errors.ts';

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** 128 bits as 26 characters: bucket 16 | priority 4 | due 44 | random 64. Text order is (bucket, priority, due). */
export type JobId = Brand<string, 'JobId'>;
/** Shard of the work, 0 .. bucketCount-1. */
export type Bucket = Brand<number, 'Bucket'>;
/** One minute of due time: floor(dueMs / 60 000). */
export type Slot = Brand<number, 'Slot'>;
/** Fencing token of a lock: +1 at every acquisition, for ever. */
export type FencingToken = Brand<number, 'FencingToken'>;
/** token * 2^20 + sequence: orders every attempt row ever written for one job. The highest one is the truth. */
export type Fence = Brand<number, 'Fence'>;
/** Random per process start. */
export type SessionId = Brand<string, 'SessionId'>;
/** Names one compare-and-set, so that its author can recognise it after a lost answer. */
export type OperationId = Brand<string, 'OperationId'>;

/** Where randomness comes from; 32 unsigned bits a call. */
export interface Random {
  uint32(): number;
}

/** Length of a slot, ms. */
export const SLOT_MS = 60_000;
/** Priorities are 0 (first) to 9 (last). */
export const PRIORITIES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;
/** Sequence numbers that fit below the token in a fence. */
const FENCE_SEQUENCE_SPAN = 2 ** 20;
/** Largest token whose fence is still an exact double (docs/decisions/001-fence-is-a-number.md). */
const FENCING_TOKEN_MAX = 2 ** 33 - 1;
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
/** Length of `jobIdBytes`. */
export const JOB_ID_BYTES = 16;
const JOB_ID_PATTERN = /^[0-9a-hjkmnp-tv-z]{26}$/;
/** By code: ids are read ten times for each job. */
const DIGITS = Uint8Array.from({ length: 128 }, (_, code) => Math.max(0, ALPHABET.indexOf(String.fromCharCode(code))));

/** Every bucket of a store. */
export const allBuckets = (bucketCount: number): readonly Bucket[] =>
  Array.from({ length: bucketCount }, (_, bucket) => bucket as Bucket);

export const slotOf = (dueMs: number): Slot => Math.floor(dueMs / SLOT_MS) as Slot;
export const slotStartMs = (slot: Slot): number => slot * SLOT_MS;

export const makeFence = (token: FencingToken, sequence: number): Fence => {
  if (token > FENCING_TOKEN_MAX || sequence >= FENCE_SEQUENCE_SPAN) throw new RangeError('fence out of range');
  return (token * FENCE_SEQUENCE_SPAN + sequence) as Fence;
};
export const fenceToken = (fence: Fence): FencingToken => Math.floor(fence / FENCE_SEQUENCE_SPAN) as FencingToken;
export const fenceSequence = (fence: Fence): number => fence % FENCE_SEQUENCE_SPAN;
/** Fence of a job that no attempt row was ever written for. */
export const NO_FENCE = 0 as Fence;

export const makeJobId = (
  at: { readonly bucket: Bucket; readonly priority: number; readonly dueMs: number },
  random: Random,
): JobId => {
  const tail = random.uint32();
  return (digits(at.bucket * 16 + at.priority, 4) +
    digits(Math.floor(at.dueMs / 16), 8) +
    digits((at.dueMs % 16) * 2 + (tail & 1), 1) +
    digits(random.uint32() >>> 2, 6) +
    digits(random.uint32() >>> 2, 6) +
    digits(tail & 0b11100, 1)) as JobId;
};

/** The 128 bits of an id: its text has 26 digits of 5, and two zeros at the end. */
export const jobIdBytes = <Bytes extends Uint8Array>(id: JobId, into: Bytes): Bytes => {
  let [held, bits, count] = [0, 0, 0];
  for (let index = 0; count < JOB_ID_BYTES; index += 1) {
    held = (held << 5) | value(id, index, index + 1);
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    into[count] = held >> bits;
    held &= (1 << bits) - 1;
    count += 1;
  }
  return into;
};
export const jobIdOf = (bytes: Uint8Array): JobId => {
  const codes: number[] = [];
  let [held, bits] = [0, 0];
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    for (; bits >= 5; held &= (1 << bits) - 1) {
      bits -= 5;
      codes.push(ALPHABET.charCodeAt(held >> bits));
    }
  }
  codes.push(ALPHABET.charCodeAt(held << (5 - bits)));
  return String.fromCharCode(...codes) as JobId; // in one piece: a text put together char by char is slow to look up
};

export const jobBucket = (id: JobId): Bucket => Math.floor(value(id, 0, 4) / 16) as Bucket;
export const jobPriority = (id: JobId): number => value(id, 3, 4) % 16;
export const jobDueMs = (id: JobId): number => value(id, 4, 12) * 16 + Math.floor(value(id, 12, 13) / 2);
/** The primary key that follows from an id. */
export interface JobKey {
  readonly bucket: Bucket;
  readonly slot: Slot;
  readonly priority: number;
  readonly dueMs: number;
}
export const jobKey = (id: JobId): JobKey => {
  const dueMs = jobDueMs(id);
  return { bucket: jobBucket(id), slot: slotOf(dueMs), priority: jobPriority(id), dueMs };
};
export const jobSlot = (id: JobId): Slot => slotOf(jobDueMs(id));

/** The first and the last as their rows lie, in every store: an id begins with its bucket, priority and due time. Of one at least. */
export const outermost = (ids: readonly JobId[]): readonly [JobId, JobId] => [
  ids.reduce((least, id) => (id < least ? id : least)),
  ids.reduce((most, id) => (id > most ? id : most)),
];

/** Accepts `ID` and `job/ID`. Throws a usage error naming the text otherwise. */
export const parseJobId = (text: string): JobId => {
  const id = text
    .trim()
    .replace(/^job\//, '')
    .toLowerCase();
  if (!JOB_ID_PATTERN.test(id)) {
    throw usageError('JOB_ID_INVALID', `"${text}" is not a job id`, {
      hint: 'a job id has 26 characters, as printed by `jobctl submit -o name`',
    });
  }
  return id as JobId;
};

/** A random 128-bit name, hexadecimal. */
const makeUuid = (random: Random): string => {
  const hex = [0, 1, 2, 3].map(() => random.uint32().toString(16).padStart(8, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
};
export const makeSessionId = (random: Random): SessionId => makeUuid(random) as SessionId;
export const makeOperationId = (random: Random): OperationId => makeUuid(random) as OperationId;

const digits = (number: number, length: number): string => {
  let text = '';
  for (let rest = number; text.length < length; rest = Math.floor(rest / 32)) text = ALPHABET.charAt(rest % 32) + text;
  return text;
};

const value = (id: JobId, from: number, to: number): number => {
  let result = 0;
  for (let index = from; index < to; index += 1) result = result * 32 + (DIGITS[id.charCodeAt(index)] ?? 0);
  return result;
};
