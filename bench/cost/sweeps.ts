// I10: what a sweep costs where few jobs have finished, and where many have. Both keyspaces stand side by side and are
// measured at the same time, or in turn, so whatever else the machine does weighs on both alike.
import { AsyncLocalStorage } from 'node:async_hooks';
import cassandra from 'cassandra-driver';
import { allBuckets, slotOf } from '../../src/core/model/ids.ts';
import type { Store, Sweep } from '../../src/core/ports/store.ts';
import { type Counted, difference } from './counters.ts';
import type { Nodes, PerRead } from './nodes.ts';
import { pause, QUIET_MS, type Scene } from './scenarios.ts';
import { median, ratio, readInTrace, type SweepComparison, type SweepCost } from './verdict.ts';

/** Real runs in each keyspace just before, so that the slot that is swept holds finished jobs, too. */
export const RECENT_JOBS = 1_000;
const CALLERS = 64;
/** How long the workers' own sweeps are counted, ms. */
const COUNTED_MS = 30_000;
/** Sweeps timed in each keyspace, in turn, after some that are not. */
const TIMED = 300;
const WARM = 30;
/** Sweeps traced in each keyspace, and how long their notes may take to arrive, ms. */
const TRACED = 10;
const NOTES_WITHIN_MS = 15_000;
const NOTES_LOOK_MS = 500;
/** As a quiet round of the reader looks: 2 s back and 1 s ahead (src/core/worker/reader.ts, read-loop.ts). */
const BACK_MS = 2_000;
const AHEAD_MS = 1_000;
const SWEEP_LIMIT = 100;
/** Tables that sweeps read. Of job_history they read nothing. */
const SWEPT: readonly string[] = ['jobs_sharded', 'jobs_pending_by_bucket'];

export interface Side extends Scene {
  readonly finished: number;
}

export interface Sides {
  readonly few: Side;
  readonly many: Side;
}

export interface SweepReport extends SweepComparison {
  /** By system_views: not exact, and of everything that was read of late. */
  readonly views: Readonly<Record<keyof Sides, Readonly<Record<'rows' | 'tombstones', PerRead>>>>;
}

export const compareSweeps = async (sides: Sides): Promise<SweepReport> => {
  const { few, many } = sides;
  await Promise.all([few.fleet.run(RECENT_JOBS, CALLERS), many.fleet.run(RECENT_JOBS, CALLERS)]);
  await pause(few.signal, QUIET_MS);
  const [fewCost, manyCost] = await countSweeps(sides);
  const latencyRatio = await timeSweeps(sides);
  const [fewTraced, manyTraced] = await traceSweeps(sides);
  return {
    few: { ...fewCost, ...fewTraced },
    many: { ...manyCost, ...manyTraced },
    latencyRatio,
    views: { few: await viewsOf(few), many: await viewsOf(many) },
  };
};

type CountedSweeps = Omit<SweepCost, 'rowsRead' | 'tombstonesRead'>;

const countSweeps = async ({ few, many }: Sides): Promise<readonly [CountedSweeps, CountedSweeps]> => {
  const before = { few: await few.nodes.read(few.keyspace), many: await many.nodes.read(many.keyspace) };
  const sweepsBefore = { few: few.fleet.sweeps, many: many.fleet.sweeps };
  await pause(few.signal, COUNTED_MS);
  const counted = {
    few: difference(before.few, await few.nodes.read(few.keyspace)),
    many: difference(before.many, await many.nodes.read(many.keyspace)),
  };
  const costOfSide = (name: keyof Sides, side: Side): CountedSweeps => {
    const sweeps = side.fleet.sweeps - sweepsBefore[name];
    return { finished: side.finished, sweeps, partitionsRead: sweptPartitions(counted[name]) / sweeps };
  };
  return [costOfSide('few', few), costOfSide('many', many)];
};

const sweptPartitions = ({ tables }: Counted): number =>
  SWEPT.reduce((sum, table) => sum + (tables.get(table)?.coordinatorReads ?? 0), 0);

/** Median over median; absolute times would say more about the machine than about the store. */
const timeSweeps = async ({ few, many }: Sides): Promise<number | null> => {
  const times = { few: [] as number[], many: [] as number[] };
  for (let turn = 0; turn < WARM + TIMED; turn += 1) {
    few.signal.throwIfAborted();
    const order = turn % 2 === 0 ? (['few', 'many'] as const) : (['many', 'few'] as const);
    for (const name of order) {
      const ms = await timeSweep((name === 'few' ? few : many).fleet.store);
      if (turn >= WARM) times[name].push(ms);
    }
  }
  return ratio(median(times.many), median(times.few));
};

const timeSweep = async (store: Store): Promise<number> => {
  const startMs = performance.now();
  await sweepOnce(store);
  return performance.now() - startMs;
};

const sweepOnce = async (store: Store): Promise<void> => {
  const nowMs = Date.now();
  const buckets = allBuckets(store.bucketCount);
  const sweep: Sweep = {
    ...{ buckets, slot: slotOf(nowMs), limit: SWEEP_LIMIT },
    ...{ dueFromMs: nowMs - BACK_MS, dueToMs: nowMs + AHEAD_MS },
  };
  await store.pointerSweep(sweep);
  await store.jobSweep(sweep);
};

type Traced = Pick<SweepCost, 'rowsRead' | 'tombstonesRead'>;

const traceSweeps = async ({ few, many }: Sides): Promise<readonly [Traced, Traced]> => {
  const traces = { few: await tracesOf(few.fleet.store), many: await tracesOf(many.fleet.store) };
  return [await readBy(few, traces.few), await readBy(many, traces.many)];
};

/** Where the traces of a call go; set only around the sweeps below, not around those of the workers in this process. */
const tracing = new AsyncLocalStorage<cassandra.types.Uuid[]>();

/** The driver is told to have the nodes trace the sweeps: what is traced are the statements of the store itself. */
const tracesOf = async (store: Store): Promise<readonly cassandra.types.Uuid[]> => {
  const traces: cassandra.types.Uuid[] = [];
  const { prototype } = cassandra.Client;
  const execute = prototype.execute as Execute;
  const traced: Execute = async function (query, params, options) {
    const collected = tracing.getStore();
    if (collected === undefined) return execute.call(this, query, params, options);
    const result = await execute.call(this, query, params, { ...options, traceQuery: true });
    collected.push(result.info.traceId);
    return result;
  };
  Object.assign(prototype, { execute: traced });
  try {
    for (let count = 0; count < TRACED; count += 1) await tracing.run(traces, () => sweepOnce(store));
  } finally {
    Object.assign(prototype, { execute });
  }
  return traces;
};

type Execute = (
  this: cassandra.Client,
  query: string,
  params?: cassandra.ArrayOrObject,
  options?: cassandra.QueryOptions,
) => Promise<cassandra.types.ResultSet>;

/** Waits for the notes of every replica: at least one a bucket. */
const readBy = async ({ nodes, fleet, signal }: Side, traces: readonly cassandra.types.Uuid[]): Promise<Traced> => {
  let [rows, tombstones] = [0, 0];
  const endsMs = performance.now() + NOTES_WITHIN_MS;
  for (const trace of traces) {
    for (;;) {
      const found = readInTrace(await nodes.trace(trace));
      if (found !== null && found.reads >= fleet.store.bucketCount) {
        rows += found.rows;
        tombstones += found.tombstones;
        break;
      }
      if (performance.now() > endsMs) return { rowsRead: null, tombstonesRead: null };
      await pause(signal, NOTES_LOOK_MS);
    }
  }
  return { rowsRead: rows / traces.length, tombstonesRead: tombstones / traces.length };
};

const viewsOf = async ({ nodes, keyspace }: { readonly nodes: Nodes; readonly keyspace: string }) => ({
  rows: await nodes.perRead('rows', keyspace, 'jobs_sharded'),
  tombstones: await nodes.perRead('tombstones', keyspace, 'jobs_sharded'),
});
