// Watches other processes' sessions and ends one whose beat has not moved for its lease and a margin, measured on this
// process's own monotonic clock (I7). The compare-and-set on the beat makes sure that it was really not renewed. A process that
// wants many locks of one session looks at it once: linearizable requests for one row get in each other's way.
//
// Beats that are heard of otherwise (the member list carries them) spare the linearizable read of sessions that are well. A
// beat is announced after it was sent, so hearing of it late makes the watcher wait longer, never shorter.
import { makeOperationId, type Random, type SessionId } from '../model/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventSink } from '../ports/events.ts';
import type { LockStore } from '../ports/store.ts';
import { leaseMarginMs } from './session.ts';

/** Sessions remembered; those heard of longest ago go first, and are watched from the start again. */
const SEEN_MAX = 10_000;

/** How long a watcher must see no renewal before he may end a session, ms. */
export const endsAfterMs = (leaseMs: number): number => leaseMs + leaseMarginMs(leaseMs);

export interface WatcherDeps {
  readonly store: LockStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventSink;
}

interface Seen {
  readonly beat: number;
  readonly sinceMs: number;
  /** When it may be ended unless the beat moves; null: nobody has looked at its lease. */
  endsMs: number | null;
}

export class Watcher {
  readonly #deps: WatcherDeps;
  /** Looks under way: whoever asks meanwhile gets the same answer, which is never too early a "yes". */
  readonly #looks = new Map<SessionId, Promise<boolean>>();
  /** Last beat seen of each session and when it was first seen. */
  readonly #seen = new Map<SessionId, Seen>();

  constructor(deps: WatcherDeps) {
    this.#deps = deps;
  }

  /** Somebody says that the session has come to this beat. May be old news. */
  hear(id: SessionId, beat: number): void {
    const seen = this.#seen.get(id);
    if (seen === undefined || beat > seen.beat) this.#see(id, beat);
  }

  /** Whether nothing was heard of it for so long, ms: time to look at it. */
  isSilent(id: SessionId, ms: number): boolean {
    const seen = this.#seen.get(id);
    return seen === undefined || this.#deps.clock.monotonicMs() - seen.sinceMs >= ms;
  }

  /** How long until the next of those that were looked at may be ended, ms; Infinity: none. */
  nextEndMs(): number {
    const nowMs = this.#deps.clock.monotonicMs();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { endsMs } of this.#seen.values()) {
      if (endsMs !== null && endsMs > nowMs) nextMs = Math.min(nextMs, endsMs - nowMs);
    }
    return nextMs;
  }

  /** True once the session is certainly over. Call it again and again: a dead one is ended after its lease and margin. */
  isEnded(id: SessionId): Promise<boolean> {
    const look = this.#looks.get(id) ?? this.#look(id).finally(() => this.#looks.delete(id));
    this.#looks.set(id, look);
    return look;
  }

  async #look(id: SessionId): Promise<boolean> {
    const { store, clock, random, events } = this.#deps;
    const row = await store.sessionGet(id);
    if (row === null || !row.live) return this.#forget(id);
    const seen = this.#seen.get(id);
    if (seen === undefined || seen.beat !== row.beat) {
      this.#see(id, row.beat);
      return false;
    }
    seen.endsMs = seen.sinceMs + endsAfterMs(row.leaseMs);
    if (clock.monotonicMs() < seen.endsMs) return false;
    const operationId = makeOperationId(random);
    const outcome = await store.sessionEnd({ id, beat: row.beat, operationId });
    const after = outcome === 'applied' ? null : await store.sessionGet(id);
    const isOver = after === null || !after.live;
    // Of several that end it one did; without an answer, it is the operation in the row that says who.
    const isMine = outcome === 'applied' || after?.operationId === operationId;
    if (isMine) events.emit({ type: 'session.expired', session: id });
    return isOver && this.#forget(id);
  }

  #see(id: SessionId, beat: number): void {
    this.#seen.delete(id);
    this.#seen.set(id, { beat, sinceMs: this.#deps.clock.monotonicMs(), endsMs: null });
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > SEEN_MAX && oldest !== undefined) this.#seen.delete(oldest);
  }

  #forget(id: SessionId): true {
    this.#seen.delete(id);
    return true;
  }
}
