// What a run has shown: held, violated, or unknown, for each invariant and in all.
import { CHECKERS } from '../checkers/all.ts';
import { POWER, SERVICE_CHECKERS } from '../checkers/service.ts';
import { type Checker, judge, type Verdict } from '../checkers/verdict.ts';
import type { History } from '../history/history.ts';
import { formatOperation } from '../history/text.ts';
import type { Scenario } from '../scenario.ts';

export interface InvariantView {
  readonly id: string;
  readonly claim: string;
  readonly verdict: Verdict['verdict'];
  /** What is wrong, or why it is not known. */
  readonly why: string;
  /** The scenario is there to show it. */
  readonly wanted: boolean;
  /** What could have violated it. */
  readonly subjects: number;
  /** The first operations that violate it. */
  readonly operations: readonly { readonly atMs: number; readonly text: string }[];
}

export interface RunVerdict {
  readonly verdict: Verdict['verdict'];
  readonly why: string;
  readonly invariants: readonly InvariantView[];
}

const OPERATIONS_SHOWN = 5;

export const RUN_CHECKERS: readonly Checker[] = [...CHECKERS, ...SERVICE_CHECKERS, POWER];

/** Violated when any invariant is; held when all that are wanted held, and the run had power; else unknown. */
export const judgeRun = (history: History, { invariants: wanted }: Pick<Scenario, 'invariants'>): RunVerdict => {
  const invariants = RUN_CHECKERS.map((checker) => viewOf(checker, history, wanted));
  const violated = invariants.filter(({ verdict }) => verdict === 'violated');
  const missing = invariants.filter(({ wanted: isWanted, verdict }) => isWanted && verdict === 'unknown');
  if (violated.length > 0) return { verdict: 'violated', why: whys(violated), invariants };
  if (missing.length > 0) return { verdict: 'unknown', why: whys(missing), invariants };
  return { verdict: 'held', why: '', invariants };
};

const whys = (invariants: readonly InvariantView[]): string =>
  invariants.map(({ id, why }) => `${id}: ${why}`).join('; ');

const viewOf = (checker: Checker, history: History, wanted: readonly string[]): InvariantView => {
  const { invariant: id, claim } = checker;
  const found = judge(checker, history);
  // A run without power shows nothing: that is no fault of the product.
  const verdict = checker === POWER && found.verdict === 'violated' ? 'unknown' : found.verdict;
  return {
    ...{ id, claim, verdict, why: found.why, subjects: checker.subjects(history) },
    wanted: checker === POWER || wanted.includes(id),
    operations: found.operations
      .slice(0, OPERATIONS_SHOWN)
      .map((operation) => ({ atMs: operation.startMs, text: formatOperation(operation).trim() })),
  };
};
