// How schedules and their runs look on a terminal.
import type { ScheduleView } from '../../core/cron/view.ts';
import type { ResultView } from '../output/out.ts';
import type { Column } from '../output/table.ts';

export const scheduleName = ({ name }: { readonly name: string }): string => `schedule/${name}`;

export const scheduleResult = (done: string): ResultView<ScheduleView> => ({
  name: scheduleName,
  text: ({ name }) => `schedule/${name} ${done}`,
});

export const SCHEDULE_COLUMNS: readonly Column<ScheduleView>[] = [
  { header: 'NAME', cell: ({ name }) => name },
  { header: 'SCHEDULE', cell: ({ cron }) => cron },
  { header: 'ZONE', cell: ({ zone }) => zone },
  { header: 'TYPE', cell: ({ type }) => type },
  {
    header: 'NEXT',
    cell: ({ nextAt, paused }, format) => (paused === null ? format.time(nextAt) : 'paused'),
    tone: ({ paused }) => (paused === null ? 'plain' : 'waiting'),
  },
  { header: 'MISFIRE', cell: ({ misfire }) => misfire, wide: true },
  { header: 'OVERLAP', cell: ({ overlap }) => overlap, wide: true },
  { header: 'VERSION', cell: ({ version }) => String(version), wide: true },
  { header: 'WHY PAUSED', cell: ({ paused }) => paused?.reason ?? '-', wide: true },
  { header: 'AGE', cell: ({ createdAt }, format) => format.time(createdAt) },
];
