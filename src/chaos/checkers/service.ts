// What users of a real run are promised beyond safety: it serves (A1), it recovers (A2), its backlog drains (A3); and that the run
// could have shown anything at all (S2).
import { isTerminal } from '../../core/model/job.ts';
import type { History, Operation } from '../history/history.ts';
import { type Checker, type Violation, violation } from './verdict.ts';

/** Client operations that must have succeeded while something was broken. */
const DURING_MIN = 20;
/** Submissions after everything was mended. */
const AFTER_MIN = 10;
/** Clients are served as before once all submissions of such a window succeed, half of them about as quickly as before, ms. */
const WINDOW_MS = 5_000;
const SLOWER_MAX = 3;
/** Whatever is quicker than this is quick, ms. */
const QUICK_MS = 250;

/** Of the workload: what came before it was only to see whether it serves. */
const submissions = (history: History): readonly Operation<'submit'>[] =>
  history
    .of('submit')
    .filter(({ startMs }) => startMs >= 0)
    .toSorted((left, right) => left.startMs - right.startMs);

const isOk = ({ outcome }: Pick<Operation, 'outcome'>): boolean => outcome === 'ok';

const neverAwayForLong = (history: History): Violation | null => {
  const limitMs = history.promised?.unavailableMs ?? Number.POSITIVE_INFINITY;
  const all = submissions(history);
  const ended = all.filter(isOk).toSorted((left, right) => left.endMs - right.endMs);
  const lastMs = all.at(-1)?.startMs ?? 0;
  const edges: readonly (Operation<'submit'> | undefined)[] = [...ended, undefined];
  let before = all[0];
  for (const each of edges) {
    const gapMs =
      Math.min(each?.endMs ?? lastMs, lastMs) - (before === all[0] ? (before?.startMs ?? 0) : (before?.endMs ?? 0));
    if (gapMs > limitMs) {
      return violation(`no submission succeeded for ${Math.round(gapMs)} ms, promised were ${limitMs}`, before, each);
    }
    before = each;
  }
  return null;
};

const servesAsBefore = (history: History): Violation | null => {
  const { healedMs, promised } = history;
  const all = submissions(history);
  const firstFaultMs = Math.min(...history.of('fault').map(({ startMs }) => startMs));
  const usualMs = medianMs(all.filter((each) => isOk(each) && each.endMs < firstFaultMs));
  const after = all.filter(({ startMs }) => startMs >= healedMs);
  const limitMs = promised?.recoveredMs ?? Number.POSITIVE_INFINITY;
  const isServed = (fromMs: number): boolean => {
    const window = after.filter(({ startMs }) => startMs >= fromMs && startMs < fromMs + WINDOW_MS);
    return window.length > 0 && window.every(isOk) && medianMs(window) <= Math.max(QUICK_MS, SLOWER_MAX * usualMs);
  };
  if (after.length < AFTER_MIN) return null; // it cannot be told
  const lastMs = after.at(-1)?.startMs ?? 0;
  for (const { startMs } of after) {
    if (startMs - healedMs > limitMs || startMs + WINDOW_MS > lastMs) break;
    if (isServed(startMs)) return null;
  }
  return violation(
    `clients were not served as before within ${limitMs} ms after everything was mended`,
    after[0],
    after.at(-1),
  );
};

const medianMs = (operations: readonly Operation<'submit'>[]): number => {
  const sorted = operations.map(({ startMs, endMs }) => endMs - startMs).toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.POSITIVE_INFINITY;
};

const backlogDrains = (history: History): Violation | null => {
  const limitMs = history.promised?.recoveredMs ?? Number.POSITIVE_INFINITY;
  const lastDueMs = Math.max(
    0,
    ...submissions(history).map(({ given, endMs }) =>
      Math.max(endMs === Number.POSITIVE_INFINITY ? 0 : endMs, given.dueMs - history.startWallMs),
    ),
  );
  const outcomes = history
    .of('append')
    .filter(({ given, outcome }) => outcome === 'ok' && (given.attempts ?? []).some(({ state }) => isTerminal(state)));
  const last = outcomes.toSorted((left, right) => left.endMs - right.endMs).at(-1);
  const tookMs = (last?.endMs ?? 0) - Math.max(lastDueMs, Math.min(history.healedMs, Number.MAX_SAFE_INTEGER));
  if (tookMs <= limitMs) return null;
  return violation(
    `the last job was over ${Math.round(tookMs)} ms after the last one was due, promised were ${limitMs}`,
    last,
  );
};

/** Every fault was seen to be in effect. */
const hadPower = (history: History): Violation | null => {
  const seen = new Set(history.of('seen').map(({ given }) => `${given.kind}/${given.about}`));
  const blind = history.of('fault').find(({ given }) => !seen.has(`${given.kind}/${given.about}`));
  return blind === undefined
    ? null
    : violation(`nothing was seen of ${blind.given.kind} of ${blind.given.about}`, blind);
};

/** What clients asked, and were answered, while something was broken. */
const servedDuring = (history: History): number => {
  const faults = history.of('fault');
  const asked = [...history.of('submit'), ...history.of('acquire'), ...history.of('effect')] as readonly Operation[];
  return asked.filter(
    ({ outcome, endMs }) => outcome === 'ok' && faults.some((fault) => fault.startMs <= endMs && endMs <= fault.endMs),
  ).length;
};

const submitted = (history: History): number => history.of('submit').filter(isOk).length;

export const SERVICE_CHECKERS: readonly Checker[] = [
  {
    invariant: 'A1',
    claim: 'submissions succeed, never longer without than promised',
    subjects: submitted,
    subjectsMin: DURING_MIN,
    check: neverAwayForLong,
  },
  {
    invariant: 'A2',
    claim: 'after the faults clients are served as before, as soon as promised',
    subjects: (history) => submissions(history).filter(({ startMs }) => startMs >= history.healedMs).length,
    subjectsMin: AFTER_MIN,
    check: servesAsBefore,
  },
  {
    invariant: 'A3',
    claim: 'the backlog drains as soon as promised',
    subjects: submitted,
    subjectsMin: DURING_MIN,
    check: backlogDrains,
  },
];

/** Not a promise of the product: a run that does not hold this has shown nothing. */
export const POWER: Checker = {
  invariant: 'S2',
  claim: 'every fault was seen in effect, and clients were served meanwhile',
  subjects: servedDuring,
  subjectsMin: DURING_MIN,
  check: hadPower,
};
