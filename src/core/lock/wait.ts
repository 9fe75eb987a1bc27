// Waiting for a lock: looks until it may be taken, then tries. A lock has no expiry of its own: it passes on once its
// session has ended, and a session that nobody renews is ended by whoever has watched it for its lease and a margin, on
// his own clock (I7). So a look that does not wait can take a free lock, never an abandoned one, and says so.
import { conflictError, EXIT, errorText, JobctlError, unavailableError } from '../model/errors.ts';
import type { Random } from '../model/ids.ts';
import type { SessionRow } from '../model/lock.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventSink } from '../ports/events.ts';
import type { LockStore } from '../ports/store.ts';
import { type LockView, lockLook, lockView } from './lock-view.ts';
import { shownLockName } from './name.ts';
import { endsAfterMs, Watcher } from './watcher.ts';

/** First and longest wait between two looks, ms: a freed lock is noticed within the longest. */
const POLL_FIRST_MS = 50;
const POLL_MAX_MS = 500;

export interface LockWaitDeps {
  readonly store: LockStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventSink;
}

export interface LockWaitOptions {
  /** As in the store. */
  readonly name: string;
  /** 0 tries once. */
  readonly waitMs: number;
  /** Ends the wait with INTERRUPTED. */
  readonly signal?: AbortSignal | undefined;
  /** Called once, when it is seen that somebody else holds it. */
  readonly onHeld?: ((holder: LockView) => void) | undefined;
}

/** What it takes to ask for a lock, however it is held then. */
export interface LockRequest extends LockWaitOptions {
  /** How long the holder may go unheard of before others may take over, ms. */
  readonly leaseMs: number;
  /** For people. */
  readonly note: string;
  /** For people: which process this is. */
  readonly address: string;
}

/** `attempt` is called whenever the lock may be taken. Throws LOCK_HELD, INTERRUPTED, or the store's retryable error. */
export const lockWait = async <Held>(
  deps: LockWaitDeps,
  options: LockWaitOptions,
  attempt: (watcher: Watcher) => Promise<Attempt<Held>>,
): Promise<Held> => {
  const { clock, random } = deps;
  const watcher = new Watcher(deps);
  const endsMs = clock.monotonicMs() + options.waitMs;
  const held = announcer(options.onHeld);
  for (let pollMs = POLL_FIRST_MS; ; pollMs = Math.min(pollMs * 2, POLL_MAX_MS)) {
    if (options.signal?.aborted) throw interrupted(options);
    const round = await oneRound(deps, options.name, watcher, attempt);
    if (round.kind === 'acquired') return round.held;
    const leftMs = endsMs - clock.monotonicMs();
    if (leftMs <= 0) throw round.kind === 'failed' ? round.error : await heldError(deps, options);
    if (round.kind === 'held')
      await held(async () => lockView(await lockLook(deps.store, options.name), clock.wallMs()));
    // Contenders that were turned away together do not come back together.
    const jitterMs = (pollMs / 2) * (random.uint32() / 2 ** 32);
    await clock.sleep(Math.min(pollMs / 2 + jitterMs, leftMs), options.signal);
  }
};

export type Attempt<Held> =
  | { readonly kind: 'acquired'; readonly held: Held }
  | { readonly kind: 'held' }
  /** No answer; whatever came of it was given up. */
  | { readonly kind: 'unknown' };

type Round<Held> =
  | { readonly kind: 'acquired'; readonly held: Held }
  | { readonly kind: 'held' }
  /** The store did not answer: the same may succeed later. */
  | { readonly kind: 'failed'; readonly error: JobctlError };

const oneRound = async <Held>(
  { store }: LockWaitDeps,
  name: string,
  watcher: Watcher,
  attempt: (watcher: Watcher) => Promise<Attempt<Held>>,
): Promise<Round<Held>> => {
  try {
    const owner = (await store.lockGet(name))?.session ?? null;
    if (owner !== null && !(await watcher.isEnded(owner))) return { kind: 'held' };
    const tried = await attempt(watcher);
    return tried.kind === 'unknown' ? { kind: 'failed', error: unconfirmed(name) } : tried;
  } catch (error) {
    if (error instanceof JobctlError && error.retryable) return { kind: 'failed', error };
    throw error;
  }
};

/** Says once who is waited for; that is worth no failure. */
const announcer = (onHeld: LockWaitOptions['onHeld']) => {
  let isSaid = onHeld === undefined;
  return async (look: () => Promise<LockView>): Promise<void> => {
    if (isSaid) return;
    try {
      const holder = await look();
      if (holder.state === 'free') return;
      isSaid = true;
      onHeld?.(holder);
    } catch (error) {
      if (!(error instanceof JobctlError)) throw error;
    }
  };
};

const unconfirmed = (name: string): JobctlError =>
  unavailableError('STORE_UNAVAILABLE', `the store did not confirm the lock "${shownLockName(name)}"`, {
    detail: 'no answer in time; if it was taken after all, it is free again once its lease has run out',
    hint: 'try again, with --wait to go on trying',
  });

const interrupted = ({ name, signal }: LockWaitOptions): JobctlError => {
  const exitCode = signal?.reason === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted;
  const reason = typeof signal?.reason === 'string' ? signal.reason : errorText(signal?.reason);
  return new JobctlError(
    'INTERRUPTED',
    exitCode,
    `no longer waiting for the lock "${shownLockName(name)}" (${reason})`,
    {
      hint: 'nothing was taken; repeat it',
    },
  );
};

/** Who holds it, since when he was last heard of, and what can be done. */
const heldError = async ({ store, clock }: LockWaitDeps, { name, waitMs }: LockWaitOptions): Promise<JobctlError> => {
  const shown = shownLockName(name);
  const look = await lockLook(store, name);
  const { owner, note, token } = lockView(look, clock.wallMs());
  if (look.session === null) {
    return conflictError('LOCK_HELD', `the lock "${shown}" went to somebody else, who has given it back since`, {
      hint: 'try again, with --wait to go on trying',
    });
  }
  const after = waitMs > 0 ? ` after ${seconds(waitMs)} of waiting` : '';
  return conflictError('LOCK_HELD', `the lock "${shown}" is held by ${owner} (token ${token})${after}`, {
    detail: [...(note === null ? [] : [`note: ${note}`]), ...renewal(look.session, clock.wallMs())].join('\n'),
    hint: `--wait ${enoughWait(look.session.leaseMs)} is enough if its holder is gone; see it with \`jobctl lock get ${shown}\``,
  });
};

const renewal = ({ leaseMs, untilMs }: SessionRow, nowMs: number): readonly string[] => {
  const agoMs = nowMs - (untilMs - leaseMs);
  const seen = agoMs < 0 ? 'just now' : `${seconds(agoMs)} ago`;
  return [
    `last renewed ${seen}, for ${seconds(leaseMs)}; unless it is renewed again, whoever waits gets it after watching it for ${seconds(endsAfterMs(leaseMs))}`,
  ];
};

/** A whole number of seconds that covers watching, and looks that come late. */
const enoughWait = (leaseMs: number): string => `${Math.ceil((endsAfterMs(leaseMs) + 2 * POLL_MAX_MS) / 1_000)}s`;
const seconds = (ms: number): string => (ms < 10_000 ? `${Math.round(ms / 100) / 10}s` : `${Math.round(ms / 1_000)}s`);
