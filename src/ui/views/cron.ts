// Schedules: when each is due next, and whether it is paused.
import type { AuditView, ScheduleView, VersionView } from '../../core/cron/view.ts';
import { LIST_ROWS_MAX } from '../../core/model/limits.ts';
import { sign } from '../signs.ts';
import { type Ask, type DetailLine, defineView } from '../view.ts';
import { ago, facts, heading, type Items, timeOf } from './shared.ts';

const NEXT_SHOWN = 10;
const VERSIONS_SHOWN = 5;

const change = async (ask: Ask, verb: 'Pause' | 'Resume' | 'Trigger', name: string, reason?: string): Promise<void> => {
  await ask(`schedule${verb}`, { params: { name }, body: reason === undefined ? {} : { reason } });
};

export const cron = defineView<ScheduleView>({
  name: 'cron',
  noun: 'schedule',
  load: async (ask) => (await ask<Items<ScheduleView>>('scheduleList', { query: { limit: LIST_ROWS_MAX } })).items,
  id: ({ name }) => name,
  columns: [
    { header: 'NAME', cell: ({ name }) => name },
    { header: 'SPEC', cell: ({ cron: spec }) => spec },
    { header: 'ZONE', cell: ({ zone }) => zone, rank: 3 },
    { header: 'TYPE', cell: ({ type }) => type, rank: 2 },
    { header: 'NEXT', cell: ({ nextAt }, nowMs) => ago(nextAt, nowMs), by: ({ nextAt }) => timeOf(nextAt) },
    { header: 'OVERLAP', cell: ({ overlap }) => overlap, rank: 1 },
    {
      header: 'STATE',
      cell: ({ paused, nextAt }) =>
        paused === null ? (nextAt === null ? 'over' : 'active') : `${sign('paused')} paused`,
      tone: ({ paused }) => (paused === null ? 'plain' : 'waiting'),
    },
    { header: 'WHY', cell: ({ paused }) => paused?.reason ?? '-', rank: 0 },
  ],
  empty: 'no schedules yet: make one with `jobctl cron create`',
  actions: [
    {
      ...{ key: 't', label: 'trigger', gate: { kind: 'confirm' } },
      command: ({ name }) => ['cron', 'trigger', name],
      async run(ask, { name }) {
        const { id } = await ask<{ readonly id: string }>('scheduleTrigger', { params: { name } });
        return `job/${id} submitted`;
      },
    },
    {
      ...{ key: 's', label: 'pause/resume', gate: { kind: 'confirm' } },
      command: ({ name, paused }) => ['cron', paused === null ? 'pause' : 'resume', name],
      async run(ask, { name, paused }) {
        await change(
          ask,
          paused === null ? 'Pause' : 'Resume',
          name,
          paused === null ? 'from the dashboard' : undefined,
        );
        return `schedule/${name} ${paused === null ? 'paused' : 'resumed'}`;
      },
    },
    {
      ...{ key: 'b', label: 'backfill', gate: { kind: 'answer', question: 'since when? an ISO time' } },
      command: ({ name }, from) => ['cron', 'backfill', name, '--from', from || 'TIME'],
      async run(ask, { name }, from) {
        await ask('scheduleBackfill', { params: { name }, body: { from } });
        return `schedule/${name} is being backfilled since ${from}`;
      },
    },
  ],
  detail: (ask, schedule) => scheduleDetail(ask, schedule),
});

const scheduleDetail = async (ask: Ask, { name }: ScheduleView): Promise<readonly DetailLine[]> => {
  const params = { name };
  const [schedule, audit, versions] = await Promise.all([
    ask<ScheduleView>('scheduleGet', { params }),
    ask<AuditView>('scheduleAudit', { params }),
    ask<Items<VersionView>>('scheduleHistory', { params }),
  ]);
  const { cron: spec, zone } = schedule;
  const next = await ask<Items<{ readonly local: string; readonly note: string | null }>>('cronNext', {
    query: { cron: spec, zone, count: NEXT_SHOWN },
  });
  return [
    ...facts([
      ...([
        ['schedule', spec],
        ['zone', zone],
        ['type', schedule.type],
        ['payload', schedule.payload],
      ] as const),
      ...([
        ['misfire', schedule.misfire],
        ['overlap', schedule.overlap],
      ] as const),
      ['paused', schedule.paused === null ? 'no' : `since ${schedule.paused.at}: ${schedule.paused.reason || '-'}`],
      ['backfill', schedule.backfill],
    ]),
    ...heading(`slots from ${audit.from} to ${audit.to}`),
    ...facts([
      ...([
        ['fired', audit.fired],
        ['skipped', audit.skipped],
        ['missed', audit.missed],
      ] as const),
      ...([
        ['buffered', audit.buffered],
        ['unaccounted', audit.gaps.length],
      ] as const),
    ]),
    ...heading(schedule.paused === null ? 'due next' : 'it would be due'),
    ...next.items.map(({ local, note }) => ({ text: `${local}  ${note ?? ''}`.trimEnd() })),
    ...heading('versions'),
    ...versions.items.slice(0, VERSIONS_SHOWN).map(({ version, at, changes }) => ({
      text: `${version}  ${at}  ${changes.map(({ field }) => field).join(', ') || 'made'}`,
    })),
  ];
};
