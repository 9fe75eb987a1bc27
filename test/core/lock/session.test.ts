// Sessions and locks in virtual time: trust ends before anyone may take over; nothing is adopted, nothing is revived.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/chaos/seeded-random.ts';
import { lockAcquire, lockRelease } from '../../../src/core/lock/acquire.ts';
import { Session } from '../../../src/core/lock/session.ts';
import { Watcher } from '../../../src/core/lock/watcher.ts';
import type { CasOutcome } from '../../../src/core/model/lock.ts';
import type { Store } from '../../../src/core/ports/store.ts';
import { openStore } from '../../../src/store/open.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const LEASE_MS = 10_000;
let clock: VirtualClock;
let store: Store;
/** What the next renewals answer, and whether they are applied. */
let renewals: { readonly applied: boolean; readonly answer: CasOutcome }[];

beforeEach(async () => {
  clock = new VirtualClock();
  renewals = [];
  const real = await openStore('sqlite::memory:', { wallMs: () => clock.wallMs() });
  store = {
    ...real,
    sessionRenew: async (change) => {
      const next = renewals.shift();
      if (next === undefined) return real.sessionRenew(change);
      if (next.applied) await real.sessionRenew(change);
      return next.answer;
    },
  };
});

afterEach(() => store[Symbol.asyncDispose]());

const deps = () => ({ store, clock, random: seededRandom(5), events: { emit: () => {} } });
const open = async (seed = 5): Promise<Session> =>
  Session.open({ ...deps(), random: seededRandom(seed) }, { leaseMs: LEASE_MS, role: 'worker', address: '' });
const lost = { applied: false, answer: 'unknown' } as const;

describe('trust', () => {
  test('lasts as long as renewals are confirmed', async () => {
    const session = await open();
    await clock.advance(10 * LEASE_MS);
    expect(session.isTrusted()).toBe(true);
    expect((await store.sessionGet(session.id))?.beat).toBeGreaterThanOrEqual(25);
    await session.end('test');
  });

  test('ends lease less margin after the last confirmed renewal was sent, for good', async () => {
    const session = await open();
    renewals = Array.from({ length: 1_000 }, () => lost);
    await clock.advance(8_900);
    expect(session.isTrusted()).toBe(true);
    await clock.advance(200);
    expect(session.isTrusted()).toBe(false);
    expect(session.lost.aborted).toBe(true);
    renewals = [];
    await clock.advance(LEASE_MS);
    expect(session.isTrusted()).toBe(false);
    // It kept a worker that had been a zombie from ending (chaos: zombie-worker, seed 7).
    expect(clock.timers, 'a session that is lost keeps the process').toBe(0);
  });

  test('an unknown outcome that was applied counts, one that was not gives no trust', async () => {
    const session = await open();
    renewals = [{ applied: true, answer: 'unknown' }];
    await clock.advance(4_000);
    expect(session.trustedUntilMs).toBeGreaterThan(12_000);
    const before = session.trustedUntilMs;
    renewals = [lost, lost];
    await clock.advance(3_200);
    expect(session.trustedUntilMs).toBe(before);
    await clock.advance(1_000);
    expect(session.trustedUntilMs).toBeGreaterThan(before);
    await session.end('test');
  });

  test('ends at once when somebody ended the session', async () => {
    const session = await open();
    const row = await store.sessionGet(session.id);
    if (row === null) throw new Error('unreachable');
    await clock.advance(100);
    await store.sessionEnd({ id: row.id, beat: row.beat, operationId: row.operationId });
    await clock.advance(LEASE_MS / 3);
    expect(session.isTrusted()).toBe(false);
  });
});

describe('watching', () => {
  test('a session that is renewed is never ended; a silent one is, not before its trust has run out', async () => {
    const session = await open();
    const watcher = new Watcher(deps());
    for (let second = 0; second < 30; second += 1) {
      await clock.advance(1_000);
      expect(await watcher.isEnded(session.id)).toBe(false);
    }
    renewals = Array.from({ length: 1_000 }, () => lost);
    for (let ended = false; !ended; ) {
      await clock.advance(500);
      ended = await watcher.isEnded(session.id);
      expect(ended && session.isTrusted()).toBe(false);
    }
    expect((await store.sessionGet(session.id))?.live).toBe(false);
  });

  test('a watcher knows when it may end the session of a holder that fell silent', async () => {
    const session = await open();
    const watcher = new Watcher(deps());
    expect(watcher.nextEndMs()).toBe(Number.POSITIVE_INFINITY);
    await watcher.isEnded(session.id);
    renewals = Array.from({ length: 1_000 }, () => lost);
    await clock.advance(4_000);
    expect(await watcher.isEnded(session.id)).toBe(false);
    await clock.advance(watcher.nextEndMs() - 1);
    expect(await watcher.isEnded(session.id)).toBe(false);
    await clock.advance(1);
    expect(await watcher.isEnded(session.id)).toBe(true);
    expect(watcher.nextEndMs()).toBe(Number.POSITIVE_INFINITY);
  });

  test('one look serves all who ask at a time, and an end that was not answered is known by its operation', async () => {
    const session = await open();
    let [looks, ends] = [0, 0];
    const events: string[] = [];
    const unanswered: Store = {
      ...store,
      sessionGet: (id) => {
        looks += 1;
        return store.sessionGet(id);
      },
      sessionEnd: async (change) => {
        ends += 1;
        await store.sessionEnd(change);
        return 'unknown';
      },
    };
    const watcher = new Watcher({ ...deps(), store: unanswered, events: { emit: ({ type }) => events.push(type) } });
    const askedBy = (many: number) => Promise.all(Array.from({ length: many }, () => watcher.isEnded(session.id)));
    renewals = Array.from({ length: 1_000 }, () => lost);
    expect(await askedBy(8)).toEqual(Array.from({ length: 8 }, () => false));
    expect(looks).toBe(1);
    await clock.advance(2 * LEASE_MS);
    expect(await askedBy(8)).toEqual(Array.from({ length: 8 }, () => true));
    expect({ looks, ends, events }).toEqual({ looks: 3, ends: 1, events: ['session.expired'] });
    expect((await store.sessionGet(session.id))?.live).toBe(false);
  });
});

describe('locks', () => {
  test('a held one passes on only with the end of its session, under a higher token', async () => {
    const [a, b] = [await open(1), await open(2)];
    const watcher = new Watcher(deps());
    const take = (session: Session) =>
      lockAcquire({ ...deps(), watcher }, { name: 'l', session: session.id, note: '' });
    const settled = async <Result>(work: Promise<Result>): Promise<Result> => {
      await clock.advance(0);
      return work;
    };
    expect(await settled(take(a))).toEqual({ kind: 'acquired', token: 1 });
    expect(await settled(take(b))).toEqual({ kind: 'held', by: a.id });
    await settled(a.end('test'));
    expect(await settled(take(b))).toEqual({ kind: 'acquired', token: 2 });
    await settled(lockRelease(deps(), { name: 'l', session: a.id, token: 1 as never }));
    expect((await store.lockGet('l'))?.session).toBe(b.id);
    expect(await settled(take(b))).toEqual({ kind: 'acquired', token: 3 }); // never adopted
    await settled(b.end('test'));
  });
});
