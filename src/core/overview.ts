// How all of it is, at a glance: what runs, what waits, and what somebody should look at.
import { scheduleAll } from './cron/manage.ts';
import { bucketList } from './job/buckets.ts';
import { type DeadLetterPage, deadLetterList } from './job/dead-letter.ts';
import { CLOCK_OFFSET_TOLD_MS } from './model/limits.ts';
import { type BucketCounters, NO_COUNTERS } from './model/lock.ts';
import { isoTime } from './model/time.ts';
import type { NodeRow, Store } from './ports/store.ts';

/** Enough to say "some". */
const DEAD_LETTERS_COUNTED = 100;
const DAY_MS = 86_400_000;
/** A job that is due for longer has been waiting for something, ms. */
const LATE_MS = 60_000;

export interface BucketBrief {
  readonly bucket: number;
  /** The worker that owns it; null: nobody does. */
  readonly owner: string | null;
  readonly depth: number;
}

export interface Overview {
  readonly at: string;
  readonly store: string;
  readonly workers: number;
  readonly schedulers: number;
  /** Jobs that the workers run, and may run. */
  readonly slots: { readonly busy: number; readonly all: number };
  readonly buckets: {
    readonly all: number;
    readonly unowned: readonly number[];
    readonly each: readonly BucketBrief[];
  };
  readonly jobs: {
    readonly unfinished: number;
    readonly running: number;
    readonly retrying: number;
    /** False: there are more than were counted. */
    readonly exact: boolean;
    readonly oldestDueAt: string | null;
  };
  /** Of all buckets, since the store was made. */
  readonly counters: BucketCounters;
  readonly nodes: readonly NodeRow[];
  readonly schedules: { readonly all: number; readonly paused: number };
  readonly deadLetters: LetterCount;
}

interface LetterCount {
  readonly count: number;
  /** False: there are more. */
  readonly exact: boolean;
}

/** Letters of the days before yesterday: they become no more, so whoever asks often may keep the answer for a while. */
export const olderLetters = async (store: Store): Promise<LetterCount> => {
  const nowMs = await store.wallMs();
  return countOf(await deadLetterList(store, nowMs, { limit: DEAD_LETTERS_COUNTED, untilMs: nowMs - 2 * DAY_MS }));
};

const countOf = ({ items, next }: DeadLetterPage): LetterCount => ({ count: items.length, exact: next === null });

const together = (one: LetterCount, other: LetterCount): LetterCount => ({
  count: Math.min(DEAD_LETTERS_COUNTED, one.count + other.count),
  exact: one.exact && other.exact && one.count + other.count <= DEAD_LETTERS_COUNTED,
});

export const overview = async (store: Store, older = olderLetters(store)): Promise<Overview> => {
  const nowMs = await store.wallMs();
  const newer = { limit: DEAD_LETTERS_COUNTED, sinceMs: nowMs - DAY_MS };
  const [workers, schedulers, buckets, nodes, schedules, newest, oldest] = await Promise.all([
    store.memberList('worker'),
    store.memberList('scheduler'),
    bucketList(store, nowMs),
    store.nodeList(),
    scheduleAll(store),
    deadLetterList(store, nowMs, newer),
    older,
  ]);
  return {
    at: isoTime(nowMs),
    store: store.url,
    workers: workers.length,
    schedulers: schedulers.length,
    slots: { busy: sum(workers.map(({ running }) => running)), all: sum(workers.map(({ capacity }) => capacity)) },
    buckets: {
      all: buckets.length,
      unowned: buckets.filter(({ owner }) => owner === null).map(({ bucket }) => bucket),
      each: buckets.map(({ bucket, owner, depth }) => ({ bucket, owner, depth })),
    },
    jobs: {
      unfinished: sum(buckets.map(({ depth }) => depth)),
      running: sum(buckets.map(({ running }) => running)),
      retrying: sum(buckets.map(({ retrying }) => retrying)),
      exact: buckets.every(({ depthExact }) => depthExact),
      oldestDueAt: buckets.flatMap(({ oldestDueAt }) => oldestDueAt ?? []).sort()[0] ?? null,
    },
    counters: totalOf(buckets.map(({ counters }) => counters)),
    nodes,
    schedules: { all: schedules.length, paused: schedules.filter(({ paused }) => paused !== null).length },
    deadLetters: together(countOf(newest), oldest),
  };
};

const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);

const totalOf = (counters: readonly BucketCounters[]): BucketCounters => {
  const names = Object.keys(NO_COUNTERS) as readonly (keyof BucketCounters)[];
  const total = (name: keyof BucketCounters): number => sum(counters.map((each) => each[name]));
  return Object.fromEntries(names.map((name) => [name, total(name)])) as unknown as BucketCounters;
};

/** What is not as it should be, the worst first, and what to type about it. */
export interface Problem {
  readonly what: string;
  readonly hint: string;
}

export const problemsOf = (view: Overview): readonly Problem[] => {
  const { nodes, workers, buckets, jobs, deadLetters, at } = view;
  const found: Problem[] = [];
  const add = (isSo: boolean, what: string, hint: string): void => {
    if (isSo) found.push({ what, hint });
  };
  const { lost, wrong } = nodeTroubles(nodes);
  add(lost.length > 0, `${lost.length} of ${nodes.length} nodes do not answer: ${names(lost)}`, 'jobctl doctor');
  add(wrong.length > 0, `clocks are not this machine's: ${names(wrong)}`, 'jobctl doctor');
  add(workers === 0, 'no worker is live: nothing runs', 'jobctl worker');
  const { unowned, all } = buckets;
  const range = unowned.join(',');
  const isSome = workers > 0 && unowned.length > 0;
  add(isSome, `${unowned.length} of ${all} buckets have no owner: ${range}`, `jobctl worker --buckets ${range}`);
  const lateMs = jobs.oldestDueAt === null ? 0 : Date.parse(at) - Date.parse(jobs.oldestDueAt);
  add(lateMs > LATE_MS, `a job is due for ${Math.round(lateMs / 1_000)} s`, 'jobctl bucket list');
  const { count, exact } = deadLetters;
  add(count > 0, `${count}${exact ? '' : ' or more'} dead letters`, 'jobctl dlq list');
  return found;
};

/** Nodes that do not answer, and those whose clocks are not this machine's. */
export const nodeTroubles = (nodes: readonly NodeRow[]) => ({
  lost: nodes.filter(({ state }) => state !== 'up'),
  wrong: nodes.filter(({ clockOffsetMs }) => Math.abs(clockOffsetMs ?? 0) > CLOCK_OFFSET_TOLD_MS),
});

const names = (nodes: readonly NodeRow[]): string => nodes.map(({ address }) => address).join(', ');
