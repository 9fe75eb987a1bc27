// A session: the life of one process in the store, renewed by compare-and-set. Everything a process owns hangs on it.
//
// 1. Trust ends at (monotonic time before the confirmed renewal was sent) + lease - margin. No answer, no trust (I7).
// 2. One compare-and-set in flight. An unknown outcome is settled by a linearizable read: my operation id there means
//    applied; a higher beat without it is an older request of mine that came late and gives no trust (I8).
// 3. A session that is ended, or whose trust ran out, is lost for good: the process opens a new one, never revives it.

import { Loop } from '../loop.ts';
import { unavailableError } from '../model/errors.ts';
import { makeOperationId, makeSessionId, type Random, type SessionId } from '../model/ids.ts';
import type { CasOutcome } from '../model/lock.ts';
import type { Clock, MonotonicMs } from '../ports/clock.ts';
import type { EventSink } from '../ports/events.ts';
import type { LockStore } from '../ports/store.ts';

/** Renewals per lease: two may fail before trust ends. */
const RENEWALS_PER_LEASE = 3;
/** Share of a lease that holder and watcher each give up, so that clocks running 5 % apart still agree (protocol.md). */
const MARGIN_SHARE = 0.1;
/** Tries to open a session before its caller gets the error. */
const OPEN_TRIES_MAX = 5;
/** Wait after a renewal without an answer, as a share of the lease. */
const RETRY_SHARE = 0.05;

export const leaseMarginMs = (leaseMs: number): number => leaseMs * MARGIN_SHARE;

export interface SessionDeps {
  readonly store: LockStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventSink;
}

export interface SessionOptions {
  readonly leaseMs: number;
  readonly role: string;
  readonly address: string;
}

export class Session {
  readonly id: SessionId;
  readonly leaseMs: number;
  readonly #deps: SessionDeps;
  readonly #lost = new AbortController();
  readonly #loop: Loop;
  #beat = 0;
  #isNew = true;
  #trustedUntilMs: number;
  #cancelExpiry: () => void = () => {};
  /** Called after each confirmed renewal. */
  onRenewed: () => void = () => {};

  private constructor(deps: SessionDeps, options: SessionOptions, id: SessionId, sentMs: MonotonicMs) {
    this.#deps = deps;
    this.id = id;
    this.leaseMs = options.leaseMs;
    this.#trustedUntilMs = 0;
    this.#loop = new Loop({ name: 'session', clock: deps.clock, events: deps.events, step: () => this.#renew() });
    this.#trustFrom(sentMs);
  }

  /** Opens a session and keeps renewing it. Throws a retryable error when the store does not confirm it. */
  static async open(deps: SessionDeps, options: SessionOptions): Promise<Session> {
    const { store, clock, random, events } = deps;
    for (let tried = 1; tried <= OPEN_TRIES_MAX; tried += 1) {
      const id = makeSessionId(random);
      const sentMs = clock.monotonicMs();
      const untilMs = clock.wallMs() + options.leaseMs;
      const row = { id, live: true, beat: 0, operationId: makeOperationId(random), untilMs, ...options };
      if ((await store.sessionInsert(row)) !== 'applied') continue; // perhaps applied: nobody trusts it, nobody renews it
      events.emit({ type: 'session.opened', session: id });
      const session = new Session(deps, options, id, sentMs);
      session.#loop.start();
      return session;
    }
    throw unavailableError('STORE_UNAVAILABLE', `the store did not confirm a session in ${OPEN_TRIES_MAX} tries`);
  }

  /** Aborts when the session is lost; the reason says why. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Whether this process may act on what it owns, now. Once it was false it stays so, though a late answer may come. */
  isTrusted(): boolean {
    if (this.#lost.signal.aborted) return false;
    if (this.#deps.clock.monotonicMs() < this.#trustedUntilMs) return true;
    this.#lose('the lease ran out before a renewal was confirmed');
    return false;
  }

  /** Confirmed renewals, as far as this process knows. */
  get beat(): number {
    return this.#beat;
  }

  /** Until when on this process's monotonic clock. */
  get trustedUntilMs(): number {
    return this.#trustedUntilMs;
  }

  /** Ends it in the store, so that others need not wait for the lease. Best effort: the lease does it otherwise. */
  async end(reason: string): Promise<void> {
    this.#lose(reason);
    await this.#loop.stop();
    try {
      await this.#deps.store.sessionEnd({
        id: this.id,
        beat: this.#beat,
        operationId: makeOperationId(this.#deps.random),
      });
    } catch (error) {
      this.#deps.events.emit({ type: 'loop.failed', loop: 'session.end', error, retryMs: 0 });
    }
  }

  async #renew(): Promise<number> {
    const { store, clock, random } = this.#deps;
    if (this.#isNew) {
      this.#isNew = false; // opening it was its first beat
      return this.leaseMs / RENEWALS_PER_LEASE;
    }
    const sentMs = clock.monotonicMs();
    const operationId = makeOperationId(random);
    const untilMs = clock.wallMs() + this.leaseMs;
    const outcome = await store.sessionRenew({ id: this.id, beat: this.#beat, operationId, untilMs });
    if (outcome === 'applied' || (await this.#wasApplied(operationId, outcome))) {
      if (outcome === 'applied') this.#beat += 1;
      this.#trustFrom(sentMs);
      this.onRenewed();
      return Math.max(0, this.leaseMs / RENEWALS_PER_LEASE - (clock.monotonicMs() - sentMs));
    }
    return this.leaseMs * RETRY_SHARE;
  }

  /** Reads back after anything but `applied`, and takes over the beat that is there. */
  async #wasApplied(operationId: string, outcome: CasOutcome): Promise<boolean> {
    const row = await this.#deps.store.sessionGet(this.id);
    if (row === null || !row.live) {
      this.#lose(`ended by another process (${outcome})`);
      return false;
    }
    this.#beat = row.beat;
    return row.operationId === operationId;
  }

  #trustFrom(sentMs: MonotonicMs): void {
    const { clock } = this.#deps;
    if (this.#lost.signal.aborted) return;
    this.#trustedUntilMs = sentMs + this.leaseMs - leaseMarginMs(this.leaseMs);
    this.#cancelExpiry();
    this.#cancelExpiry = clock.after(Math.max(0, this.#trustedUntilMs - clock.monotonicMs()), () => this.#expire());
  }

  #expire(): void {
    if (this.isTrusted()) this.#trustAgain();
  }

  /** A timer may fire a little early; look again. */
  #trustAgain(): void {
    this.#cancelExpiry = this.#deps.clock.after(1, () => this.#expire());
  }

  #lose(reason: string): void {
    if (this.#lost.signal.aborted) return;
    this.#cancelExpiry();
    this.#lost.abort(new Error(reason));
    this.#deps.events.emit({ type: 'session.ended', session: this.id, reason });
    void this.#loop.stop(); // a session that is lost is never renewed: nothing of it may keep the process
  }
}
