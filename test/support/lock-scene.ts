// Locks in virtual time, on the embedded store in memory: what the tests of lock clients have in common. The answers of the
// store can be bent, as a network bends them.

import { seededRandom } from '../../src/chaos/seeded-random.ts';
import { userLockName } from '../../src/core/lock/name.ts';
import { Session } from '../../src/core/lock/session.ts';
import type { LockWaitDeps } from '../../src/core/lock/wait.ts';
import type { CasOutcome } from '../../src/core/model/lock.ts';
import type { Event } from '../../src/core/ports/events.ts';
import type { Store } from '../../src/core/ports/store.ts';
import { openStore } from '../../src/store/open.ts';
import { VirtualClock } from './virtual-clock.ts';

export const LEASE_MS = 10_000;
export const NAME = userLockName('nightly');

type Bent = 'lockTake' | 'lockRelease' | 'sessionRenew' | 'sessionEnd';

export interface Bend {
  readonly applied: boolean;
  readonly answer: CasOutcome;
}

export class LockScene implements AsyncDisposable {
  readonly clock: VirtualClock;
  readonly store: Store;
  readonly events: Event[] = [];
  /** What the next calls of an operation do and answer; then it works as usual. */
  readonly bends: Record<Bent, Bend[]> = { lockTake: [], lockRelease: [], sessionRenew: [], sessionEnd: [] };
  /** Every read fails with this while it is set. */
  outage: Error | null = null;
  #seed = 0;

  private constructor(clock: VirtualClock, real: Store) {
    this.clock = clock;
    this.store = {
      ...real,
      lockTake: (change) => this.#bent('lockTake', () => real.lockTake(change)),
      lockRelease: (change) => this.#bent('lockRelease', () => real.lockRelease(change)),
      sessionRenew: (change) => this.#bent('sessionRenew', () => real.sessionRenew(change)),
      sessionEnd: (change) => this.#bent('sessionEnd', () => real.sessionEnd(change)),
      lockGet: (name) => (this.outage === null ? real.lockGet(name) : Promise.reject(this.outage)),
    };
  }

  static async open(): Promise<LockScene> {
    const clock = new VirtualClock();
    return new LockScene(clock, await openStore('sqlite::memory:', { wallMs: () => clock.wallMs() }));
  }

  /** For a process of its own. */
  deps(): LockWaitDeps {
    this.#seed += 1;
    const { store, clock, events } = this;
    return { store, clock, random: seededRandom(this.#seed), events: { emit: (event) => events.push(event) } };
  }

  /** Moves time on until the work is done; resolves with how long that took. */
  async during<Result>(
    work: Promise<Result>,
    limitMs = 120_000,
  ): Promise<{ readonly result: Result; readonly tookMs: number }> {
    const startMs = this.clock.monotonicMs();
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    done.catch(() => {});
    await this.clock.advanceUntil(() => isDone, limitMs);
    return { result: await done, tookMs: this.clock.monotonicMs() - startMs };
  }

  async settled<Result>(work: Promise<Result>): Promise<Result> {
    return (await this.during(work)).result;
  }

  session(): Promise<Session> {
    return this.settled(Session.open(this.deps(), { leaseMs: LEASE_MS, role: 'lock', address: 'other' }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store[Symbol.asyncDispose]();
  }

  async #bent(name: Bent, call: () => Promise<CasOutcome>): Promise<CasOutcome> {
    const bend = this.bends[name].shift();
    if (bend === undefined) return call();
    if (bend.applied) await call();
    return bend.answer;
  }
}
