// What a schedule was before its changes, what each of them changed, and the way back.
import { notFoundError } from '../model/errors.ts';
import type { ScheduleRow } from '../model/schedule.ts';
import type { Store } from '../ports/store.ts';
import { scheduleFind, scheduleReplace } from './manage.ts';

export interface Version {
  readonly row: ScheduleRow;
  /** The one before it in the same life; null for the first that is known. */
  readonly before: ScheduleRow | null;
}

/** The newest first: the one that there is, and those before it, also of schedules of this name that were deleted. Throws SCHEDULE_NOT_FOUND. */
export const scheduleHistory = async (store: Store, name: string): Promise<readonly Version[]> => {
  const [row, former] = await Promise.all([store.scheduleGet(name), store.scheduleVersionList(name)]);
  if (row === null && former.length === 0) await scheduleFind(store, name);
  // A change that was prepared, and then refused, left what is there now.
  const older = former.filter((each) => each.createdMs !== row?.createdMs || each.version < row.version);
  const rows = row === null ? older : [row, ...older];
  return rows.map((each, index) => {
    const before = rows[index + 1];
    return { row: each, before: before?.createdMs === each.createdMs ? before : null };
  });
};

/**
 * Makes it what it was, in that version or the one before: a new one with all that a user decides about it. It stays paused, or not.
 * Throws SCHEDULE_VERSION_NOT_FOUND.
 */
export const scheduleRollback = async (store: Store, name: string, toVersion?: number): Promise<ScheduleRow> => {
  const { createdMs, version: now } = await scheduleFind(store, name);
  const version = toVersion ?? now - 1;
  const former = (await scheduleHistory(store, name)).find(
    ({ row }) => row.createdMs === createdMs && row.version === version,
  );
  if (former === undefined) {
    throw notFoundError('SCHEDULE_VERSION_NOT_FOUND', `the schedule "${name}" has no version ${version}`, {
      hint: `see them with \`jobctl cron history ${name}\``,
    });
  }
  return scheduleReplace(store, name, former.row);
};
