// Times that were measured, kept as a histogram of three figures: exact enough for any percentile, whatever their number.
import { build, type Histogram } from 'hdr-histogram-js';

const NS_PER_MS = 1e6;
const LOWEST_NS = 1;
/** An hour: nothing here takes longer. */
const HIGHEST_NS = 3_600e9;
const FIGURES = 3;
/** A percentile needs so many values beyond it. */
const BEYOND_MIN = 10;

/** All in ms. A percentile that too few values lie beyond is null. */
export interface Distribution {
  readonly n: number;
  readonly min: number;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly max: number;
  readonly mean: number;
  readonly stddev: number;
}

export class Latencies {
  /** Of ns. Node's own does not tell how often each value was. */
  readonly histogram: Histogram = build({ lowestDiscernibleValue: LOWEST_NS, numberOfSignificantValueDigits: FIGURES });

  /** Below a nanosecond, and before its time, is a nanosecond. */
  record(ms: number): void {
    this.histogram.recordValue(Math.min(HIGHEST_NS, Math.max(LOWEST_NS, Math.round(ms * NS_PER_MS))));
  }

  get count(): number {
    return this.histogram.totalCount;
  }

  /** ms. */
  percentile(percent: number): number {
    return this.histogram.getValueAtPercentile(percent) / NS_PER_MS;
  }

  summary(): Distribution {
    const { totalCount: n, minNonZeroValue: min, maxValue: max, mean, stdDeviation: stddev } = this.histogram;
    if (n === 0) {
      return { n, min: 0, p50: null, p90: null, p95: null, p99: null, p999: null, max: 0, mean: 0, stddev: 0 };
    }
    const at = (percent: number): number | null =>
      n * (1 - percent / 100) < BEYOND_MIN - 1e-6 && percent > 50 ? null : this.percentile(percent);
    return {
      ...{ n, min: min / NS_PER_MS, p50: at(50), p90: at(90), p95: at(95), p99: at(99), p999: at(99.9) },
      ...{ max: max / NS_PER_MS, mean: mean / NS_PER_MS, stddev: stddev / NS_PER_MS },
    };
  }
}
