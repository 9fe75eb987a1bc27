// What few repetitions say: their median, how far it may be off, and whether two sets of them differ by more than chance.

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
};

/** Standard deviation by the mean. */
export const variation = (values: readonly number[]): number => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return Math.sqrt(square) / Math.abs(mean);
};

const RESAMPLES = 2_000;
const CONFIDENCE = 0.95;

/** Of the median, by bootstrap: values drawn again and again from those that were measured. `dice` gives 0 to 1. */
export const confidence = (values: readonly number[], dice: () => number): readonly [low: number, high: number] => {
  const drawn = Array.from({ length: RESAMPLES }, () =>
    median(values.map(() => values[Math.floor(dice() * values.length)] ?? Number.NaN)),
  ).toSorted((left, right) => left - right);
  const at = (share: number): number => drawn[Math.round(share * (RESAMPLES - 1))] ?? Number.NaN;
  return [at((1 - CONFIDENCE) / 2), at((1 + CONFIDENCE) / 2)];
};

/** Sets of more values than this are taken as normal: counting them all would take too long. */
const EXACT_MAX = 20;

/**
 * Two-sided p of Mann and Whitney: the chance that two sets from one source differ as much as these. Exact where no two values are
 * equal and both are small; else by the normal distribution, corrected for ties and continuity.
 */
export const mannWhitney = (left: readonly number[], right: readonly number[]): number => {
  const [n, m] = [left.length, right.length];
  if (n === 0 || m === 0) return 1;
  const u = left.reduce((sum, a) => sum + right.reduce((part, b) => part + (a > b ? 1 : a === b ? 0.5 : 0), 0), 0);
  const hasTies = new Set([...left, ...right]).size < n + m;
  if (!hasTies && n <= EXACT_MAX && m <= EXACT_MAX) return exactP(Math.min(u, n * m - u), n, m);
  return normalP(u, [...left, ...right], n, m);
};

const exactP = (u: number, n: number, m: number): number => {
  // ways[i][j][k]: orders of i and j values with U = k.
  const memo = new Map<string, number>();
  const ways = (i: number, j: number, k: number): number => {
    if (k < 0) return 0;
    if (i === 0 || j === 0) return k === 0 ? 1 : 0;
    const key = `${i},${j},${k}`;
    const known = memo.get(key);
    if (known !== undefined) return known;
    const count = ways(i - 1, j, k - j) + ways(i, j - 1, k);
    memo.set(key, count);
    return count;
  };
  let [below, all] = [0, 0];
  for (let k = 0; k <= n * m; k += 1) {
    const count = ways(n, m, k);
    all += count;
    if (k <= u) below += count;
  }
  return Math.min(1, (2 * below) / all);
};

const normalP = (u: number, all: readonly number[], n: number, m: number): number => {
  const counts = Object.values(Object.groupBy(all, String)).map((same) => same?.length ?? 0);
  const total = n + m;
  const ties = counts.reduce((sum, t) => sum + (t ** 3 - t), 0);
  const sigma = Math.sqrt(((n * m) / 12) * (total + 1 - ties / (total * (total - 1))));
  if (sigma === 0) return 1;
  const z = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5) / sigma;
  return Math.min(1, 2 * (1 - normalBelow(z)));
};

/** Abramowitz and Stegun 26.2.17: off by less than 7.5e-8. */
const normalBelow = (z: number): number => {
  const t = 1 / (1 + 0.2316419 * z);
  const polynomial = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return 1 - (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * polynomial;
};
