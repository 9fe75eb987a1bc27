// What every part of a worker shares under one session, and the one way in which it writes: until acknowledged, and only
// while the session is trusted.
import type { Moment } from '../job/rows.ts';
import type { Session } from '../lock/session.ts';
import type { Random } from '../model/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventSink } from '../ports/events.ts';
import type { Store } from '../ports/store.ts';
import type { StoreTime } from '../store-time.ts';

/** First and longest wait before a write is repeated, ms. */
const RETRY_FIRST_MS = 20;
const RETRY_MAX_MS = 1_000;

export interface Scope {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventSink;
  readonly time: StoreTime;
  readonly session: Session;
  /** Name of this worker, in attempt rows and the member list. */
  readonly memberId: string;
}

/** Repeats an idempotent write until it is acknowledged. False: the session ended first, and nobody knows the outcome. */
export const persist = async (scope: Scope, name: string, write: () => Promise<unknown>): Promise<boolean> => {
  for (let retryMs = RETRY_FIRST_MS; scope.session.isTrusted(); retryMs = Math.min(retryMs * 2, RETRY_MAX_MS)) {
    try {
      await write();
      return scope.session.isTrusted();
    } catch (error) {
      scope.events.emit({ type: 'loop.failed', loop: name, error, retryMs });
      await scope.clock.sleep(retryMs, scope.session.lost);
    }
  }
  return false;
};

/** Now, with a random number in [0, 1) for what is decided now. */
export const momentOf = ({ time, random }: Scope): Moment => ({
  nowMs: time.nowMs(),
  random: random.uint32() / 2 ** 32,
});
