// What all repetitions of one metric say together.
import { confidence, median, variation } from './statistics.ts';
import type { Row } from './table.ts';

export interface Summary {
  readonly scenario: string;
  readonly params: string;
  readonly phase: string;
  readonly metric: string;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  readonly store: string;
  /** One of each valid repetition. */
  readonly values: readonly number[];
  /** Of the values; null where no repetition is valid. */
  readonly median: number | null;
  /** 95 %, by bootstrap. */
  readonly low: number | null;
  readonly high: number | null;
  /** Standard deviation by mean, as a share. */
  readonly variation: number | null;
  /** Medians of the percentiles of the repetitions; null where too few were measured. */
  readonly p50: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  /** Why repetitions do not count. */
  readonly invalid: readonly string[];
}

/** What rows of one metric have in common. */
export const keyOf = ({
  scenario,
  params,
  phase,
  metric,
  store,
}: Pick<Row, 'scenario' | 'params' | 'phase' | 'metric' | 'store'>) =>
  [store, scenario, params, phase, metric].join(' ');

/** Always the same: a summary of the same rows is the same. */
const diceOf = (): (() => number) => {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};

/** In the order of the file. */
export const summarize = (rows: readonly Row[]): readonly Summary[] =>
  [...Map.groupBy(rows, keyOf).values()].map((same) => {
    const first = same[0] as Row;
    const valid = same.filter(({ valid: isValid }) => isValid === 'true');
    const values = valid.map(({ value }) => Number(value));
    const [low, high] = values.length === 0 ? [null, null] : confidence(values, diceOf());
    const of = (name: 'p50' | 'p99' | 'p999'): number | null => {
      const found = valid.map((row) => row[name]).filter((text) => text !== '');
      return found.length === 0 ? null : median(found.map(Number));
    };
    return {
      ...{ scenario: first.scenario, params: first.params, phase: first.phase, metric: first.metric, unit: first.unit },
      ...{ better: first.better === 'lower' ? 'lower' : 'higher', store: first.store, values },
      ...{ median: values.length === 0 ? null : median(values), low, high },
      variation: values.length < 2 ? null : variation(values),
      ...{ p50: of('p50'), p99: of('p99'), p999: of('p999') },
      invalid: [...new Set(same.map(({ invalid_reason }) => invalid_reason).filter((text) => text !== ''))],
    };
  });
