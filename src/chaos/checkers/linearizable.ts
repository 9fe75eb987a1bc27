// L4: is there an order of all acquisitions and releases of a lock, each between its beginning and its end, that a lock with
// fencing tokens could have gone through? A second opinion beside the checks of tokens and intervals (Wing and Gong's search
// with the memory of Lowe, on linked calls and returns; bounded, so the answer may be "unknown").
import type { History, Operation } from '../history/history.ts';
import { possessionOf } from './grants.ts';
import { type Checker, type Violation, violation } from './verdict.ts';

/** What was asked of a lock row, and what it answered. */
interface Step {
  readonly kind: 'take' | 'release' | 'read';
  readonly operation: Operation;
  readonly start: number;
  readonly end: number;
  /** The answer is not known: it may also never have happened. */
  readonly isOpen: boolean;
  /** Once the lock's token is higher than this it can change nothing any more: tokens never come back. */
  readonly token: number;
  /** The next state, or null where the answer is impossible in this state. */
  readonly apply: (state: State) => State | null;
}

interface State {
  readonly token: number;
  readonly session: string | null;
}

/** Configurations looked at before the search gives up. */
const BUDGET = 200_000;

const linearizable = (history: History): Violation | null => {
  const locks = new Map<string, Step[]>();
  const add = (name: string, step: Step): void => {
    const steps = locks.get(name);
    if (steps === undefined) locks.set(name, [step]);
    else steps.push(step);
  };
  const known = new Set(possessionOf(history).inOrder.map(({ take }) => take));
  for (const take of history.of('lockTake')) add(take.given.name, takeStep(take, known.has(take)));
  for (const release of history.of('lockRelease')) add(release.given.name, releaseStep(release));
  for (const [name, steps] of locks) {
    const bad = search(steps);
    if (bad !== null)
      return violation(
        `no order of the operations on ${name} explains their answers`,
        ...bad.map(({ operation }) => operation),
      );
  }
  return null;
};

const takeStep = (take: Operation<'lockTake'>, isKnown: boolean): Step => {
  const { expected, session } = take.given;
  const matches = (state: State): boolean =>
    state.token === (expected?.token ?? 0) && state.session === (expected?.session ?? null);
  const isOpen = take.outcome === 'info' && !isKnown;
  return {
    ...spanOf(take as Operation, isOpen),
    kind: 'take',
    token: expected?.token ?? 0,
    apply: (state) => {
      if (take.result === 'refused') return matches(state) ? null : state;
      return matches(state) ? { token: state.token + 1, session } : null;
    },
    ...(take.outcome === 'info' && isKnown ? { end: Number.POSITIVE_INFINITY } : {}),
  };
};

const releaseStep = (release: Operation<'lockRelease'>): Step => {
  const { token, session } = release.given;
  const matches = (state: State): boolean => state.token === token && state.session === session;
  return {
    ...spanOf(release as Operation, release.outcome === 'info'),
    kind: 'release',
    token,
    apply: (state) => {
      if (release.result === 'refused') return matches(state) ? null : state;
      return matches(state) ? { token, session: null } : null;
    },
  };
};

const spanOf = (operation: Operation, isOpen: boolean) => ({
  operation,
  start: operation.start,
  end: isOpen ? Number.POSITIVE_INFINITY : operation.end,
  isOpen,
});

/** Null: there is an order, or the search gave up. Else the operations that could not be placed. */
const search = (steps: readonly Step[]): readonly Step[] | null => {
  const found = new Search(steps);
  return found.place({ token: 0, session: null }, 0, 0) ? null : found.farthest;
};

class Search {
  farthest: readonly Step[] = [];
  readonly #steps: readonly Step[];
  readonly #done: boolean[];
  readonly #seen = new Set<string>();
  #budget = BUDGET;
  #placedMost = -1;

  constructor(steps: readonly Step[]) {
    this.#steps = steps.toSorted((left, right) => left.start - right.start);
    this.#done = steps.map(() => false);
  }

  place(state: State, first: number, placed: number): boolean {
    const [steps, done] = [this.#steps, this.#done];
    let from = first;
    while (from < steps.length && (done[from] || isDead(steps[from] as Step, state))) from += 1;
    const window = candidates(steps, done, from, state);
    if (window.every((index) => (steps[index] as Step).isOpen) && isAllAnswered(steps, done, from)) return true;
    if (placed > this.#placedMost) {
      this.#placedMost = placed;
      this.farthest = window.map((index) => steps[index] as Step);
    }
    const key = `${from}/${state.token}/${state.session}/${placedAfter(done, from)}`;
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    return window.some((index) => this.#try(index, state, from, placed));
  }

  #try(index: number, state: State, from: number, placed: number): boolean {
    this.#budget -= 1;
    if (this.#budget <= 0) return true;
    const next = (this.#steps[index] as Step).apply(state);
    if (next === null) return false;
    this.#done[index] = true;
    if (this.place(next, from, placed + 1)) return true;
    this.#done[index] = false;
    return false;
  }
}

/** Nobody knows whether it happened, and it cannot happen any more. */
const isDead = (step: Step, state: State): boolean => step.isOpen && step.token < state.token;

/** Steps that may come next: none that is not yet placed ended before they began. Those with an answer first. */
const candidates = (
  steps: readonly Step[],
  done: readonly boolean[],
  from: number,
  state: State,
): readonly number[] => {
  const answered: number[] = [];
  const open: number[] = [];
  let firstEnd = Number.POSITIVE_INFINITY;
  for (let index = from; index < steps.length && (steps[index] as Step).start < firstEnd; index += 1) {
    const step = steps[index] as Step;
    if (done[index] || isDead(step, state)) continue;
    (step.isOpen ? open : answered).push(index);
    firstEnd = Math.min(firstEnd, step.end);
  }
  return [...answered, ...open];
};

const isAllAnswered = (steps: readonly Step[], done: readonly boolean[], from: number): boolean => {
  for (let index = from; index < steps.length; index += 1)
    if (!done[index] && !(steps[index] as Step).isOpen) return false;
  return true;
};

const placedAfter = (done: readonly boolean[], from: number): string => {
  const placed: number[] = [];
  for (let index = done.length - 1; index >= from; index -= 1) if (done[index]) placed.push(index);
  return placed.join(',');
};

export const LINEARIZABLE: Checker = {
  invariant: 'L4',
  claim: 'the operations on a lock are linearizable',
  subjects: (history) => history.of('lockTake').length,
  subjectsMin: 20,
  check: linearizable,
};
