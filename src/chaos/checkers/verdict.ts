// What a checker says about one run. It reads the history and nothing else.
import type { History, Operation } from '../history/history.ts';

export interface Verdict {
  readonly invariant: string;
  /** `unknown`: the run had no power to show it. */
  readonly verdict: 'held' | 'violated' | 'unknown';
  /** What is wrong, or why it is not known. */
  readonly why: string;
  /** The first operations that show it. */
  readonly operations: readonly Operation[];
}

export interface Violation {
  readonly why: string;
  readonly operations: readonly Operation[];
}

/** A checker, with what a run must contain for its silence to mean something. */
export interface Checker {
  readonly invariant: string;
  readonly claim: string;
  /** Operations that could have violated it; few of them prove nothing. */
  readonly subjects: (history: History) => number;
  readonly subjectsMin: number;
  /** The first violation. */
  readonly check: (history: History) => Violation | null;
}

export const judge = (checker: Checker, history: History): Verdict => {
  const { invariant } = checker;
  const violation = checker.check(history);
  if (violation !== null) return { invariant, verdict: 'violated', ...violation };
  const subjects = checker.subjects(history);
  if (subjects < checker.subjectsMin) {
    const why = `only ${subjects} operations could have violated it, ${checker.subjectsMin} are needed`;
    return { invariant, verdict: 'unknown', why, operations: [] };
  }
  if (history.effects.size === 0) return { invariant, verdict: 'unknown', why: 'no fault took effect', operations: [] };
  return { invariant, verdict: 'held', why: '', operations: [] };
};

export const violation = (why: string, ...operations: readonly (object | undefined)[]): Violation => ({
  why,
  operations: operations.filter((operation) => operation !== undefined) as readonly Operation[],
});
