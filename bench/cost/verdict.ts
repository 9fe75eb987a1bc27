// The bar of the design, and the bounds that this run must keep. What could not be measured counts as broken: a check that
// saw nothing proves nothing.
import type { Cost, RunCost } from './counters.ts';

export type Bar = Pick<Cost, 'writeRequests' | 'compareAndSets' | 'rowMutations'>;
export const BARS = {
  /** One job on an idle system; the compare-and-sets are those of the sessions alone. */
  idle: { writeRequests: 3, compareAndSets: 0, rowMutations: 3 },
  /** One job in batches of 50: its submission is one request, two more are shared by 50. */
  batches: { writeRequests: 1.04, compareAndSets: 0.001, rowMutations: 3 },
} as const satisfies Readonly<Record<string, Bar>>;

/** Compare-and-sets a job under load, the standing ones counted in. */
export const CAS_PER_JOB_MAX = 0.01;
/** Cost of a sweep after many finished jobs, over that after few. */
export const SWEEP_RATIO_MAX = 1.5;

/** What one sweep of the workers cost, in one keyspace. */
export interface SweepCost {
  /** Jobs finished in that keyspace. */
  readonly finished: number;
  /** Sweeps that were counted. */
  readonly sweeps: number;
  /** Partitions of the job tables that the coordinators read, a sweep. */
  readonly partitionsRead: number;
  /** Rows and tombstones that the replicas read in a traced sweep, all of them together; null = no trace came. */
  readonly rowsRead: number | null;
  readonly tombstonesRead: number | null;
}

export interface SweepComparison {
  readonly few: SweepCost;
  readonly many: SweepCost;
  /** Median time of a sweep among many over that among few, measured in turn; null = not measured. */
  readonly latencyRatio: number | null;
}

export interface Bound {
  readonly name: string;
  /** Null = could not be measured; in JSON also what is without bound: `state` tells them apart. */
  readonly value: number | null;
  readonly max: number;
  readonly state: 'kept' | 'broken' | 'not measured';
}

export const boundsOf = (load: RunCost, { few, many, latencyRatio }: SweepComparison): readonly Bound[] => {
  const isReal = few.sweeps > 0 && many.sweeps > 0 && few.partitionsRead > 0;
  const ratioOf = (of: (cost: SweepCost) => number | null): number | null => (isReal ? ratio(of(many), of(few)) : null);
  return [
    {
      name: 'compare-and-sets a job under load',
      ...below(load.counted.writeRequests > 0 ? load.counted.compareAndSets : null, CAS_PER_JOB_MAX),
    },
    { name: 'partitions read a sweep, many : few', ...upTo(ratioOf(({ partitionsRead }) => partitionsRead)) },
    { name: 'rows read a sweep, many : few', ...upTo(ratioOf(({ rowsRead }) => rowsRead)) },
    { name: 'tombstones read a sweep, many : few', ...upTo(ratioOf(({ tombstonesRead }) => tombstonesRead)) },
    { name: 'time of a sweep, many : few', ...upTo(isReal ? latencyRatio : null) },
  ];
};

export const isKept = (bounds: readonly Bound[]): boolean => bounds.every(({ state }) => state === 'kept');

const below = (value: number | null, max: number) => judged(value, max, (found) => found < max);
const upTo = (value: number | null, max = SWEEP_RATIO_MAX) => judged(value, max, (found) => found <= max);

const judged = (value: number | null, max: number, isKept: (found: number) => boolean): Omit<Bound, 'name'> => {
  if (value === null) return { value, max, state: 'not measured' };
  return { value, max, state: isKept(value) ? 'kept' : 'broken' };
};

/** Nothing over nothing is no growth; something over nothing is without bound. */
export const ratio = (many: number | null, few: number | null): number | null => {
  if (many === null || few === null) return null;
  if (few === 0) return many === 0 ? 1 : Number.POSITIVE_INFINITY;
  return many / few;
};

export const median = (values: readonly number[]): number | null => {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
};

/** Rows and tombstones of one trace: each replica says it once for each partition that it read. Null = it said nothing. */
export const readInTrace = (
  activities: readonly string[],
): { readonly rows: number; readonly tombstones: number; readonly reads: number } | null => {
  let [rows, tombstones, reads] = [0, 0, 0];
  for (const activity of activities) {
    const [, live, dead] = /^Read (\d+) live rows and (\d+) tombstone cells/.exec(activity) ?? [];
    if (live === undefined || dead === undefined) continue;
    rows += Number(live);
    tombstones += Number(dead);
    reads += 1;
  }
  return reads === 0 ? null : { rows, tombstones, reads };
};
