// Following a lock: what changes about it, one entry a change. Looks only, and ends no session.
import { errorText, JobctlError } from '../model/errors.ts';
import type { LockRow, SessionRow } from '../model/lock.ts';
import { isoTime } from '../model/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { LockStore } from '../ports/store.ts';
import { lockView } from './lock-view.ts';
import { shownLockName } from './name.ts';

/** Between two looks, ms. */
const LOOK_MS = 500;

export interface LockChange {
  readonly at: string;
  readonly name: string;
  /** `silent`: the beat has not moved for a lease, measured here. */
  readonly state: 'held' | 'silent' | 'free';
  /** 0 before anybody has taken it. */
  readonly token: number;
  readonly owner: string | null;
  readonly note: string | null;
  readonly session: string | null;
}

export interface LockChangesDeps {
  readonly store: LockStore;
  readonly clock: Clock;
  /** Called once an outage: the watch goes on. */
  readonly onOutage: (reason: string) => void;
}

/** Starts with the state as it is; ends when the signal aborts. Two changes within half a second may be seen as one. */
export async function* lockChanges(
  { store, clock, onOutage }: LockChangesDeps,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<LockChange> {
  const silence = new Silence(clock);
  let last = '';
  let isOut = false;
  for (; !signal.aborted; await clock.sleep(LOOK_MS, signal)) {
    try {
      const lock = await store.lockGet(name);
      const session = lock === null || lock.session === null ? null : await store.sessionGet(lock.session);
      isOut = false;
      const change = changeOf(name, lock, { session, isSilent: silence.look(session) }, clock.wallMs());
      const facts = `${change.state}/${change.token}/${change.session ?? ''}`;
      if (facts !== last) yield change;
      last = facts;
    } catch (error) {
      if (!(error instanceof JobctlError) || !error.retryable) throw error;
      if (!isOut) onOutage(errorText(error));
      isOut = true;
    }
  }
}

const changeOf = (
  name: string,
  lock: LockRow | null,
  { session, isSilent }: { readonly session: SessionRow | null; readonly isSilent: boolean },
  nowMs: number,
): LockChange => {
  const at = isoTime(nowMs);
  const nobody = { owner: null, note: null, session: null };
  const shown = shownLockName(name);
  if (lock === null) return { at, name: shown, state: 'free', token: 0, ...nobody };
  const { token } = lock;
  if (session?.live !== true) return { at, name: shown, state: 'free', token, ...nobody };
  const { owner, note } = lockView({ lock, session }, nowMs);
  return { at, name: shown, state: isSilent ? 'silent' : 'held', token, owner, note, session: session.id };
};

/** Whether the beat has stood still for a lease, on this process's own clock. */
class Silence {
  readonly #clock: Clock;
  #beat = '';
  #sinceMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  look(session: SessionRow | null): boolean {
    const nowMs = this.#clock.monotonicMs();
    const beat = `${session?.id}/${session?.beat}`;
    if (beat !== this.#beat) this.#sinceMs = nowMs;
    this.#beat = beat;
    return session !== null && nowMs - this.#sinceMs > session.leaseMs;
  }
}
