// What has changed from one look at everything to the next, as lines for people: who came and went, what passed on, what
// failed. Whatever came and went between two looks is not seen; what is durable of a job is in its history.
import type { LetterView } from './job/letter-view.ts';
import type { MemberView } from './job/member-view.ts';
import type { LockView } from './lock/lock-view.ts';
import type { EventKind } from './model/event-kind.ts';
import type { Tone } from './model/tone.ts';
import type { Overview } from './overview.ts';
import { formatRanges } from './worker/assignment.ts';

export interface FleetChange {
  readonly at: string;
  readonly kind: EventKind;
  /** `job/ID`, `lock/NAME`: what it is about. */
  readonly subject: string;
  readonly text: string;
  readonly tone: Tone;
}

/** A schedule, as far as its changes are told. */
export interface ScheduleLook {
  readonly name: string;
  readonly version: number;
  readonly paused: { readonly reason: string } | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface FleetLook {
  readonly overview: Overview;
  readonly workers: readonly MemberView[];
  readonly schedulers: readonly MemberView[];
  readonly locks: readonly LockView[];
  /** The newest, not all. */
  readonly letters: readonly LetterView[];
  readonly schedules: readonly ScheduleLook[];
}

type Told = Omit<FleetChange, 'at'>;

/** In reading order: causes before effects, as far as that can be known. */
export const fleetChanges = (before: FleetLook, after: FleetLook): readonly FleetChange[] => {
  const { at } = after.overview;
  const told = [
    ...nodeChanges(before.overview, after.overview),
    ...memberChanges('worker', before.workers, after.workers),
    ...memberChanges('scheduler', before.schedulers, after.schedulers),
    ...bucketChanges(before.overview, after.overview),
    ...lockChanges(before.locks, after.locks),
    ...scheduleChanges(before.schedules, after.schedules),
    ...jobChanges(before.overview, after.overview),
    ...letterChanges(before, after),
  ];
  return told.map((each) => ({ at, ...each }));
};

const nodeChanges = (before: Overview, after: Overview): readonly Told[] => {
  const states = new Map(before.nodes.map(({ address, state }) => [address, state]));
  return after.nodes.flatMap(({ address, state }): readonly Told[] => {
    const was = states.get(address);
    if (was === state) return [];
    const text = was === undefined ? `joined: ${state}` : `${was} -> ${state}`;
    return [{ kind: 'node', subject: `node/${address}`, text, tone: state === 'up' ? 'good' : 'bad' }];
  });
};

const memberChanges = (
  kind: 'worker' | 'scheduler',
  before: readonly MemberView[],
  after: readonly MemberView[],
): readonly Told[] => {
  const told = (id: string, text: string, tone: Tone): Told => ({ kind, subject: `${kind}/${id}`, text, tone });
  const sessions = new Map(before.map(({ id, session }) => [id, session]));
  const ids = new Set(after.map(({ id }) => id));
  const came = after.flatMap(({ id, session }) => {
    if (!sessions.has(id)) return [told(id, 'has come', 'good')];
    return sessions.get(id) === session ? [] : [told(id, 'has a new session', 'waiting')];
  });
  return [...before.flatMap(({ id }) => (ids.has(id) ? [] : [told(id, 'has gone', 'bad')])), ...came];
};

/** Buckets that passed from one owner to another, together. */
const bucketChanges = (before: Overview, after: Overview): readonly Told[] => {
  const owners = new Map(before.buckets.each.map(({ bucket, owner }) => [bucket, owner]));
  const moved = after.buckets.each.filter(({ bucket, owner }) => owners.get(bucket) !== owner);
  const wayOf = (bucket: number, owner: string | null) => `${owners.get(bucket) ?? 'nobody'} -> ${owner ?? 'nobody'}`;
  const ways = Map.groupBy(moved, ({ bucket, owner }) => wayOf(bucket, owner));
  return [...ways].map(([text, buckets]) => ({
    kind: 'bucket',
    subject: `bucket/${formatRanges(buckets.map(({ bucket }) => bucket))}`,
    text,
    tone: text.endsWith('nobody') ? 'bad' : 'plain',
  }));
};

const lockChanges = (before: readonly LockView[], after: readonly LockView[]): readonly Told[] => {
  const known = new Map(before.map((lock) => [lock.name, lock]));
  return after.flatMap((lock): readonly Told[] => {
    const was = known.get(lock.name);
    const text = lockText(was, lock);
    return text === null ? [] : [{ kind: 'lock', subject: `lock/${lock.name}`, text, tone: 'plain' }];
  });
};

const lockText = (was: LockView | undefined, { state, token, owner }: LockView): string | null => {
  if (was?.token !== token) {
    const from = was?.owner ? `${was.owner} (token ${was.token}) -> ` : '';
    return state === 'free' ? `taken and given back (token ${token})` : `${from}${owner} (token ${token})`;
  }
  if (was.state === state) return null;
  return state === 'free' ? `given back by ${was.owner} (token ${token})` : `${was.state} -> ${state}`;
};

const scheduleChanges = (before: readonly ScheduleLook[], after: readonly ScheduleLook[]): readonly Told[] => {
  const told = (name: string, text: string): Told => ({
    ...{ kind: 'schedule', subject: `schedule/${name}`, text, tone: 'plain' },
  });
  const known = new Map(before.map((schedule) => [schedule.name, schedule]));
  const names = new Set(after.map(({ name }) => name));
  const gone = before.flatMap(({ name }) => (names.has(name) ? [] : [told(name, 'deleted')]));
  const changed = after.flatMap(({ name, version, paused }) => {
    const was = known.get(name);
    if (was === undefined) return [told(name, 'made')];
    if (was.version === version) return [];
    if (was.paused === null && paused !== null) return [told(name, `paused: ${paused.reason || 'no reason given'}`)];
    return [told(name, was.paused !== null && paused === null ? 'resumed' : `changed to version ${version}`)];
  });
  return [...gone, ...changed];
};

const jobChanges = ({ counters: before }: Overview, { counters: after }: Overview): readonly Told[] => {
  const told = (name: keyof typeof after, text: string, tone: Tone): readonly Told[] => {
    const more = after[name] - before[name];
    return more > 0 ? [{ kind: 'jobs', subject: 'jobs', text: `${more} ${text}`, tone }] : [];
  };
  return [
    ...told('lost', 'attempts lost with their worker, to be run again', 'bad'),
    ...told('retried', 'attempts failed, to be retried', 'waiting'),
    ...told('failed', 'jobs failed for good', 'bad'),
  ];
};

const letterChanges = (before: FleetLook, after: FleetLook): readonly Told[] => {
  const known = new Set(before.letters.map(({ id, failedAt }) => `${id} ${failedAt}`));
  return after.letters
    .filter(({ id, failedAt }) => !known.has(`${id} ${failedAt}`) && failedAt >= (before.overview.at ?? ''))
    .map(({ id, type, error }) => ({
      ...{ kind: 'dlq', subject: `job/${id}`, text: `${type} is a dead letter: ${error}`, tone: 'bad' },
    }));
};
