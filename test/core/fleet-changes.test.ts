// What two looks at everything tell: one planted difference, one line; no difference, none.
import { expect, test } from 'vitest';
import { type FleetLook, fleetChanges } from '../../src/core/fleet-changes.ts';
import type { JobId } from '../../src/core/model/ids.ts';
import { NO_COUNTERS } from '../../src/core/model/lock.ts';
import { type Overview, problemsOf } from '../../src/core/overview.ts';

const AT = '2027-01-01T00:00:00.000Z';
const node = { dc: null, rack: null, version: null, answerMs: 1, clockOffsetMs: 0, storedBytes: null };

const OVERVIEW: Overview = {
  ...{ at: AT, store: 'x', workers: 1, schedulers: 1, slots: { busy: 0, all: 4 } },
  buckets: {
    ...{ all: 3, unowned: [] },
    each: [0, 1, 2].map((bucket) => ({ bucket, owner: 'a', depth: 0 })),
  },
  jobs: { unfinished: 0, running: 0, retrying: 0, exact: true, oldestDueAt: null },
  ...{ counters: NO_COUNTERS, schedules: { all: 1, paused: 0 }, deadLetters: { count: 0, exact: true } },
  nodes: [
    { ...node, address: 'n1', state: 'up' },
    { ...node, address: 'n2', state: 'up' },
  ],
};
const N1 = { ...node, address: 'n1', state: 'up' } as const;
const member = (id: string, session = 's1') => ({
  ...{ id, session, buckets: '0-2', types: [], running: 0, capacity: 4, address: '', version: '1' },
  ...{ startedAt: AT, seenAt: AT },
});
const LOCK = { name: 'l', state: 'held', token: 1, owner: 'p', note: null, session: null } as const;
const held = { ...LOCK, leaseMs: 1_000, beat: 1, until: AT };
const SCHEDULE = { name: 'n', version: 1, paused: null, createdAt: AT, updatedAt: AT };
const LETTER = {
  ...{
    id: 'j' as JobId,
    type: 'report',
    queue: 'default',
    error: 'boom',
    attempts: 5,
    failedAt: '2027-01-01T00:00:01.000Z',
  },
  ...{ createdAt: AT, payload: null, spec: {} },
};
const LOOK: FleetLook = {
  ...{ overview: OVERVIEW, workers: [member('a')], schedulers: [member('s')] },
  ...{ locks: [held], letters: [], schedules: [SCHEDULE] },
};

const told = (after: Partial<FleetLook>, overview: Partial<Overview> = {}): readonly string[] =>
  fleetChanges(LOOK, { ...LOOK, ...after, overview: { ...OVERVIEW, ...overview } }).map(
    ({ subject, text }) => `${subject} ${text}`,
  );

test('nothing has changed: nothing is told', () => {
  expect(told({})).toEqual([]);
});

test.each<[string, Partial<FleetLook>, Partial<Overview>, readonly string[]]>([
  ['a node', {}, { nodes: [N1, { ...node, address: 'n2', state: 'silent' }] }, ['node/n2 up -> silent']],
  ['a worker goes, another comes', { workers: [member('b')] }, {}, ['worker/a has gone', 'worker/b has come']],
  ['a worker was started anew', { workers: [member('a', 's2')] }, {}, ['worker/a has a new session']],
  [
    'buckets pass on together',
    {},
    {
      buckets: {
        ...{ all: 3, unowned: [2] },
        each: [
          { bucket: 0, owner: 'b', depth: 0 },
          { bucket: 1, owner: 'b', depth: 0 },
          { bucket: 2, owner: null, depth: 0 },
        ],
      },
    },
    ['bucket/0-1 a -> b', 'bucket/2 a -> nobody'],
  ],
  ['a lock is taken over', { locks: [{ ...held, token: 2, owner: 'q' }] }, {}, ['lock/l p (token 1) -> q (token 2)']],
  [
    'a lock is given back',
    { locks: [{ ...held, state: 'free', owner: null }] },
    {},
    ['lock/l given back by p (token 1)'],
  ],
  ['a lock is not renewed', { locks: [{ ...held, state: 'overdue' }] }, {}, ['lock/l held -> overdue']],
  [
    'a schedule is paused',
    { schedules: [{ ...SCHEDULE, version: 2, paused: { reason: 'noisy' } }] },
    {},
    ['schedule/n paused: noisy'],
  ],
  ['a schedule is changed', { schedules: [{ ...SCHEDULE, version: 2 }] }, {}, ['schedule/n changed to version 2']],
  ['a schedule is deleted', { schedules: [] }, {}, ['schedule/n deleted']],
  [
    'attempts fail',
    {},
    { counters: { ...NO_COUNTERS, retried: 3, lost: 1 } },
    ['jobs 1 attempts lost with their worker, to be run again', 'jobs 3 attempts failed, to be retried'],
  ],
  ['a job dies', { letters: [LETTER] }, {}, ['job/j report is a dead letter: boom']],
])('%s', (_what, after, overview, lines) => {
  expect(told(after, overview)).toEqual(lines);
});

test('a letter that died before the first look is no news', () => {
  expect(told({ letters: [{ ...LETTER, failedAt: '2026-12-31T00:00:00.000Z' }] })).toEqual([]);
});

test('what needs attention says what to type', () => {
  const problems = problemsOf({
    ...OVERVIEW,
    nodes: [
      { ...node, address: 'n1', state: 'down' },
      { ...node, address: 'n2', state: 'up', clockOffsetMs: 90_000 },
    ],
    buckets: { ...OVERVIEW.buckets, unowned: [2] },
    jobs: { ...OVERVIEW.jobs, oldestDueAt: '2026-12-31T23:50:00.000Z' },
    deadLetters: { count: 3, exact: false },
  });
  expect(problems).toEqual([
    { what: '1 of 2 nodes do not answer: n1', hint: 'jobctl doctor' },
    { what: "clocks are not this machine's: n2", hint: 'jobctl doctor' },
    { what: '1 of 3 buckets have no owner: 2', hint: 'jobctl worker --buckets 2' },
    { what: 'a job is due for 600 s', hint: 'jobctl bucket list' },
    { what: '3 or more dead letters', hint: 'jobctl dlq list' },
  ]);
  expect(problemsOf(OVERVIEW)).toEqual([]);
  expect(problemsOf({ ...OVERVIEW, workers: 0, buckets: { ...OVERVIEW.buckets, unowned: [0, 1, 2] } })).toEqual([
    { what: 'no worker is live: nothing runs', hint: 'jobctl worker' },
  ]);
});
