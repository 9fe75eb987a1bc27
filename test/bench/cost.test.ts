// The arithmetic of `npm run cost`: a wrong difference or a bound that cannot break would make every figure look fine.
import { describe, expect, test } from 'vitest';
import {
  costOf,
  difference,
  minus,
  type Reading,
  type RunCost,
  runCost,
  type TableCounts,
} from '../../bench/cost/counters.ts';
import { decimal, tableLines } from '../../bench/cost/report.ts';
import { boundsOf, isKept, median, ratio, readInTrace, type SweepComparison } from '../../bench/cost/verdict.ts';
import { keyspaceUrl } from '../../src/core/model/cluster.ts';

const counts = (given: Partial<TableCounts>): TableCounts => ({
  ...{ coordinatorWrites: 0, coordinatorReads: 0, coordinatorScans: 0, localWrites: 0, localReads: 0 },
  ...given,
});

const reading = (
  atMs: number,
  tables: Readonly<Record<string, Partial<TableCounts>>>,
  rows: Readonly<Record<string, readonly [number, number]>> | null = null,
): Reading => ({
  atMs,
  tables: new Map(Object.entries(tables).map(([table, given]) => [table, counts(given)])),
  rows:
    rows === null
      ? null
      : new Map(Object.entries(rows).map(([table, [count, flushes]]) => [table, { rows: count, flushes }])),
});

/** Two hundred jobs of three rows, in batches, on three replicas, with twenty compare-and-sets meanwhile. */
const BEFORE = reading(
  1_000,
  { jobs_sharded: { coordinatorWrites: 7, localWrites: 21 }, sessions: { localWrites: 30, localReads: 30 } },
  { jobs_sharded: [30, 0], job_history: [60, 3] },
);
const AFTER = reading(
  11_000,
  {
    jobs_sharded: { coordinatorWrites: 27, localWrites: 81, coordinatorReads: 500 },
    job_history: { coordinatorWrites: 40, localWrites: 120 },
    checkpoints: { coordinatorWrites: 10, localWrites: 30 },
    sessions: { localWrites: 90, localReads: 87 },
  },
  { jobs_sharded: [630, 0], job_history: [1_260, 3] },
);

describe('difference', () => {
  test('is of each table, also of one that was not there before', () => {
    const { seconds, tables, rows } = difference(BEFORE, AFTER);
    expect(seconds).toBe(10);
    expect(tables.get('jobs_sharded')).toEqual(
      counts({ coordinatorWrites: 20, localWrites: 60, coordinatorReads: 500 }),
    );
    expect(tables.get('job_history')).toEqual(counts({ coordinatorWrites: 40, localWrites: 120 }));
    expect(rows).toEqual(
      new Map([
        ['jobs_sharded', 600],
        ['job_history', 1_200],
      ]),
    );
  });

  test('of a counter that went back is none', () => {
    expect(() => difference(AFTER, BEFORE)).toThrow(/jobs_sharded went back: a node was started anew/);
  });

  test('knows no rows when a memtable was flushed in between, or nodetool cannot be asked', () => {
    const flushed = reading(11_000, {}, { jobs_sharded: [5, 1], job_history: [1_260, 3] });
    expect(difference(BEFORE, flushed).rows).toBeNull();
    expect(difference(reading(0, {}), AFTER).rows).toBeNull();
    expect(difference(BEFORE, reading(11_000, {})).rows).toBeNull();
  });
});

describe('cost', () => {
  test('counts requests once, rows and compare-and-sets once for all replicas', () => {
    expect(costOf(difference(BEFORE, AFTER), 3)).toEqual({
      ...{ writeRequests: 70, checkpoints: 10, compareAndSets: 20, rowMutations: 600, partitionsRead: 500 },
    });
  });

  test('counts compare-and-sets that were refused, but no SERIAL reads', () => {
    const sessions = { localWrites: 30, localReads: 75, coordinatorReads: 5 };
    const locks = { localReads: 30, coordinatorReads: 10 };
    const cost = costOf(difference(reading(0, {}), reading(1, { sessions, locks })), 3);
    expect(cost.compareAndSets).toBe(20);
    expect(cost.partitionsRead).toBe(15);
  });

  test('of a job is what was counted, and what is left without the standing cost of as many seconds', () => {
    const standing = { writeRequests: 1, checkpoints: 0.5, compareAndSets: 2, rowMutations: 3, partitionsRead: 40 };
    const run = runCost(difference(BEFORE, AFTER), standing, { jobs: 200, replicas: 3 });
    expect(run).toMatchObject({ jobs: 200, seconds: 10 });
    expect(run.counted).toEqual({
      ...{ writeRequests: 0.35, checkpoints: 0.05, compareAndSets: 0.1, rowMutations: 3, partitionsRead: 2.5 },
    });
    expect(run.net).toEqual({
      ...{ writeRequests: 0.3, checkpoints: 0.025, compareAndSets: 0, rowMutations: 2.85, partitionsRead: 0.5 },
    });
  });

  test('less one whose rows were not counted has no rows, rather than all of them', () => {
    const cost = { writeRequests: 3, checkpoints: 0, compareAndSets: 0, rowMutations: 3, partitionsRead: 0 };
    expect(minus(cost, { ...cost, rowMutations: null }).rowMutations).toBeNull();
  });
});

describe('bounds', () => {
  const run = (compareAndSets: number, writeRequests = 0.3): RunCost => {
    const cost = { writeRequests, checkpoints: 0, compareAndSets, rowMutations: 3, partitionsRead: 1 };
    return { jobs: 10_000, seconds: 10, counted: cost, net: { ...cost, compareAndSets: 0 } };
  };
  const sweep = { finished: 1_000, sweeps: 60, partitionsRead: 8, rowsRead: 0, tombstonesRead: 0 };
  const same: SweepComparison = { few: sweep, many: { ...sweep, finished: 1_000_000 }, latencyRatio: 1.04 };
  const broken = (load: RunCost, sweeps: SweepComparison): readonly string[] =>
    boundsOf(load, sweeps)
      .filter(({ state }) => state !== 'kept')
      .map(({ name }) => name);

  test('are kept by a sweep that costs the same', () => {
    expect(broken(run(0.000_6), same)).toEqual([]);
  });

  test('break at a compare-and-set for a hundred jobs, the standing ones counted in', () => {
    expect(broken(run(0.009_9), same)).toEqual([]);
    expect(broken(run(0.01), same)).toEqual(['compare-and-sets a job under load']);
  });

  test.each([
    ['partitions read a sweep, many : few', { ...same, many: { ...same.many, partitionsRead: 12.1 } }],
    ['rows read a sweep, many : few', { ...same, many: { ...same.many, rowsRead: 1 } }],
    ['tombstones read a sweep, many : few', { ...same, many: { ...same.many, tombstonesRead: 1 } }],
    ['time of a sweep, many : few', { ...same, latencyRatio: 1.51 }],
  ])('break: %s', (name, sweeps) => {
    expect(broken(run(0.001), sweeps)).toEqual([name]);
  });

  test('that could not be measured are not kept, and say so', () => {
    expect(boundsOf(run(0.001), { ...same, latencyRatio: null }).map(({ state }) => state)).toEqual([
      ...['kept', 'kept', 'kept', 'kept', 'not measured'],
    ]);
    expect(broken(run(0, 0), same)).toEqual(['compare-and-sets a job under load']);
    expect(broken(run(0.001), { ...same, latencyRatio: null })).toEqual(['time of a sweep, many : few']);
    expect(broken(run(0.001), { ...same, few: { ...sweep, rowsRead: null } })).toEqual([
      'rows read a sweep, many : few',
    ]);
    for (const nothing of [{ sweeps: 0 }, { partitionsRead: 0 }]) {
      expect(broken(run(0.001), { ...same, few: { ...sweep, ...nothing } })).toHaveLength(4);
    }
  });

  test('a report is kept only when all of them are', () => {
    const [kept] = boundsOf(run(0.001), same);
    if (kept === undefined) throw new Error('no bounds');
    expect(isKept([kept, kept])).toBe(true);
    expect(isKept([kept, { ...kept, state: 'broken' }])).toBe(false);
    expect(isKept([{ ...kept, state: 'not measured' }, kept])).toBe(false);
  });

  test('a ratio to nothing is 1 for nothing, and without bound for anything', () => {
    expect(ratio(0, 0)).toBe(1);
    expect(ratio(1, 0)).toBe(Number.POSITIVE_INFINITY);
    expect(ratio(3, 2)).toBe(1.5);
    expect(ratio(null, 2)).toBeNull();
  });

  test('a median is not moved by one slow answer', () => {
    expect(median([1, 900, 2])).toBe(2);
    expect(median([])).toBeNull();
  });
});

describe('a trace', () => {
  test('adds up what the replicas say they read', () => {
    const activities = [
      'Executing single-partition query on jobs_sharded',
      'Read 3 live rows and 2 tombstone cells',
      'Read 0 live rows and 1 tombstone cells',
    ];
    expect(readInTrace(activities)).toEqual({ rows: 3, tombstones: 3, reads: 2 });
  });

  test('that says nothing is not a read of nothing', () => {
    expect(readInTrace(['Submitting range requests'])).toBeNull();
  });
});

test.each([
  ['cassandra://10.0.0.1,10.0.0.2:9043/mine?dc=dc1&tls=on', 'cassandra://10.0.0.1,10.0.0.2:9043/x?dc=dc1&tls=on'],
  ['cassandra://[::1]:9042/mine?dc=dc1', 'cassandra://[::1]:9042/x?dc=dc1'],
])('the keyspace of a URL is another: %s', (url, expected) => {
  expect(keyspaceUrl(url, 'x')).toBe(expected);
});

test.each([
  [3, '3'],
  [3.016, '3.02'],
  [0.000_63, '0.0006'],
  [0.003, '0.003'],
  [-0.001, '-0.001'],
  [0, '0'],
  [1_234.5, '1235'],
  [100, '100'],
  [Number.POSITIVE_INFINITY, 'Infinity'],
])('%d is written as %s', (value, text) => {
  expect(decimal(value)).toBe(text);
});

test('a table lines up names to the left and figures to the right', () => {
  expect(tableLines([['', 'writes'], [], ['a job', '3.02']])).toEqual(['        writes', '', 'a job     3.02']);
});
