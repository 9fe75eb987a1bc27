// The whole screen, as the dashboard stands: header, tabs, a view or what lies over it, footer.
import { Box, Text } from 'ink';
import { ageText } from '../../core/model/age.ts';
import { isoTime } from '../../core/model/time.ts';
import { VIEW_NAMES } from '../../core/model/view-name.ts';
import type { Dashboard } from '../dashboard.ts';
import { lengthOf } from '../rows.ts';
import { clockText } from '../views/events.ts';
import { Detail, Dialog, Help } from './overlay.tsx';
import { OverviewPanels } from './overview.tsx';
import { Hints, Line, Toned } from './parts.tsx';
import { Table } from './table.tsx';

const COLUMNS_MIN = 50;
const ROWS_MIN = 12;
const NAME = ' jobctl  ';
const GAP = '  ';
const ALWAYS = [
  ['?', 'keys'],
  ['q', 'quit'],
] as const;
/** Data are old when they are so many refreshes old. */
const STALE_REFRESHES = 3;

export const Screen = ({ dashboard }: { readonly dashboard: Dashboard }) => {
  const { columns, rows } = dashboard.size;
  if (columns < COLUMNS_MIN || rows < ROWS_MIN) {
    return <Line>{`jobctl dash needs ${COLUMNS_MIN}x${ROWS_MIN} characters; here are ${columns}x${rows}`}</Line>;
  }
  return (
    <Box flexDirection="column" width={columns} height={rows}>
      <Header dashboard={dashboard} />
      <Tabs dashboard={dashboard} />
      <Box flexGrow={1} flexDirection="column" overflow="hidden">
        <Body dashboard={dashboard} />
      </Box>
      <Footer dashboard={dashboard} />
    </Box>
  );
};

const Body = ({ dashboard }: { readonly dashboard: Dashboard }) => {
  const { mode, list } = dashboard;
  if (mode?.kind === 'detail') return <Detail dashboard={dashboard} mode={mode} />;
  if (mode?.kind === 'help') return <Help dashboard={dashboard} mode={mode} />;
  if (mode?.kind === 'confirm' || mode?.kind === 'answer') return <Dialog dashboard={dashboard} mode={mode} />;
  if (list === null) return <OverviewPanels dashboard={dashboard} />;
  return <Table dashboard={dashboard} list={list} />;
};

const Header = ({ dashboard }: { readonly dashboard: Dashboard }) => {
  const { overview, atMs, failure } = dashboard.snapshot;
  const { clock, feed, isReadOnly } = dashboard.options;
  const nowMs = clock.wallMs();
  const at = atMs === null ? '' : clockText(isoTime(atMs));
  const refresh = feed.isPaused ? 'paused' : `every ${feed.refreshMs / 1_000}s`;
  const right = `${isReadOnly ? 'READ-ONLY  ' : ''}${refresh}  ${at}Z `;
  if (failure !== null || isOld(dashboard, nowMs)) {
    const age = atMs === null ? 'nothing read yet' : `stale ${ageText(atMs, nowMs)}`;
    const retry = failure === null ? '' : `: ${failure.message}, again in ${ageText(nowMs, failure.nextTryMs)}`;
    return <Line tone="bad">{` jobctl  ${age}${retry}`}</Line>;
  }
  if (overview === null) return <Line tone="bold"> jobctl</Line>;
  const { nodes, workers, schedulers, slots } = overview;
  const up = nodes.filter(({ state }) => state === 'up').length;
  const facts = [
    storeName(overview.store),
    `nodes ${up}/${nodes.length}`,
    `workers ${workers} (${slots.busy}/${slots.all} busy)`,
    `schedulers ${schedulers}`,
  ];
  const all = dashboard.size.columns - NAME.length - lengthOf(right);
  while (facts.length > 1 && lengthOf(facts.join(GAP)) + GAP.length > all) facts.pop();
  const left = facts.join(GAP);
  return (
    <Line>
      <Text bold>{NAME}</Text>
      {left.padEnd(all)}
      <Toned tone={feed.isPaused || isReadOnly ? 'waiting' : 'dim'}>{right}</Toned>
    </Line>
  );
};

const isOld = ({ snapshot, options }: Dashboard, nowMs: number): boolean =>
  !options.feed.isPaused &&
  snapshot.atMs !== null &&
  nowMs - snapshot.atMs > STALE_REFRESHES * options.feed.refreshMs + 10_000;

/** The keyspace and the hosts, or the name of the file. */
const storeName = (url: string): string => {
  const [, hosts, keyspace] = /^cassandra:\/\/(?:[^@/]*@)?([^/]*)\/(\w+)/.exec(url) ?? [];
  if (hosts === undefined) return url.split('/').at(-1) ?? url;
  const [first, ...others] = hosts.split(',');
  return `${keyspace}@${first}${others.length === 0 ? '' : `+${others.length}`}`;
};

const Tabs = ({ dashboard }: { readonly dashboard: Dashboard }) => {
  const { view, overview } = dashboard.snapshot;
  const letters = overview?.deadLetters ?? { count: 0, exact: true };
  return (
    <Line>
      {VIEW_NAMES.map((name, index) => {
        const isDead = name === 'dlq' && letters.count > 0;
        const count = isDead ? ` ${letters.count}${letters.exact ? '' : '+'}!` : '';
        return (
          <Text key={name}>
            <Text dimColor>{` ${index + 1} `}</Text>
            <Text inverse={name === view} bold={name === view}>
              {name}
            </Text>
            <Toned tone="bad">{count}</Toned>
          </Text>
        );
      })}
    </Line>
  );
};

const Footer = ({ dashboard }: { readonly dashboard: Dashboard }) => {
  const { mode, message, list, size } = dashboard;
  if (mode?.kind === 'input') {
    return (
      <Line>
        {` ${mode.prompt}${mode.text}`}
        <Text inverse> </Text>
        <Text dimColor>
          {mode.prompt === '/' ? '   enter keeps it, esc clears it' : '   enter goes there, tab completes'}
        </Text>
      </Line>
    );
  }
  if (message !== '') return <Line tone="waiting">{` ${message}`}</Line>;
  const isAsked = mode?.kind === 'confirm' || mode?.kind === 'answer';
  const isOnRow = mode === null || mode.kind === 'detail';
  const actions = isOnRow ? (list?.view.actions ?? []).map(({ key, label }) => [key, label] as const) : [];
  const going =
    mode === null
      ? ([
          ['1-9', 'view'],
          [':', 'command'],
        ] as const)
      : ([['esc', 'back']] as const);
  const isList = mode === null && list !== null;
  const here = isList ? ([['enter', 'open'], ...actions, ['/', 'filter']] as const) : actions;
  return (
    <Box paddingLeft={1}>
      <Hints hints={[...here, ...going]} always={isAsked ? [] : ALWAYS} width={size.columns - 1} />
    </Box>
  );
};
