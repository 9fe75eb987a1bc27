// Locks: I1, I8, L1, L2, L5, F1.
import type { History, Operation } from '../history/history.ts';
import { fenceGrant, type Grant, grantName, Newest, possessionOf } from './grants.ts';
import { type Checker, type Violation, violation } from './verdict.ts';

/** Something that a process did because it believed to own a lock. */
interface Act {
  readonly name: string;
  readonly token: number;
  readonly at: number;
  readonly operation: Operation;
}

/** Handlers started, claims and lost rows sent, and what lock clients did. */
const actsOf = (history: History): readonly Act[] => {
  const acts: Act[] = [];
  for (const operation of history.operations) {
    if (operation.f === 'hold' && operation.outcome === 'ok') {
      acts.push({ ...(operation as Operation<'hold'>).given, at: operation.start, operation });
    }
    if (operation.f === 'run') {
      const { id, fence } = (operation as Operation<'run'>).given;
      acts.push({ ...fenceGrant(id, fence), at: operation.start, operation });
    }
    if (operation.f === 'append') {
      for (const { jobId, fence, state } of (operation as Operation<'append'>).given.attempts ?? []) {
        if (state !== 'running' && state !== 'lost') continue;
        acts.push({ ...fenceGrant(jobId, fence), at: operation.start, operation });
      }
    }
  }
  return acts;
};

/** Who comes later than the next owner acts as a zombie. */
const onlyOneOwner = (history: History): Violation | null => {
  const { grants } = possessionOf(history);
  const newest = new Newest(history);
  for (const act of actsOf(history).toSorted((left, right) => left.at - right.at)) {
    const owner = newest.before(act.name, act.at);
    if (owner === undefined || owner.token <= act.token) continue;
    const own = grants.get(grantName(act.name, act.token))?.[0];
    const why = `acted for ${act.name} under token ${act.token}, but ${owner.who} had been granted token ${owner.token}`;
    return violation(why, own?.take, owner.take, act.operation);
  }
  return flushedAfterEnd(history);
};

/** Outcomes, too, are written only while the session is trusted: nobody may have ended it by then. */
const flushedAfterEnd = (history: History): Violation | null => {
  const { grants, ended } = possessionOf(history);
  for (const append of history.of('append')) {
    for (const { jobId, fence } of append.given.attempts ?? []) {
      const { name, token } = fenceGrant(jobId, fence);
      const grant = grants.get(grantName(name, token))?.find(({ who }) => who === append.who);
      const end = grant === undefined ? undefined : ended.get(grant.session);
      if (grant === undefined || end === undefined || end.end >= append.start) continue;
      return violation(`wrote an attempt row for ${name} after its session was ended`, grant.take, end, append);
    }
  }
  return null;
};

/** A lock is taken from a session that lives only after somebody ended it. */
const takenFromTheLiving = (history: History): Violation | null => {
  const ends = new Map<string, Operation<'sessionEnd'>>();
  for (const end of history.of('sessionEnd')) if (!ends.has(end.given.id)) ends.set(end.given.id, end);
  for (const grant of possessionOf(history).inOrder) {
    const from = grant.take.given.expected?.session ?? null;
    if (from === null || from === grant.session) continue;
    const end = ends.get(from);
    if (end === undefined || end.start > grant.take.start) {
      return violation(`${grant.name} was taken from a session that nobody had ended`, end, grant.take);
    }
  }
  return null;
};

/** Nobody acts under a token that was not confirmed to be granted to him. */
const neverOnAGuess = (history: History): Violation | null => {
  const { grants } = possessionOf(history);
  for (const act of actsOf(history)) {
    const grant = grants.get(grantName(act.name, act.token))?.find(({ who }) => who === act.operation.who);
    if (grant === undefined || grant.known > act.at) {
      return violation(`acted for ${act.name} under token ${act.token} without a confirmed grant`, act.operation);
    }
  }
  return null;
};

/** From the first to the last time that it certainly held: an answer may come when the lock has long passed on. */
const holdsDoNotOverlap = (history: History): Violation | null => {
  const held = new Map<string, { readonly name: string; readonly from: Operation<'hold'>; to: Operation<'hold'> }>();
  for (const hold of history.of('hold')) {
    if (hold.outcome !== 'ok') continue;
    const key = `${grantName(hold.given.name, hold.given.token)}/${hold.who}`;
    const entry = held.get(key);
    if (entry === undefined) held.set(key, { name: hold.given.name, from: hold, to: hold });
    else entry.to = hold;
  }
  const last = new Map<string, { readonly from: Operation<'hold'>; readonly to: Operation<'hold'> }>();
  for (const entry of held.values()) {
    const before = last.get(entry.name);
    if (before !== undefined && before.to.start > entry.from.start) {
      return violation(`two held ${entry.name} at the same time`, before.from, entry.from, before.to);
    }
    if (before === undefined || entry.to.start > before.to.start) last.set(entry.name, entry);
  }
  return null;
};

const tokensGrow = (history: History): Violation | null => {
  const { grants, inOrder } = possessionOf(history);
  for (const same of grants.values()) {
    const [first, second] = same;
    if (first !== undefined && second !== undefined) {
      return violation(`token ${first.token} of ${first.name} was granted twice`, first.take, second.take);
    }
  }
  const acquired = new Map<string, Operation>();
  for (const acquire of history.of('acquire')) {
    if (acquire.outcome !== 'ok' || acquire.result === null) continue;
    const key = grantName(acquire.given.name, acquire.result);
    const before = acquired.get(key);
    if (before !== undefined) return violation(`token ${acquire.result} was handed out twice`, before, acquire);
    acquired.set(key, acquire as unknown as Operation);
  }
  const highest = new Map<string, Grant>();
  for (const grant of inOrder) {
    const before = highest.get(grant.name);
    if (before !== undefined && before.known < grant.take.start && before.token >= grant.token) {
      return violation(`tokens of ${grant.name} went from ${before.token} to ${grant.token}`, before.take, grant.take);
    }
    if (before === undefined || grant.token > before.token) highest.set(grant.name, grant);
  }
  return null;
};

/** After the faults, in time, somebody acquires each lock that anybody ever acquired. */
const locksComeBack = (history: History): Violation | null => {
  const acquired = history.of('acquire').filter(({ outcome, result }) => outcome === 'ok' && result !== null);
  for (const name of new Set(acquired.map(({ given }) => given.name))) {
    const isBack = acquired.some(({ given, endMs }) => given.name === name && endMs > history.healedMs);
    if (!isBack) return violation(`nobody acquired ${name} after everything was mended`);
  }
  return null;
};

const effectsAreFenced = (history: History): Violation | null => {
  const highest = new Map<string, Operation<'effect'>>();
  for (const effect of history.of('effect')) {
    if (effect.result !== 'accepted') continue;
    const before = highest.get(effect.given.resource);
    if (before !== undefined && before.given.token > effect.given.token) {
      return violation('a resource accepted a lower token after a higher one', before, effect);
    }
    highest.set(effect.given.resource, effect);
  }
  return null;
};

const grantCount = (history: History): number => possessionOf(history).inOrder.length;
const countOf =
  (f: Operation['f']) =>
  (history: History): number =>
    history.of(f).length;
export const LOCK_CHECKERS: readonly Checker[] = [
  {
    invariant: 'I1',
    claim: 'no two processes act for the same lock at any instant',
    subjects: grantCount,
    subjectsMin: 3,
    check: (history) => onlyOneOwner(history) ?? takenFromTheLiving(history),
  },
  {
    invariant: 'I8',
    claim: 'nobody acts on an unknown outcome',
    subjects: (history) => history.of('lockTake').filter(({ outcome }) => outcome === 'info').length,
    subjectsMin: 1,
    check: neverOnAGuess,
  },
  {
    invariant: 'L1',
    claim: 'mutual exclusion',
    subjects: countOf('hold'),
    subjectsMin: 20,
    check: holdsDoNotOverlap,
  },
  { invariant: 'L2', claim: 'tokens are unique and grow', subjects: grantCount, subjectsMin: 3, check: tokensGrow },
  {
    invariant: 'L5',
    claim: 'after the faults locks can be had again',
    subjects: countOf('acquire'),
    subjectsMin: 20,
    check: locksComeBack,
  },
  {
    invariant: 'F1',
    claim: 'a resource that checks tokens never goes back',
    subjects: (history) => history.of('effect').filter(({ result }) => result === 'stale').length,
    subjectsMin: 1,
    check: effectsAreFenced,
  },
];
