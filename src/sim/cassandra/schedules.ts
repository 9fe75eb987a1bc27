// Schedules, their runs and their progress, in the simulated Cassandra.
import { SCHEDULE_VERSIONS_MAX } from '../../core/model/limits.ts';
import { type ProgressRow, type RunRow, runDay, type ScheduleRow, scheduleShard } from '../../core/model/schedule.ts';
import type { ScheduleStore } from '../../core/ports/store.ts';
import { columnsOf, known, mutationOf, type SimulatedStoreOptions } from './answers.ts';
import { insertRow, type Row } from './cells.ts';
import { checkpointKey } from './tables.ts';

const WHOLE = { from: '', to: '~' };

/** Schedules are registers each; the names of a shard are kept in an index that is written before the register. */
export const scheduleStore = ({ cluster, machine, bucketCount }: SimulatedStoreOptions): ScheduleStore => {
  const write = (partition: string, key: string, row: Row): Promise<void> =>
    known(cluster.write(machine, mutationOf([{ partition, key, row }])));
  const columnsIn = async (partition: string, range = WHOLE) => {
    const [rows] = await known(cluster.read(machine, [{ partition, ...range }]));
    return columnsOf(rows);
  };
  const register = (name: string): string => `schedule/${name}`;
  const get = async (name: string): Promise<ScheduleRow | null> =>
    ((await known(cluster.serialRead(machine, register(name)))) as ScheduleRow | null | undefined) ?? null;
  return {
    scheduleGet: get,
    scheduleList: async (shard) => {
      const names = (await columnsIn(`schedules/${shard}`)).map((columns) => columns.name as string);
      const rows = await Promise.all(names.map(get));
      return rows.filter((row) => row !== null);
    },
    scheduleWrite: async (row, expectedVersion) => {
      const { name } = row;
      await write(
        `schedules/${scheduleShard(name, bucketCount)}`,
        name,
        insertRow({ name }, machine.writeClock.nextUs()),
      );
      return cluster.compareAndSet(machine, register(name), (found) =>
        ((found as ScheduleRow | null | undefined)?.version ?? null) === expectedVersion ? row : undefined,
      );
    },
    scheduleDelete: (name, expectedVersion) =>
      cluster.compareAndSet(machine, register(name), (found) =>
        (found as ScheduleRow | null | undefined)?.version === expectedVersion ? null : undefined,
      ),
    scheduleVersionWrite: (row) => {
      const key = `${checkpointKey(row.createdMs)}/${checkpointKey(row.version)}`;
      return write(`versions/${row.name}`, key, insertRow({ row }, machine.writeClock.nextUs()));
    },
    scheduleVersionList: async (name) =>
      (await columnsIn(`versions/${name}`)).map(({ row }) => row as ScheduleRow).slice(0, SCHEDULE_VERSIONS_MAX),
    runWrite: (row) => {
      const key = `${numberKey(row.slotMs)}/${checkpointKey(row.token)}`;
      return write(
        `runs/${row.schedule}/${runDay(row.slotMs)}`,
        key,
        insertRow({ run: row }, machine.writeClock.nextUs()),
      );
    },
    runList: async ({ schedule, fromMs, toMs, limit }) => {
      const runs: RunRow[] = [];
      for (let day = runDay(fromMs); day <= runDay(toMs) && runs.length < limit; day += 1) {
        const range = { from: numberKey(fromMs), to: `${numberKey(toMs)}~` };
        for (const columns of await columnsIn(`runs/${schedule}/${day}`, range)) {
          const run = columns.run as RunRow;
          if (run.slotMs !== runs.at(-1)?.slotMs) runs.push(run);
        }
      }
      return runs.slice(0, limit);
    },
    progressWrite: (row) =>
      write(
        `progress/${scheduleShard(row.schedule, bucketCount)}`,
        `${row.schedule}/${checkpointKey(row.token)}`,
        insertRow({ progress: row }, machine.writeClock.nextUs()),
      ),
    progressList: async (shard) => {
      const rows: ProgressRow[] = [];
      for (const columns of await columnsIn(`progress/${shard}`)) {
        const row = columns.progress as ProgressRow;
        if (row.schedule !== rows.at(-1)?.schedule) rows.push(row);
      }
      return rows;
    },
  };
};

const NUMBER_DIGITS = 16;
const numberKey = (number: number): string => String(number).padStart(NUMBER_DIGITS, '0');
