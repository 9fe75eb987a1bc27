// Reads what the dashboard shows, again and again, into one plain snapshot. Only what is on the screen is read, never more
// often than is asked for, and never so often that reading takes more than a fifth of the time.
import { type FleetChange, type FleetLook, fleetChanges } from '../core/fleet-changes.ts';
import { errorText } from '../core/model/errors.ts';
import type { ViewName } from '../core/model/view-name.ts';
import type { Overview } from '../core/overview.ts';
import type { Clock } from '../core/ports/clock.ts';
import { type Ask, fleetLook } from './fleet-look.ts';
import type { AnyView, Scope } from './view.ts';

/** After a read the feed rests so many times as long as it took. */
const REST_FACTOR = 4;
/** After so long in a window that nobody looks at nothing is read, ms. */
const UNSEEN_MAX_MS = 300_000;
const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 30_000;
const EVENTS_MAX = 500;
/** Points of a curve, and the time over which each is the mean, ms: counters move once a checkpoint. */
const RATES_MAX = 120;
const RATE_OVER_MS = 10_000;

/** Jobs a second. */
export interface Rate {
  readonly done: number;
  readonly retried: number;
  readonly dead: number;
}

export interface Failure {
  readonly message: string;
  readonly error: unknown;
  /** Wall time, ms. */
  readonly nextTryMs: number;
}

export interface Snapshot {
  readonly view: ViewName;
  readonly scope: Scope;
  /** Of the view; null until they have been read once. */
  readonly rows: readonly unknown[] | null;
  readonly overview: Overview | null;
  /** The oldest first. */
  readonly rates: readonly Rate[];
  /** The newest first; since the dashboard was opened. */
  readonly events: readonly FleetChange[];
  /** When it was read, wall time, ms; null: not yet. */
  readonly atMs: number | null;
  readonly failure: Failure | null;
}

export interface FeedOptions {
  readonly ask: Ask;
  readonly clock: Clock;
  readonly views: readonly AnyView[];
  readonly refreshMs: number;
}

export class Feed {
  refreshMs: number;
  isPaused = false;
  readonly #options: FeedOptions;
  readonly #listeners = new Set<() => void>();
  /** By view and scope. */
  readonly #rows = new Map<string, readonly unknown[]>();
  #samples: readonly Overview[] = [];
  #look: FleetLook | null = null;
  #failures = 0;
  /** Since when nobody looks, monotonic ms; null: somebody does, or the terminal does not tell. */
  #unseenSinceMs: number | null = null;
  #wake = new AbortController();
  #snapshot: Snapshot = {
    ...{ view: 'overview', scope: {}, rows: null, overview: null, rates: [], events: [], atMs: null, failure: null },
  };

  constructor(options: FeedOptions) {
    this.#options = options;
    this.refreshMs = options.refreshMs;
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  show(view: ViewName, scope: Scope = {}): void {
    this.#publish({ view, scope, rows: this.#rows.get(placeOf(view, scope)) ?? null });
    this.wake();
  }

  /** Whether the window is looked at, where the terminal tells. */
  seen(isSeen: boolean): void {
    this.#unseenSinceMs = isSeen ? null : this.#options.clock.monotonicMs();
    if (isSeen) this.wake();
  }

  /** Reads as soon as the read that is under way is over. */
  wake(): void {
    this.#wake.abort();
  }

  /** Until the signal; never throws for a store that does not answer. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      this.#wake = new AbortController();
      const startMs = clock.monotonicMs();
      if (!this.isPaused && !this.#isUnseen()) await this.read();
      if (signal.aborted) return;
      const tookMs = clock.monotonicMs() - startMs;
      const restMs = this.#failures === 0 ? Math.max(this.refreshMs, REST_FACTOR * tookMs) : this.#retryMs();
      await clock.sleep(restMs, AbortSignal.any([signal, this.#wake.signal]));
    }
  }

  #isUnseen(): boolean {
    const since = this.#unseenSinceMs;
    return since !== null && this.#options.clock.monotonicMs() - since > UNSEEN_MAX_MS;
  }

  /** Once, for what is shown now. */
  async read(): Promise<void> {
    const { clock, ask, views } = this.#options;
    const { view: name, scope } = this.#snapshot;
    try {
      const view = views.find((each) => each.name === name);
      const [overview, rows] = await Promise.all([this.#readOverview(name), view?.load(ask, scope) ?? []]);
      this.#failures = 0;
      this.#sample(overview);
      this.#rows.set(placeOf(name, scope), rows);
      const shown = this.#rows.get(placeOf(this.#snapshot.view, this.#snapshot.scope)) ?? null;
      this.#publish({ overview, rates: ratesOf(this.#samples), rows: shown, atMs: clock.wallMs(), failure: null });
    } catch (error) {
      this.#failures += 1;
      const nextTryMs = clock.wallMs() + this.#retryMs();
      this.#publish({ failure: { message: errorText(error), error, nextTryMs } });
    }
  }

  async #readOverview(view: ViewName): Promise<Overview> {
    const { ask } = this.#options;
    if (view !== 'overview' && view !== 'events') return ask<Overview>('overview');
    const look = await fleetLook(ask);
    const changes = this.#look === null ? [] : fleetChanges(this.#look, look);
    this.#look = look;
    const events = [...changes.toReversed(), ...this.#snapshot.events].slice(0, EVENTS_MAX);
    this.#snapshot = { ...this.#snapshot, events };
    return look.overview;
  }

  #sample(overview: Overview): void {
    if (this.#samples.at(-1)?.at === overview.at) return; // a scheduler answers the same for two seconds
    this.#samples = [...this.#samples, overview].slice(-RATES_MAX);
  }

  #retryMs(): number {
    return Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** (this.#failures - 1));
  }

  #publish(changed: Partial<Snapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...changed };
    for (const listener of this.#listeners) listener();
  }
}

const placeOf = (view: ViewName, scope: Scope): string => `${view} ${JSON.stringify(scope)}`;

const ratesOf = (samples: readonly Overview[]): readonly Rate[] =>
  samples.slice(1).map((sample, index) => {
    const atMs = Date.parse(sample.at);
    const earlier = samples.slice(0, index + 1);
    const from = earlier.find(({ at }) => atMs - Date.parse(at) <= RATE_OVER_MS) ?? earlier.at(-1) ?? sample;
    const seconds = Math.max(1, (atMs - Date.parse(from.at)) / 1_000);
    const rate = (name: 'succeeded' | 'retried' | 'dead'): number =>
      Math.max(0, sample.counters[name] - from.counters[name]) / seconds;
    return { done: rate('succeeded'), retried: rate('retried'), dead: rate('dead') };
  });
