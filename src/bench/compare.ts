// Two results side by side: what became slower by more than chance and by more than a threshold.
import type { Meta } from './results/meta.ts';
import { mannWhitney } from './results/statistics.ts';
import { keyOf, type Summary, summarize } from './results/summary.ts';
import type { Row } from './results/table.ts';

/** Of two sets from one source, so often at most one is taken for a change. */
const P_MAX = 0.05;

export type CompareVerdict = 'regression' | 'improvement' | 'ok' | 'inconclusive' | 'not comparable';

export interface Compared {
  readonly scenario: string;
  readonly params: string;
  readonly metric: string;
  readonly unit: string;
  readonly base: number | null;
  readonly next: number | null;
  /** New by base. */
  readonly ratio: number | null;
  readonly p: number | null;
  readonly verdict: CompareVerdict;
  readonly why: string;
}

export interface Comparison {
  readonly verdict: 'regression' | 'ok';
  readonly items: readonly Compared[];
}

export interface CompareOptions {
  /** Share by which a median may be worse, as 0.1. */
  readonly threshold: number;
  /** Compare also what other machines or stores measured. */
  readonly isForced: boolean;
}

interface Side {
  readonly rows: readonly Row[];
  /** Null where the companion file is gone. */
  readonly meta: Meta | null;
}

export const compareResults = (base: Side, next: Side, options: CompareOptions): Comparison => {
  const unlike = options.isForced ? [] : unlikeness(base.meta, next.meta);
  const before = new Map(summarize(base.rows).map((summary) => [keyOf(summary), summary]));
  const items = summarize(next.rows).map((summary) => {
    const old = before.get(keyOf(summary));
    before.delete(keyOf(summary));
    return old === undefined ? alone(summary, 'next') : compareMetric(old, summary, unlike, options.threshold);
  });
  const gone = [...before.values()].map((summary) => alone(summary, 'base'));
  const all = [...items, ...gone];
  return { verdict: all.some(({ verdict }) => verdict === 'regression') ? 'regression' : 'ok', items: all };
};

const compareMetric = (base: Summary, next: Summary, unlike: readonly string[], threshold: number): Compared => {
  const about = { scenario: next.scenario, params: next.params, metric: next.metric, unit: next.unit };
  const ratio = base.median === null || next.median === null ? null : next.median / base.median;
  const found = { ...about, base: base.median, next: next.median, ratio };
  if (unlike.length > 0) return { ...found, p: null, verdict: 'not comparable', why: unlike.join(', ') };
  if (ratio === null)
    return { ...found, p: null, verdict: 'not comparable', why: [...base.invalid, ...next.invalid].join(', ') };
  const p = mannWhitney(base.values, next.values);
  const worse = next.better === 'lower' ? ratio : 1 / ratio;
  if (worse <= 1 + threshold && worse >= 1 / (1 + threshold)) return { ...found, p, verdict: 'ok', why: '' };
  if (p >= P_MAX) {
    const why =
      Math.min(base.values.length, next.values.length) < REPS_MIN
        ? `fewer than ${REPS_MIN} repetitions cannot tell`
        : 'it may be chance: measure again';
    return { ...found, p, verdict: 'inconclusive', why };
  }
  return { ...found, p, verdict: worse > 1 ? 'regression' : 'improvement', why: '' };
};

/** Three and three values differ by chance in one of ten cases, however far apart they are. */
const REPS_MIN = 4;

const alone = ({ scenario, params, metric, unit, median }: Summary, where: 'base' | 'next'): Compared => ({
  ...{ scenario, params, metric, unit, base: where === 'base' ? median : null, next: where === 'next' ? median : null },
  ...{
    ratio: null,
    p: null,
    verdict: 'not comparable',
    why: `only in the ${where === 'base' ? 'first' : 'second'} file`,
  },
});

/** What makes two runs say nothing about each other. */
const unlikeness = (base: Meta | null, next: Meta | null): readonly string[] => {
  if (base === null || next === null) return ['the .meta.json beside a file is missing'];
  const major = (version: string): string => version.split('.')[0] ?? '';
  const fields: readonly (readonly [string, (meta: Meta) => string])[] = [
    ['processor', ({ cpu, cores }) => `${cores} x ${cpu}`],
    ['Node', ({ node }) => major(node)],
    [
      'store',
      ({ store }) => `${store.kind} ${major(store.version)}, ${store.nodes ?? 0} nodes, ${store.replication ?? ''}`,
    ],
    ['suite', ({ suite }) => suite.name],
  ];
  return fields.filter(([, of]) => of(base) !== of(next)).map(([name, of]) => `${name}: ${of(base)} and ${of(next)}`);
};
