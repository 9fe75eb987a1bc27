// Messages between processes and nodes: each takes its time, some come very late, twice or never, and links can be cut.
import type { Kernel } from './kernel.ts';

/** Mean of an ordinary one-way delay, ms. */
const DELAY_MEAN_MS = 0.8;
/** A late message takes up to this long, ms: longer than a lease and its margin. */
const LATE_MAX_MS = 25_000;

/** What this run's network is like, between faults too. */
export interface Weather {
  /** Shares of messages, 0 to 1. */
  readonly lost: number;
  readonly late: number;
  readonly duplicated: number;
  /** Share of compare-and-sets that lose their ballot when another one is under way on the row. */
  readonly contended: number;
}

export const CALM: Weather = { lost: 0, late: 0, duplicated: 0, contended: 0 };

export class Network {
  weather: Weather = CALM;
  /** Share lost during a fault, and how much slower everything is. */
  faultLost = 0;
  slowness = 1;
  /** How often each kind of trouble has met a message. */
  readonly effects = new Map<string, number>();
  readonly #kernel: Kernel;
  readonly #cuts = new Map<string, number>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** How long the next message from one to the other takes, ms; null when it is lost. */
  delay(from: string, to: string): number | null {
    if (from === to) return 0;
    if (this.isCut(from, to)) return this.#lost('cut');
    const chance = this.#kernel.chance();
    if (chance < this.weather.lost) return this.#lost('lost');
    if (chance < this.weather.lost + this.faultLost) return this.#lost('loss');
    const usualMs = -Math.log(1 - this.#kernel.chance()) * DELAY_MEAN_MS * this.slowness;
    if (this.slowness > 1) this.meet('slow');
    if (this.weather.late === 0 || this.#kernel.chance() >= this.weather.late) return usualMs;
    this.meet('late');
    return usualMs + this.#kernel.chance() ** 2 * LATE_MAX_MS;
  }

  isDuplicated(): boolean {
    if (this.weather.duplicated === 0 || this.#kernel.chance() >= this.weather.duplicated) return false;
    this.meet('duplicated');
    return true;
  }

  /** Both directions; as often as it was cut it must be mended. */
  cut(a: string, b: string): void {
    const link = linkOf(a, b);
    this.#cuts.set(link, (this.#cuts.get(link) ?? 0) + 1);
  }

  mend(a: string, b: string): void {
    const link = linkOf(a, b);
    const count = (this.#cuts.get(link) ?? 1) - 1;
    if (count > 0) this.#cuts.set(link, count);
    else this.#cuts.delete(link);
  }

  isCut(a: string, b: string): boolean {
    return this.#cuts.size > 0 && this.#cuts.has(linkOf(a, b));
  }

  /** A fault has had an effect. */
  meet(kind: string): void {
    this.effects.set(kind, (this.effects.get(kind) ?? 0) + 1);
  }

  #lost(kind: string): null {
    this.meet(kind);
    return null;
  }
}

const linkOf = (a: string, b: string): string => (a < b ? `${a}-${b}` : `${b}-${a}`);
