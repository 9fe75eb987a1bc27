// A list of rows: as many columns as fit, the cursor's line inverted, only the rows on the screen.
import { Box, Text } from 'ink';
import type { Dashboard } from '../dashboard.ts';
import type { List } from '../list.ts';
import { columnWidths, fitted, type Written } from '../rows.ts';
import { sign } from '../signs.ts';
import type { Column } from '../view.ts';
import { Line, Toned } from './parts.tsx';

/** Before every row: cursor or mark. */
const LEAD = 2;
const GAP = '  ';

export const Table = ({ dashboard, list }: { readonly dashboard: Dashboard; readonly list: List }) => {
  const rows = dashboard.rows();
  const { height, size, snapshot } = dashboard;
  const start = list.scroll(rows, height);
  const shown = rows.slice(start, start + height);
  const { columns } = list.view;
  const widths = columnWidths(shown, columns, size.columns - LEAD);
  const cursor = list.cursor(rows);
  return (
    <Box flexDirection="column" height={height + 2} overflow="hidden">
      <Title dashboard={dashboard} list={list} count={rows.length} start={start} />
      <Line tone="bold">{`${' '.repeat(LEAD)}${headers(list, widths)}`}</Line>
      {shown.map((row, index) => (
        <Row
          key={row.id}
          {...{ row, columns, widths, isStale: snapshot.failure !== null }}
          {...{ isCurrent: start + index === cursor, isMarked: list.marks.has(row.id) }}
        />
      ))}
      {rows.length === 0 ? <Empty dashboard={dashboard} list={list} /> : null}
    </Box>
  );
};

const Title = ({ dashboard, list, count, start }: { readonly dashboard: Dashboard } & TitleProps) => {
  const { rows, scope, view } = dashboard.snapshot;
  const all = view === 'events' ? dashboard.snapshot.events.length : (rows?.length ?? 0);
  const scoped = Object.entries(scope).map(([name, value]) => `${name}=${value}`);
  const parts = [
    count === all ? `${all}` : `${count} of ${all}`,
    ...(count > dashboard.height ? [`${start + 1}-${Math.min(count, start + dashboard.height)}`] : []),
    ...(list.filter === '' ? [] : [`/${list.filter}`]),
    ...(list.marks.size === 0 ? [] : [`${list.marks.size} marked`]),
  ];
  return (
    <Line>
      <Text bold>{[view, ...scoped].join(' ')}</Text>
      <Text dimColor>{` (${parts.join(', ')})`}</Text>
    </Line>
  );
};

interface TitleProps {
  readonly list: List;
  readonly count: number;
  readonly start: number;
}

const headers = ({ view, sort }: List, widths: readonly number[]): string => {
  const arrow = sort.isReversed ? '↓' : '↑';
  const cells = view.columns.flatMap(({ header }, index) => {
    const width = widths[index] ?? 0;
    return width === 0 ? [] : [fitted(sort.column === index ? header + arrow : header, width)];
  });
  return cells.join(GAP);
};

interface RowProps {
  readonly row: Written<never>;
  readonly columns: readonly Column<never>[];
  readonly widths: readonly number[];
  readonly isCurrent: boolean;
  readonly isMarked: boolean;
  readonly isStale: boolean;
}

const Row = ({ row, columns, widths, isCurrent, isMarked, isStale }: RowProps) => {
  const lead = isMarked ? sign('mark') : isCurrent ? sign('cursor') : ' ';
  const cells = columns.flatMap(({ header, tone }, index) => {
    const width = widths[index] ?? 0;
    if (width === 0) return [];
    return [{ header, text: fitted(row.cells[index] ?? '', width), tone: tone?.(row.row) ?? 'plain' }];
  });
  if (isCurrent || isStale) {
    return (
      <Text wrap="truncate-end" inverse={isCurrent} dimColor={isStale}>
        {`${lead} ${cells.map(({ text }) => text).join(GAP)}`}
      </Text>
    );
  }
  return (
    <Line>
      {`${lead} `}
      {cells.map(({ header, text, tone }) => (
        <Toned key={header} tone={tone}>
          {text + GAP}
        </Toned>
      ))}
    </Line>
  );
};

const Empty = ({ dashboard, list }: { readonly dashboard: Dashboard; readonly list: List }) => {
  const { rows, view, events } = dashboard.snapshot;
  const isRead = rows !== null && (view !== 'events' || events.length === 0);
  const all = view === 'events' ? events.length : (rows?.length ?? 0);
  if (all > 0) return <Line tone="dim">{`  none of ${all} is as /${list.filter} says: esc clears it`}</Line>;
  return <Line tone="dim">{isRead ? `  ${list.view.empty}` : '  reading ...'}</Line>;
};
