// What lies over a view: the detail of a row, the keys, the question before something is done.
import { Box, Text } from 'ink';
import { commandLine } from '../acting.ts';
import { detailLines, helpLines } from '../contents.ts';
import type { Dashboard } from '../dashboard.ts';
import type { Mode } from '../modes.ts';
import { Line, Panel } from './parts.tsx';

const LABEL_WIDTH = 11;
/** Ids that are named before something is done to many. */
const SAMPLE = 5;

export const Detail = ({
  dashboard,
  mode,
}: {
  readonly dashboard: Dashboard;
  readonly mode: Mode & { kind: 'detail' };
}) => {
  const { lines, title, start } = mode;
  const all = detailLines(mode, dashboard.size.columns);
  const shown = all.slice(start, start + dashboard.height + 1);
  const count = all.length;
  const place =
    count > dashboard.height ? ` (${start + 1}-${Math.min(count, start + dashboard.height)} of ${count})` : '';
  return (
    <Box flexDirection="column" height={dashboard.height + 2} overflow="hidden">
      <Line>
        <Text bold>{title}</Text>
        <Text dimColor>{place}</Text>
      </Line>
      {lines === null ? <Line tone="dim">reading ...</Line> : null}
      {shown.map(({ text, tone = 'plain' }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name than their place
        <Line key={start + index} tone={tone}>
          {text === '' ? ' ' : text}
        </Line>
      ))}
    </Box>
  );
};

export const Help = ({
  dashboard,
  mode,
}: {
  readonly dashboard: Dashboard;
  readonly mode: Mode & { kind: 'help' };
}) => {
  const lines = helpLines(dashboard.list?.view);
  return (
    <Box flexDirection="column" height={dashboard.height + 2} overflow="hidden">
      <Line tone="bold">keys</Line>
      {lines.slice(mode.start, mode.start + dashboard.height + 1).map(([key, does]) => (
        <Line key={key + does}>
          <Text bold>{key.padEnd(LABEL_WIDTH)}</Text>
          {does}
        </Line>
      ))}
    </Box>
  );
};

type Question = Mode & { kind: 'confirm' | 'answer' };

export const Dialog = ({ dashboard, mode }: { readonly dashboard: Dashboard; readonly mode: Question }) => {
  const { view, action, rows } = mode.plan;
  const [first] = rows;
  if (first === undefined) return null;
  const ids = rows.slice(0, SAMPLE).map((row) => view.id(row));
  const names = ids.map((id) => `${view.noun}/${id}`);
  const more = rows.length - names.length;
  const what = rows.length === 1 ? `${action.label} ${names[0]}?` : `${action.label} ${rows.length} ${view.noun}s?`;
  const answer = mode.kind === 'answer' ? mode.text : '';
  const lines = [
    ...(rows.length === 1 ? [] : [...names, ...(more > 0 ? [`and ${more} more`] : [])]),
    ...['', 'the same on the command line:'],
    `  ${[commandLine(action, first, answer), ...ids.slice(1), ...(more > 0 ? ['...'] : [])].join(' ')}`,
    '',
  ];
  const height = lines.length + 3;
  return (
    <Box flexDirection="column" height={dashboard.height + 2} justifyContent="center" overflow="hidden">
      <Panel title={what} width={dashboard.size.columns} height={height}>
        {lines.map((text, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name than their place
          <Line key={index} tone={text.startsWith('  ') ? 'bold' : 'plain'}>
            {text === '' ? ' ' : text}
          </Line>
        ))}
        {mode.kind === 'confirm' ? <Buttons isGo={mode.isGo} label={action.label} /> : <Answer mode={mode} />}
      </Panel>
    </Box>
  );
};

const Buttons = ({ isGo, label }: { readonly isGo: boolean; readonly label: string }) => (
  <Line>
    <Text inverse={!isGo}>{' no, leave it (n) '}</Text>
    {'  '}
    <Text inverse={isGo}>{` yes, ${label} (y) `}</Text>
    <Text dimColor>{'   tab changes, enter does it, esc leaves'}</Text>
  </Line>
);

const Answer = ({ mode }: { readonly mode: Mode & { kind: 'answer' } }) => {
  const { gate } = mode.plan.action;
  const question = gate.kind === 'answer' ? gate.question : 'type the name to go on';
  return (
    <Line>
      {`${question}: ${mode.text}`}
      <Text inverse> </Text>
      <Text dimColor>{'   enter does it, esc leaves'}</Text>
    </Line>
  );
};
