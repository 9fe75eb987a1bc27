// jobctl events: what has changed, across everything; one line each.
import { parsePastMoment, resolveMoment } from '../config/parse/time.ts';
import { listOf } from '../config/parse/values.ts';
import type { FleetChange, FleetLook } from '../core/fleet-changes.ts';
import { EXIT } from '../core/model/errors.ts';
import { EVENT_KINDS, type EventKind } from '../core/model/event-kind.ts';
import { API_OPTIONS, type Ask, asker } from './ask.ts';
import { defineCommand, flag, option } from './command.ts';
import type { Context } from './context.ts';
import type { ResultSink, ResultView } from './output/out.ts';
import { keepLooking } from './watching.ts';

/** Between two looks of --follow, ms. */
const LOOK_MS = 1_000;
const HOUR_MS = 3_600_000;

const VIEW: ResultView<FleetChange> = {
  name: ({ subject }) => subject,
  text: ({ at, subject, text, tone }, _format, style) => `${at}  ${subject}  ${style(tone, text)}`,
};

export const events = defineCommand({
  name: 'events',
  summary: 'what has changed, and what changes',
  details: `Of nodes, workers, owners of buckets, locks, schedules, failures and dead letters. Without --follow: what the store still knows of the past, that is dead letters, changes of schedules, processes that have come,
and orders about buckets. With it, all that changes from now on, as two looks a second apart show it. One job: \`jobctl job watch\`,
\`jobctl job history\`; one lock: \`jobctl lock watch\`.`,
  options: {
    follow: { ...flag('go on until a signal'), short: 'F' },
    since: option('<time>', 'how far back: 1h (default), or an ISO time', parsePastMoment),
    kind: option('<kinds>', `only these: ${EVENT_KINDS.join(', ')}`, listOf(EVENT_KINDS)),
    ...API_OPTIONS,
  },
  examples: [
    { does: 'of the last hour', line: 'jobctl events' },
    { does: 'as it happens', line: 'jobctl events -F' },
    { does: 'what died today, for a program', line: 'jobctl events --since 24h --kind dlq -o jsonl' },
  ],
  async run(context, _args, { follow = false, since, kind, api }) {
    const { fleetLook } = await import('../ui/fleet-look.ts');
    const { pastChanges } = await import('../ui/fleet-past.ts');
    const ask = await asker(context, { api });
    const nowMs = context.clock.wallMs();
    const sinceMs = since === undefined ? nowMs - HOUR_MS : resolveMoment(since, nowMs);
    const sink = context.out.results<FleetChange>(follow ? 'stream' : 'many', VIEW);
    const tell = teller(sink, kind);
    const look = await fleetLook(ask);
    tell(await pastChanges(ask, look, sinceMs));
    const code = follow ? await followChanges(context, { ask, look, tell }) : EXIT.ok;
    sink.end();
    return code;
  },
});

type Tell = (changes: readonly FleetChange[]) => void;

const teller =
  (sink: ResultSink<FleetChange>, kinds: readonly EventKind[] | undefined): Tell =>
  (changes) => {
    for (const change of changes) if (kinds?.includes(change.kind) !== false) sink.add(change);
  };

interface Following {
  readonly ask: Ask;
  readonly look: FleetLook;
  readonly tell: Tell;
}

const followChanges = async (context: Context, { ask, look, tell }: Following): Promise<number> => {
  const { fleetChanges } = await import('../core/fleet-changes.ts');
  const { fleetLook } = await import('../ui/fleet-look.ts');
  let before = look;
  const tellChanges = (after: FleetLook): void => {
    tell(fleetChanges(before, after));
    before = after;
  };
  return keepLooking(context, () => fleetLook(ask), tellChanges, LOOK_MS);
};
