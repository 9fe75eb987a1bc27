// Where runs and effects come from: J2, F2, and that nothing happened that no fault explains: S1.
import type { History, Operation } from '../history/history.ts';
import { type Checker, type Violation, violation } from './verdict.ts';

/** Every job that ran was submitted by a schedule, or by a client who was told its id, or nothing. */
const nothingFromNowhere = (history: History): Violation | null => {
  const told = new Map<string, Operation<'submit'>>();
  const given = new Map<string, Operation<'submit'>>();
  for (const submit of history.of('submit')) {
    given.set(submit.given.tag, submit);
    if (submit.result !== null) told.set(submit.given.tag, submit);
  }
  const scheduled = new Set(
    history
      .of('append')
      .flatMap(({ given: { jobs = [] } }) => jobs.filter(({ spec }) => spec.schedule).map(({ jobId }) => jobId)),
  );
  for (const run of history.of('run')) {
    if (scheduled.has(run.given.id)) continue;
    const submit = given.get(run.given.tag);
    if (submit === undefined) return violation(`job ${run.given.id} was never submitted`, run);
    const answer = told.get(run.given.tag);
    if (answer?.result != null && answer.result.id !== run.given.id) {
      return violation(`a client was told ${answer.result.id}, but ${run.given.id} ran for it`, answer, run);
    }
  }
  return oneJobPerKey(history);
};

const oneJobPerKey = (history: History): Violation | null => {
  const jobs = new Map<string, Operation<'submit'>>();
  for (const submit of history.of('submit')) {
    const { key } = submit.given;
    if (key === null || submit.result === null) continue;
    const before = jobs.get(key);
    if (before?.result != null && before.result.id !== submit.result.id) {
      return violation(`the key ${key} led to two jobs`, before, submit);
    }
    jobs.set(key, submit);
  }
  return null;
};

/** A resource does the same thing once, whoever asks. */
const effectsHappenOnce = (history: History): Violation | null => {
  const done = new Map<string, Operation<'effect'>>();
  for (const effect of history.of('effect')) {
    const { once } = effect.given;
    if (once === null || effect.result !== 'accepted') continue;
    const before = done.get(once);
    if (before !== undefined) return violation(`${once} took effect twice`, before, effect);
    done.set(once, effect);
  }
  return null;
};

const noSurprises = (history: History): Violation | null => {
  const [surprise] = history.of('surprise');
  return surprise === undefined ? null : violation(surprise.given, surprise);
};

const runs = (history: History): number => history.of('run').length;

export const ORIGIN_CHECKERS: readonly Checker[] = [
  { invariant: 'F2', claim: 'an attempt takes effect once', subjects: runs, subjectsMin: 10, check: effectsHappenOnce },
  { invariant: 'J2', claim: 'no job comes from nowhere', subjects: runs, subjectsMin: 10, check: nothingFromNowhere },
  { invariant: 'S1', claim: 'no error that no fault explains', subjects: () => 1, subjectsMin: 1, check: noSurprises },
];
