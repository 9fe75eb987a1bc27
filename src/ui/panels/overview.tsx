// The first view: how much is done, what waits, who answers, where it is hot, what has happened, what needs somebody.
import { Box, Text } from 'ink';
import { ageText } from '../../core/model/age.ts';
import { figure } from '../../core/model/figure.ts';
import type { Tone } from '../../core/model/tone.ts';
import { type Overview, problemsOf } from '../../core/overview.ts';
import { formatRanges } from '../../core/worker/assignment.ts';
import type { Dashboard } from '../dashboard.ts';
import type { Rate } from '../feed.ts';
import { sign, sparkline } from '../signs.ts';
import { clockText } from '../views/events.ts';
import { Line, Panel, Toned } from './parts.tsx';

const PANEL_LINES = 5;
const BUCKET_LINES = 3;
const PROBLEMS_MAX = 4;
const EVENTS_MIN = 3;
/** Side by side three panels need so much, characters. */
const THREE_ABREAST = 78;

export const OverviewPanels = ({ dashboard }: { readonly dashboard: Dashboard }) => {
  const { overview, rates, events, failure } = dashboard.snapshot;
  const { columns, rows } = dashboard.size;
  if (overview === null) return <Line tone="dim">{failure === null ? 'reading ...' : failure.message}</Line>;
  const problems = problemsOf(overview).slice(0, PROBLEMS_MAX);
  const isWide = columns >= THREE_ABREAST;
  const room = rows - 3 - (PANEL_LINES + 1) * (isWide ? 1 : 2);
  const problemLines = problems.length === 0 ? 0 : Math.min(problems.length + 2, room);
  const hasBuckets = room - problemLines >= BUCKET_LINES;
  const eventLines = room - problemLines - (hasBuckets ? BUCKET_LINES : 0);
  const width = isWide ? Math.floor(columns / 3) : Math.floor(columns / 2);
  const last = columns - width * 2;
  const size = { height: PANEL_LINES + 1, width };
  return (
    <Box flexDirection="column" overflow="hidden">
      <Box flexWrap="wrap">
        <Throughput {...size} rates={rates} overview={overview} />
        <Queue {...size} overview={overview} />
        <Nodes height={size.height} width={isWide ? last : columns} overview={overview} />
      </Box>
      {problemLines >= 2 ? (
        <Panel title="needs attention" width={columns} height={problemLines}>
          {problems.map(({ what, hint }) => (
            <Line key={what}>
              <Toned tone="bad">{`${sign('failed')} ${what}`}</Toned>
              <Text dimColor>{`  ${hint}`}</Text>
            </Line>
          ))}
        </Panel>
      ) : null}
      {hasBuckets ? <Buckets width={columns} height={BUCKET_LINES} overview={overview} /> : null}
      {eventLines >= EVENTS_MIN ? (
        <Panel title="events" width={columns} height={eventLines}>
          {events.length === 0 ? <Line tone="dim">nothing has changed since you looked</Line> : null}
          {events.slice(0, eventLines - 2).map(({ at, subject, text, tone }) => (
            <Line key={`${at} ${subject} ${text}`}>
              <Text dimColor>{`${clockText(at)}  `}</Text>
              {`${subject}  `}
              <Toned tone={tone}>{text}</Toned>
            </Line>
          ))}
        </Panel>
      ) : null}
    </Box>
  );
};

interface PartProps {
  readonly width: number;
  readonly height: number;
  readonly overview: Overview;
}

const NUMBER_WIDTH = 7;
const LABEL_WIDTH = 8;

const Throughput = ({ rates, overview, ...size }: PartProps & { readonly rates: readonly Rate[] }) => {
  const { counters } = overview;
  const curve = Math.max(1, size.width - 4 - NUMBER_WIDTH - LABEL_WIDTH - 1);
  const line = (label: string, values: readonly number[], tone: Tone) => (
    <Line>
      <Toned tone={tone}>{sparkline(values, curve)}</Toned>
      {` ${label.padEnd(LABEL_WIDTH)}${figure(values.at(-1) ?? null, '-').padStart(NUMBER_WIDTH)}`}
    </Line>
  );
  return (
    <Panel title="throughput /s" {...size}>
      {line(
        'done',
        rates.map(({ done }) => done),
        'good',
      )}
      {line(
        'retried',
        rates.map(({ retried }) => retried),
        'waiting',
      )}
      {line(
        'dead',
        rates.map(({ dead }) => dead),
        'bad',
      )}
      <Line tone="dim">{`${figure(counters.succeeded)} done since the beginning`}</Line>
    </Panel>
  );
};

const Queue = ({ overview, ...size }: PartProps) => {
  const { jobs, deadLetters, at } = overview;
  const { unfinished, running, retrying, exact, oldestDueAt } = jobs;
  const line = (label: string, count: string, tone: Tone, more = '') => (
    <Line>
      <Toned tone={tone}>{label.padEnd(LABEL_WIDTH + 3)}</Toned>
      {count.padStart(NUMBER_WIDTH)}
      <Text dimColor>{more === '' ? '' : `  ${more}`}</Text>
    </Line>
  );
  const oldest = oldestDueAt === null ? '' : `oldest ${ageText(Date.parse(oldestDueAt), Date.parse(at))}`;
  const waiting = unfinished - running - retrying;
  const plus = exact ? '' : '+';
  return (
    <Panel title="queue" {...size}>
      {line(`${sign('pending')} pending`, `${figure(waiting)}${plus}`, 'plain', oldest)}
      {line(`${sign('running')} running`, figure(running), 'busy')}
      {line(`${sign('retrying')} retrying`, figure(retrying), 'waiting')}
      {line(
        `${sign('dlq')} dlq`,
        `${deadLetters.count}${deadLetters.exact ? '' : '+'}`,
        deadLetters.count > 0 ? 'bad' : 'plain',
      )}
    </Panel>
  );
};

const Nodes = ({ overview, ...size }: PartProps) => {
  const { nodes } = overview;
  const fit = size.height - 2;
  const shown = nodes.length > fit ? nodes.slice(0, fit - 1) : nodes;
  const up = nodes.filter(({ state }) => state === 'up').length;
  return (
    <Panel title={`nodes ${up}/${nodes.length} up`} {...size}>
      {shown.map(({ address, state, answerMs }) => (
        <Line key={address}>
          <Toned tone={state === 'up' ? 'good' : 'bad'}>{`${sign(state)} ${state} `}</Toned>
          <Text dimColor>{answerMs === null ? '' : `${figure(answerMs)}ms `}</Text>
          {shortAddress(address)}
        </Line>
      ))}
      {nodes.length > fit ? <Line tone="dim">{`and ${nodes.length - shown.length} more: press 8`}</Line> : null}
    </Panel>
  );
};

/** Of a file its name, of an address all. */
const shortAddress = (address: string): string => address.split('/').at(-1) ?? address;

const Buckets = ({ overview, width, height }: PartProps) => {
  const { each, unowned } = overview.buckets;
  const depths = each.map(({ depth }) => depth);
  const hottest = each.toSorted((left, right) => right.depth - left.depth)[0];
  const hot =
    hottest === undefined || hottest.depth === 0
      ? 'nothing waits'
      : `${hottest.bucket} is the deepest: ${figure(hottest.depth)} (${hottest.owner ?? 'nobody'})`;
  const strip = sparkline(depths, Math.min(depths.length, width - 50));
  return (
    <Panel title={`buckets 0-${each.length - 1}`} width={width} height={height}>
      <Line>
        <Toned tone="busy">{strip}</Toned>
        {`  ${hot}  `}
        <Toned tone={unowned.length === 0 ? 'dim' : 'bad'}>
          {unowned.length === 0 ? 'all are owned' : `unowned: ${formatRanges(unowned)}`}
        </Toned>
      </Line>
    </Panel>
  );
};
