// Making, changing and deleting schedules: one compare-and-set each, on the version.
import type { Submitted, Submitter } from '../job/submit.ts';
import { assertRequest } from '../job/submit-request.ts';
import { conflictError, notFoundError, unavailableError, usageError } from '../model/errors.ts';
import { allBuckets } from '../model/ids.ts';
import { BACKFILL_SLOTS_MAX, SCHEDULE_NAME_CHARACTERS_MAX, SCHEDULES_PER_SHARD_MAX } from '../model/limits.ts';
import { type Backfill, type JobTemplate, overlapOf, type ScheduleRow, scheduleShard } from '../model/schedule.ts';
import type { Store } from '../ports/store.ts';
import { CALENDAR_DEFAULTS, calendarOf, firesAfter, nextFire } from './next-fire.ts';
import { parseSpec } from './spec.ts';
import { assertZone } from './zone.ts';

/** What a user decides about a schedule. */
export type ScheduleFields = Pick<
  ScheduleRow,
  | 'cron'
  | 'zone'
  | 'gap'
  | 'fold'
  | 'job'
  | 'misfire'
  | 'catchUpMs'
  | 'overlap'
  | 'jitterMs'
  | 'startMs'
  | 'endMs'
  | 'maxFires'
  | 'pauseAfterFailures'
>;

/** What is to be changed, and nothing else: also of the job. */
export type SchedulePatch = Partial<Omit<ScheduleFields, 'job'>> & { readonly job?: Partial<JobTemplate> };

export const SCHEDULE_DEFAULTS = {
  ...CALENDAR_DEFAULTS,
  ...{ misfire: 'one', catchUpMs: 3_600_000, overlap: 'skip', jitterMs: 0 },
  ...{ startMs: null, endMs: null, maxFires: null, pauseAfterFailures: null },
} as const satisfies Omit<ScheduleFields, 'cron' | 'job'>;

const NAME = /^[\w.:@-]+$/;
/** Tries of a change that others keep changing, or whose answer is lost. */
const TRIES_MAX = 10;

/** Throws CRON_INVALID, ZONE_INVALID, SCHEDULE_EXISTS, and what assertRequest throws for the job. */
export const scheduleCreate = async (store: Store, name: string, fields: ScheduleFields): Promise<ScheduleRow> => {
  assertName(name);
  const checked = check(name, fields);
  const nowMs = await store.wallMs();
  const made = { name, version: 1, paused: null, backfill: null, fromMs: nowMs, createdMs: nowMs, updatedMs: nowMs };
  const row: ScheduleRow = { ...made, ...checked };
  if (nextFire(calendarOf(row), nowMs) === null) {
    throw usageError('CRON_INVALID', `the schedule "${row.cron}" is never due again`, { hint: 'check its date' });
  }
  if ((await store.scheduleList(scheduleShard(name, store.bucketCount))).length >= SCHEDULES_PER_SHARD_MAX) {
    throw conflictError('SCHEDULE_EXISTS', `there are ${SCHEDULES_PER_SHARD_MAX} schedules in the shard of "${name}"`, {
      hint: 'delete some: jobctl cron delete NAME',
    });
  }
  // Schedules of a shard are changed one at a time: many that are made at once cost each other their answers.
  for (let tried = 1; tried <= TRIES_MAX; tried += 1) {
    if ((await store.scheduleWrite(row, null)) === 'applied') return row;
    const found = await store.scheduleGet(name);
    if (found === null) continue;
    if (isSame(found, row)) return row;
    throw conflictError('SCHEDULE_EXISTS', `there is a schedule "${name}" already`, {
      hint: `change it with \`jobctl cron update ${name}\`, or delete it first`,
    });
  }
  throw noAnswer(name);
};

/**
 * A patch: what is not named stays. A change of the calendar counts from now on. Throws SCHEDULE_NOT_FOUND, and SCHEDULE_CHANGED when it
 * has another version than the one that was asked for.
 */
export const scheduleUpdate = (
  store: Store,
  name: string,
  patch: SchedulePatch,
  ifVersion?: number,
): Promise<ScheduleRow> =>
  change(store, name, (row, nowMs) => {
    if (ifVersion !== undefined && row.version !== ifVersion) throw changed(row, ifVersion);
    // Merged into the row that is replaced: what somebody else changed meanwhile stays.
    const job = { ...row.job, ...patch.job, spec: { ...row.job.spec, ...patch.job?.spec } };
    return revised(row, { ...row, ...patch, job }, nowMs);
  });

/** All that a user decides about it, as it is given. */
export const scheduleReplace = (store: Store, name: string, fields: ScheduleFields): Promise<ScheduleRow> =>
  change(store, name, (row, nowMs) => revised(row, fields, nowMs));

/** Submits its job now, besides its slots, which go on as they were. Throws SCHEDULE_NOT_FOUND, and what submitting throws. */
export const scheduleTrigger = async (
  { store, submitter }: { readonly store: Store; readonly submitter: Submitter },
  name: string,
  payload?: string,
): Promise<{ readonly type: string; readonly submitted: Submitted }> => {
  const { job } = await scheduleFind(store, name);
  const submitted = await submitter.submit({ ...job, ...(payload === undefined ? {} : { payload }) });
  return { type: job.type, submitted };
};

/** Slots from now on, or after `afterMs`, are skipped, with this reason. */
export const schedulePause = (store: Store, name: string, reason: string, afterMs?: number): Promise<ScheduleRow> =>
  change(store, name, (row, nowMs) =>
    row.paused === null ? { ...row, paused: { reason, atMs: afterMs ?? nowMs } } : row,
  );

export const scheduleResume = (store: Store, name: string): Promise<ScheduleRow> =>
  change(store, name, (row) => (row.paused === null ? row : { ...row, paused: null }));

/** What is asked of a backfill; `toMs` is now at most. */
export type BackfillRequest = Pick<Backfill, 'fromMs' | 'toMs'> & Partial<Pick<Backfill, 'everyMs' | 'concurrency'>>;

export const BACKFILL_DEFAULTS = { everyMs: 1_000, concurrency: 1 } as const;

/** Slots that were not fired are fired now: by whoever owns the schedule. Throws BACKFILL_INVALID, and SCHEDULE_BACKFILLING while another is going on. */
export const scheduleBackfill = (store: Store, name: string, request: BackfillRequest): Promise<ScheduleRow> =>
  change(store, name, (row, nowMs) => {
    const backfill = { ...BACKFILL_DEFAULTS, ...request, toMs: Math.min(request.toMs, nowMs), askedMs: nowMs };
    assertBackfill(row, backfill);
    if (row.backfill !== null) {
      throw conflictError('SCHEDULE_BACKFILLING', `a backfill of the schedule "${name}" is going on`, {
        hint: `wait for its end, or end it: jobctl cron backfill ${name} --stop`,
      });
    }
    return { ...row, backfill };
  });

const assertBackfill = (row: ScheduleRow, { fromMs, toMs }: Backfill): void => {
  const hint = `see its slots: jobctl cron next '${row.cron}' --tz ${row.zone} --from TIME`;
  let count = 0;
  for (const { atMs } of firesAfter(calendarOf(row), fromMs - 1, BACKFILL_SLOTS_MAX + 1)) {
    if (atMs > toMs) break;
    count += 1;
  }
  if (count === 0) {
    throw usageError('BACKFILL_INVALID', `the schedule "${row.name}" has no slot between the two times`, { hint });
  }
  if (count > BACKFILL_SLOTS_MAX) {
    const message = `there are more than ${BACKFILL_SLOTS_MAX} slots between the two times`;
    throw usageError('BACKFILL_INVALID', message, { hint: 'backfill a shorter time, and then the next' });
  }
};

/** What it has submitted goes on. */
export const scheduleBackfillStop = (store: Store, name: string): Promise<ScheduleRow> =>
  change(store, name, (row) => (row.backfill === null ? row : { ...row, backfill: null }));

/** It has come to its end: the one that was asked for then, and no other. */
export const scheduleBackfilled = (store: Store, name: string, askedMs: number): Promise<ScheduleRow> =>
  change(store, name, (row) => (row.backfill?.askedMs === askedMs ? { ...row, backfill: null } : row));

/** What became of its slots stays to be seen, and what it was. Throws SCHEDULE_NOT_FOUND. */
export const scheduleDelete = async (store: Store, name: string): Promise<void> => {
  for (let tried = 1; tried <= TRIES_MAX; tried += 1) {
    const row = await store.scheduleGet(name);
    if (row === null && tried === 1) throw missing(name);
    if (row === null) return;
    await store.scheduleVersionWrite(row);
    if ((await store.scheduleDelete(name, row.version)) === 'applied') return;
  }
  throw noAnswer(name);
};

/** Throws SCHEDULE_NOT_FOUND. */
export const scheduleFind = async (store: Store, name: string): Promise<ScheduleRow> => {
  const row = await store.scheduleGet(name);
  if (row === null) throw missing(name);
  return row;
};

/** By name; `next` is the last name of the page, null on the last one. */
export const schedulePage = async (
  store: Store,
  { limit, after = '' }: { readonly limit: number; readonly after?: string | undefined },
): Promise<{ readonly items: readonly ScheduleRow[]; readonly next: string | null }> => {
  const rest = (await scheduleAll(store)).filter(({ name }) => name > after);
  const items = rest.slice(0, limit);
  return { items, next: rest.length > limit ? (items.at(-1)?.name ?? null) : null };
};

/** By name. */
export const scheduleAll = async (store: Store): Promise<readonly ScheduleRow[]> => {
  const shards = await Promise.all(allBuckets(store.bucketCount).map((shard) => store.scheduleList(shard)));
  return shards.flat().toSorted((left, right) => (left.name < right.name ? -1 : 1));
};

const change = async (
  store: Store,
  name: string,
  edit: (row: ScheduleRow, nowMs: number) => ScheduleRow,
): Promise<ScheduleRow> => {
  for (let tried = 1; tried <= TRIES_MAX; tried += 1) {
    const row = await scheduleFind(store, name);
    const nowMs = await store.wallMs();
    const edited = edit(row, nowMs);
    if (edited === row) return row;
    const next = { ...edited, version: row.version + 1, updatedMs: nowMs };
    await store.scheduleVersionWrite(row);
    if ((await store.scheduleWrite(next, row.version)) === 'applied') return next;
    const found = await store.scheduleGet(name);
    if (found !== null && isSame(found, next)) return next;
  }
  throw noAnswer(name);
};

const revised = (row: ScheduleRow, fields: ScheduleFields, nowMs: number): ScheduleRow => {
  const next = check(row.name, fields);
  const isCalendar = CALENDAR_FIELDS.some((field) => next[field] !== row[field]);
  return { ...row, ...next, ...(isCalendar ? { fromMs: nowMs } : {}) };
};

const CALENDAR_FIELDS = ['cron', 'zone', 'gap', 'fold', 'startMs', 'endMs'] as const;

const check = (name: string, fields: ScheduleFields): ScheduleFields => {
  const { cron, zone, gap, fold, job, misfire, catchUpMs, overlap } = fields;
  const { jitterMs, startMs, endMs, maxFires, pauseAfterFailures } = fields;
  parseSpec(cron, name);
  assertRequest(job);
  if (startMs !== null && endMs !== null && endMs < startMs) {
    throw usageError('CRON_INVALID', 'the schedule ends before it starts', { hint: 'look at its two times' });
  }
  return {
    ...{ cron: cron.trim(), zone: assertZone(zone), gap, fold, job, misfire, catchUpMs, overlap: overlapOf(overlap) },
    ...{ jitterMs, startMs, endMs, maxFires, pauseAfterFailures },
  };
};

const assertName = (name: string): void => {
  if (NAME.test(name) && name.length <= SCHEDULE_NAME_CHARACTERS_MAX) return;
  throw usageError('SCHEDULE_NAME_INVALID', `"${name.slice(0, 60)}" cannot name a schedule`, {
    hint: `use letters, digits and _ . : @ -, up to ${SCHEDULE_NAME_CHARACTERS_MAX}`,
  });
};

const isSame = (left: ScheduleRow, right: ScheduleRow): boolean => JSON.stringify(left) === JSON.stringify(right);

const changed = ({ name, version }: ScheduleRow, ifVersion: number): Error =>
  conflictError('SCHEDULE_CHANGED', `the schedule "${name}" has version ${version}, not ${ifVersion}`, {
    detail: 'somebody changed it since it was looked at',
    hint: `look again, and change that: jobctl cron get ${name} -o json`,
  });

const missing = (name: string): Error =>
  notFoundError('SCHEDULE_NOT_FOUND', `there is no schedule "${name}"`, { hint: 'see them with `jobctl cron list`' });

const noAnswer = (name: string): Error =>
  unavailableError('STORE_UNAVAILABLE', `the store did not confirm the change of the schedule "${name}"`, {
    hint: `see what became of it: jobctl cron get ${name}`,
  });
