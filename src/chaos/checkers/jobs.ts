// Jobs from submit to outcome: I2, I3, I4, I5, J1, J3, J4, J5, J6.
import { jobBucket, jobDueMs, jobSlot, NO_FENCE } from '../../core/model/ids.ts';
import { type AttemptRow, attemptsUsed, isTerminal, isWaiting } from '../../core/model/job.ts';
import type { History, Operation } from '../history/history.ts';
import { fenceGrant, grantName, possessionOf } from './grants.ts';
import { partitionKey, type Timeline, timelinesOf, truthBelow, type Written } from './timelines.ts';
import { type Checker, type Violation, violation } from './verdict.ts';

/** The clocks' skew is declared by the run; measuring an offset is wrong by half a round trip at most, ms. */
const MEASURED_WITHIN_MS = 1_100;

/** The first violation that any job shows. */
const eachJob =
  (check: (timeline: Timeline, history: History) => Violation | null) =>
  (history: History): Violation | null => {
    for (const timeline of timelinesOf(history).values()) {
      const found = check(timeline, history);
      if (found !== null) return found;
    }
    return null;
  };

/** Truths only grow: one row under a fence becomes its own outcome and stays it, and readers never see less than before. */
const truthNeverGoesBack = ({ id, attempts, seen }: Timeline): Violation | null => {
  const outcomes = new Map<number, (typeof attempts)[number]>();
  for (const written of attempts) {
    const before = outcomes.get(written.row.fence);
    if (before !== undefined && before.append.end < written.append.start && before.row.state !== 'running') {
      if (before.row.state !== written.row.state) {
        return violation(
          `job ${id}: ${before.row.state} was overwritten by ${written.row.state} under the same fence`,
          before.append,
          written.append,
        );
      }
    }
    if (written.append.outcome === 'ok') outcomes.set(written.row.fence, written);
  }
  for (const { look, fence } of seen) {
    const newer = seen.find((other) => other.look.end < look.start && other.fence > fence);
    if (newer !== undefined) return violation(`job ${id}: its truth went back`, newer.look, look);
    const lost = attempts.find(
      ({ row, append }) => row.fence > fence && append.outcome === 'ok' && append.end < look.start,
    );
    if (lost !== undefined) return violation(`job ${id}: an acknowledged truth was not seen`, lost.append, look);
  }
  return null;
};

/** A waiting truth has its pointer, a dead one its letter, before it is written: else nothing would lead on after a crash. */
const leadsComeFirst = ({ id, attempts, pointers, letters }: Timeline): Violation | null => {
  for (const { row, append } of attempts) {
    const isDurable = (lead: Operation): boolean => lead.outcome === 'ok' && lead.end < append.start;
    if (isWaiting(row.state)) {
      const isLed = pointers.some(
        (led) =>
          led.row.op === 'retry' &&
          led.row.fence === row.fence &&
          led.row.dueMs === row.nextDueMs &&
          isDurable(led.append as Operation),
      );
      if (!isLed) return violation(`job ${id} became ${row.state} before its pointer was durable`, append);
    }
    if (row.state === 'dead' && !letters.some((letter) => isDurable(letter as Operation))) {
      return violation(`job ${id} became dead before its letter was durable`, append);
    }
  }
  return null;
};

/** Nothing acknowledged is deleted before it is over. */
const deletedOnlyWhenOver = (history: History): Violation | null => {
  const purges = history.of('purge');
  if (purges.length === 0) return null;
  for (const timeline of timelinesOf(history).values()) {
    const [submit] = timeline.submitted;
    if (submit === undefined) continue;
    const place = partitionKey({ bucket: jobBucket(timeline.id), slot: jobSlot(timeline.id) });
    for (const purge of purges) {
      if (partitionKey(purge.given) !== place || submit.end > purge.start) continue;
      // An outcome that was never acknowledged counts, too: the owner may have read it.
      const isOver = timeline.attempts.some(({ row, append }) => isTerminal(row.state) && append.start < purge.start);
      if (!isOver) return violation(`job ${timeline.id} was deleted before it was over`, submit, purge);
    }
  }
  return null;
};

/** The last truth that anybody saw of it, or acknowledged. */
const isFinished = ({ id, attempts, seen }: Timeline, history: History): boolean => {
  const last = seen.at(-1);
  if (last !== undefined && isTerminal(last.state as never)) return true;
  const place = partitionKey({ bucket: jobBucket(id), slot: jobSlot(id) });
  const isPurged = history.of('purge').some(({ given }) => partitionKey(given) === place);
  return isPurged && attempts.some(({ row }) => isTerminal(row.state));
};

const nothingIsLost = eachJob((timeline, history) => {
  const [submit] = timeline.submitted;
  if (submit === undefined || isFinished(timeline, history)) return null;
  const last = timeline.attempts.at(-1);
  const state = last === undefined ? 'never attempted' : last.row.state;
  return violation(`job ${timeline.id} was acknowledged and never finished: ${state}`, submit, last?.append);
});

/** Whatever was begun is over at the end, acknowledged or not. */
const nothingIsStuck = eachJob((timeline, history) => {
  const last = timeline.seen.at(-1);
  if (last === undefined || isFinished(timeline, history)) return null;
  return violation(`job ${timeline.id} is still ${last.state} at the end`, last.look);
});

const startsAfterItsRow = eachJob(({ id, runs, attempts }) => {
  for (const run of runs) {
    const { fence } = run.given;
    const row = attempts.find(
      (written) =>
        written.row.fence === fence &&
        written.row.state === 'running' &&
        written.append.who === run.who &&
        written.append.end < run.start,
    );
    if (row === undefined) return violation(`job ${id} was started before its attempt row was acknowledged`, run);
  }
  return null;
});

/**
 * A claim follows the present truth: none yet, one that waits, or one that a person ordered to run again. A row that was never
 * acknowledged may have been the truth.
 */
const claimsFollowTheTruth = eachJob((timeline) => {
  const allowsClaim = ({ state, fence }: AttemptRow): boolean =>
    isWaiting(state) ||
    (isTerminal(state) && timeline.pointers.some(({ row }) => row.op === 'replay' && row.fence === fence));
  for (const { row, append } of timeline.attempts) {
    if (row.state !== 'running') continue;
    const before = truthBelow(timeline, row.fence, append.start);
    if (before === null || allowsClaim(before.row)) continue;
    if (unacknowledgedBetween(timeline, before, { row, append }).some(allowsClaim)) continue;
    return violation(`job ${timeline.id} was claimed though its truth was ${before.row.state}`, before.append, append);
  }
  return null;
});

/** Rows between the two that were never acknowledged: a replica may have one, and a reader may see it. */
const unacknowledgedBetween = (
  timeline: Timeline,
  before: Written<AttemptRow>,
  claim: Written<AttemptRow>,
): readonly AttemptRow[] =>
  timeline.attempts
    .filter(
      ({ row, append }) =>
        row.fence >= before.row.fence &&
        row.fence < claim.row.fence &&
        row.state !== 'running' &&
        append.start < claim.append.start &&
        (append.outcome === 'info' || append.end > claim.append.start),
    )
    .map(({ row }) => row);

/** A second run has a reason: the first failed, was given back, was declared lost after its session ended, or an order. */
const extraRunsAreExplained = eachJob((timeline, history) => {
  const { grants, ended } = possessionOf(history);
  for (const { row, append } of timeline.attempts) {
    if (row.state !== 'lost' && !(row.state === 'dead' || row.state === 'failed')) continue;
    if (timeline.attempts.some((other) => other.row.fence === row.fence && other.row.state === 'running')) continue;
    const before = truthBelow(timeline, row.fence, append.start);
    if (before?.row.state !== 'running') continue;
    const { name, token } = fenceGrant(timeline.id, before.row.fence);
    const grant = grants.get(grantName(name, token))?.[0];
    const end = grant === undefined ? undefined : ended.get(grant.session);
    const isOver =
      grant === undefined ||
      (end !== undefined && end.start < append.start) ||
      isUnknownEnd(history, grant.session, append.start);
    if (!isOver)
      return violation(`an attempt of ${timeline.id} was declared lost while its session lived`, before.append, append);
  }
  return null;
});

/** Somebody tried to end it, and nobody knows what came of it. */
const isUnknownEnd = (history: History, session: string, before: number): boolean =>
  history
    .of('sessionEnd')
    .some(({ given, outcome, start }) => given.id === session && outcome === 'info' && start < before);

const retriesKeepTheirBounds = eachJob((timeline, history) => {
  // A worker's idea of the store's time moves when it measures again.
  const toleranceMs = history.skewMs + MEASURED_WITHIN_MS;
  for (const { row, append } of timeline.attempts) {
    const before = truthBelow(timeline, row.fence, append.start);
    if (row.state === 'running' && before !== null) {
      const isReplay = isTerminal(before.row.state);
      const isClear = unacknowledgedBetween(timeline, before, { row, append }).length === 0;
      if (!isReplay && isClear && row.attempt !== attemptsUsed(before.row) + 1) {
        return violation(
          `job ${timeline.id}: attempt ${row.attempt} follows ${before.row.attempt} (${before.row.state})`,
          before.append,
          append,
        );
      }
      if (before.row.nextDueMs !== null && row.startedMs < before.row.nextDueMs - toleranceMs) {
        return violation(`job ${timeline.id} was retried before it was due`, before.append, append);
      }
    }
  }
  for (const run of timeline.runs) {
    if (run.given.attempt > run.given.maxAttempts) {
      return violation(`job ${timeline.id} ran attempt ${run.given.attempt} of ${run.given.maxAttempts}`, run);
    }
  }
  for (const letter of timeline.letters) {
    const dead = letter.given.find(({ job }) => job.jobId === timeline.id);
    if (dead !== undefined && dead.attempts < (dead.job.spec.maxAttempts ?? 0)) {
      return violation(`job ${timeline.id} is a dead letter after ${dead.attempts} attempts`, letter);
    }
  }
  return null;
});

const neverEarly = eachJob((timeline, history) => {
  for (const run of timeline.runs) {
    const earlyMs = jobDueMs(timeline.id) - (history.startWallMs + run.startMs);
    const isHurried = timeline.pointers.some(({ row }) => row.op === 'reschedule' || row.op === 'replay');
    if (earlyMs > history.skewMs + MEASURED_WITHIN_MS && !isHurried) {
      return violation(`job ${timeline.id} ran ${Math.round(earlyMs)} ms before it was due`, run);
    }
  }
  return null;
});

const jobs = (history: History): number => history.of('submit').filter(({ outcome }) => outcome === 'ok').length;
const runs = (history: History): number => history.of('run').length;
const rewrites = (history: History): number =>
  [...timelinesOf(history).values()].filter(({ attempts }) => new Set(attempts.map(({ row }) => row.fence)).size > 1)
    .length;
const orders = (history: History): number =>
  history.of('append').filter(({ given }) => (given.pointers ?? []).some(({ fence }) => fence !== NO_FENCE)).length;

export const JOB_CHECKERS: readonly Checker[] = [
  {
    invariant: 'I2',
    claim: 'the truth of a job never goes back',
    subjects: rewrites,
    subjectsMin: 3,
    check: eachJob(truthNeverGoesBack),
  },
  {
    invariant: 'I3',
    claim: 'what leads on is durable first, and nothing unfinished is deleted',
    subjects: rewrites,
    subjectsMin: 3,
    check: (history) => eachJob(leadsComeFirst)(history) ?? deletedOnlyWhenOver(history),
  },
  {
    invariant: 'I4',
    claim: 'a handler starts after its attempt row is acknowledged',
    subjects: runs,
    subjectsMin: 10,
    check: startsAfterItsRow,
  },
  {
    invariant: 'I5',
    claim: 'only a pointer to the present truth is obeyed',
    subjects: orders,
    subjectsMin: 3,
    check: claimsFollowTheTruth,
  },
  { invariant: 'J1', claim: 'no acknowledged job is lost', subjects: jobs, subjectsMin: 10, check: nothingIsLost },
  {
    invariant: 'J3',
    claim: 'every extra run is explained',
    subjects: rewrites,
    subjectsMin: 3,
    check: extraRunsAreExplained,
  },
  {
    invariant: 'J4',
    claim: 'retries keep their bounds',
    subjects: rewrites,
    subjectsMin: 3,
    check: retriesKeepTheirBounds,
  },
  { invariant: 'J5', claim: 'nothing is stuck at the end', subjects: jobs, subjectsMin: 10, check: nothingIsStuck },
  { invariant: 'J6', claim: 'nothing runs early', subjects: runs, subjectsMin: 10, check: neverEarly },
];
