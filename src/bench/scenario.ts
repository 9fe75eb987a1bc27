// What a scenario is, and what it finds in one repetition.
import type { CeilingWork } from './ceiling/ceiling.ts';
import type { Latencies } from './measure/latencies.ts';
import { type OpenLoopResult, type Second, saturation } from './measure/load.ts';
import type { Place } from './place.ts';
import type { Better, Params } from './results/table.ts';

/** How much is done; the suite decides. */
export interface Size {
  readonly name: 'smoke' | 'standard' | 'full';
  readonly reps: number;
  /** Of an open loop, and of a closed one, s. */
  readonly seconds: number;
  readonly warmupSeconds: number;
  /** That are drained. */
  readonly jobs: number;
  /** Jobs that are pending, or have finished, before a growth is measured. */
  readonly growth: readonly number[];
}

export interface Metric {
  readonly metric: string;
  readonly unit: string;
  readonly better: Better;
  readonly value: number;
  /** Of which the value is the median. */
  readonly latencies?: Latencies;
  readonly ok?: number;
  readonly errors?: number;
  readonly dropped?: number;
  readonly offeredRate?: number;
  readonly achievedRate?: number;
  readonly sendLagP99Ms?: number;
  /** Why it says nothing about the system. */
  readonly invalid?: string | null;
}

export interface Found {
  readonly metrics: readonly Metric[];
  /** What was wrong with what the system did: the repetition is void. Null: nothing. */
  readonly wrong: string | null;
  /** For the series file. */
  readonly seconds?: readonly Second[];
}

export interface Scenario {
  readonly name: string;
  readonly summary: string;
  /** In the smoke suite, too: quick, and of any store. */
  readonly isQuick?: boolean;
  /** One store for each of these. */
  points(size: Size): readonly Params[];
  /** How many buckets its store has; default 16. */
  buckets?(params: Params): number;
  /** Once, before the first repetition. */
  prepare?(place: Place, params: Params, size: Size): Promise<unknown>;
  /** The work whose ceiling its throughput is a share of; null: this point waits for something else than the store. */
  ceiling?(params: Params, size: Size): CeilingWork | null;
  measure(place: Place, params: Params, size: Size): Promise<Found>;
}

export const rateMetric = (metric: string, unit: string, count: number, ms: number): Metric => ({
  ...{ metric, unit, better: 'higher' },
  value: (count * 1_000) / ms,
  ok: count,
});

/** Its value is the median. */
export const latencyMetric = (metric: string, latencies: Latencies, loop?: OpenLoopResult): Metric => {
  const base = { metric, unit: 'ms', better: 'lower', value: latencies.percentile(50), latencies } as const;
  if (loop === undefined) return base;
  return {
    ...base,
    ...{ ok: loop.sent - loop.errors, errors: loop.errors, dropped: loop.dropped, achievedRate: loop.achievedRate },
    sendLagP99Ms: loop.sendLag.percentile(99),
    invalid: saturation(loop, latencies),
  };
};

export const numberOf = (params: Params, name: string): number => Number(params[name]);
