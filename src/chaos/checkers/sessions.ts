// Sessions: nobody is ended before his time (I7), and who is ended stays so (L3).
import type { History, Operation } from '../history/history.ts';
import { Newest, possessionOf } from './grants.ts';
import { type Checker, type Violation, violation } from './verdict.ts';

type Renewal = Operation<'sessionRenew'> | Operation<'sessionInsert'>;

const notEndedEarly = (history: History): Violation | null => {
  const opened = openedOf(history);
  const renewals = renewalsOf(history);
  for (const end of endsByOthers(history)) {
    const { id, beat } = end.given;
    const renewal = renewals.get(`${id}/${beat}`);
    const leaseMs = opened.get(id)?.given.leaseMs ?? 0;
    const unheardMs = end.startMs - (renewal?.startMs ?? Number.NEGATIVE_INFINITY);
    if (unheardMs < leaseMs) {
      const why = `a session with a lease of ${leaseMs} ms was ended ${Math.round(unheardMs)} ms after a renewal was sent`;
      return violation(why, renewal, end);
    }
    const newer = renewals.get(`${id}/${beat + 1}`);
    // Of one beat there is one: whichever came first, the other had to be refused.
    if (end.result === 'applied' && newer?.result === 'applied') {
      return violation('a session was ended at a beat that had been renewed', newer, end);
    }
  }
  return null;
};

const openedOf = (history: History): ReadonlyMap<string, Operation<'sessionInsert'>> =>
  new Map(history.of('sessionInsert').map((insert) => [insert.given.id, insert]));

/** Those that were carried out, and those without an answer, which may have been. */
const endsByOthers = (history: History): readonly Operation<'sessionEnd'>[] => {
  const opened = openedOf(history);
  return history
    .of('sessionEnd')
    .filter(({ given, who, result }) => result !== 'refused' && opened.get(given.id)?.who !== who);
};

/** What led to each beat of a session: `id/beat`. Of several unanswered requests for one beat, the first. */
const renewalsOf = (history: History): ReadonlyMap<string, Renewal> => {
  const renewals = new Map<string, Renewal>();
  for (const insert of history.of('sessionInsert')) renewals.set(`${insert.given.id}/0`, insert);
  for (const renewal of history.of('sessionRenew')) {
    const beat = `${renewal.given.id}/${renewal.given.beat + 1}`;
    const isBest = renewal.outcome === 'info' ? !renewals.has(beat) : renewal.result === 'applied';
    if (isBest) renewals.set(beat, renewal);
  }
  return renewals;
};

const noZombies = (history: History): Violation | null => zombieRelease(history) ?? zombieRenewal(history);

const zombieRelease = (history: History): Violation | null => {
  const newest = new Newest(history);
  for (const release of history.of('lockRelease')) {
    const owner = newest.before(release.given.name, release.start);
    if (release.result === 'applied' && owner !== undefined && owner.token > release.given.token) {
      const why = `token ${release.given.token} was released after ${owner.token} was granted`;
      return violation(why, owner.take, release);
    }
  }
  return null;
};

const zombieRenewal = (history: History): Violation | null => {
  const { ended } = possessionOf(history);
  for (const renewal of history.of('sessionRenew')) {
    const end = ended.get(renewal.given.id);
    const isZombie = renewal.result === 'applied' && end !== undefined && end.end < renewal.start;
    if (isZombie) return violation('an ended session was renewed', end, renewal);
  }
  return null;
};

export const SESSION_CHECKERS: readonly Checker[] = [
  {
    invariant: 'I7',
    claim: 'a session is ended by others only after its lease, by their own clocks',
    subjects: (history) => endsByOthers(history).length,
    subjectsMin: 1,
    check: notEndedEarly,
  },
  {
    invariant: 'L3',
    claim: 'a zombie neither renews nor releases',
    subjects: (history) => possessionOf(history).ended.size,
    subjectsMin: 1,
    check: noZombies,
  },
];
