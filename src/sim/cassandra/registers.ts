// Rows that are only ever changed by compare-and-set. What a coordinator began and could not finish stays open: the next
// operation on the row may complete it, or it comes by itself much later, or never.
import type { CasOutcome } from '../../core/model/lock.ts';
import type { Kernel } from '../kernel.ts';
import type { Network } from '../network.ts';

/** What was left open is completed within this time, ms, if at all: much longer than a lease. */
const OPEN_MAX_MS = 40_000;
/** Shares of open operations that are ever completed; that the next operation completes. */
const COMPLETED = 0.6;
const COMPLETED_BY_NEXT = 0.4;

export class Registers {
  readonly #kernel: Kernel;
  readonly #network: Network;
  readonly #values = new Map<string, unknown>();
  readonly #open = new Map<string, Set<() => void>>();
  readonly #entered = new Map<string, number>();

  constructor(kernel: Kernel, network: Network) {
    this.#kernel = kernel;
    this.#network = network;
  }

  /** Two at once on one row may cost each other their ballots. */
  isContended(name: string): boolean {
    const { contended } = this.#network.weather;
    const isContended = contended > 0 && this.#entered.has(name) && this.#kernel.chance() < contended;
    if (isContended) this.#network.meet('contended');
    return isContended;
  }

  enter(name: string): void {
    this.#entered.set(name, (this.#entered.get(name) ?? 0) + 1);
  }

  apply(name: string, decide: (value: unknown) => unknown): CasOutcome {
    const count = (this.#entered.get(name) ?? 1) - 1;
    if (count === 0) this.#entered.delete(name);
    else this.#entered.set(name, count);
    this.#completeOpen(name);
    return this.#set(name, decide) ? 'applied' : 'refused';
  }

  read(name: string): unknown {
    this.#completeOpen(name);
    return this.#values.get(name);
  }

  leaveOpen(name: string, decide: (value: unknown) => unknown): void {
    if (this.#kernel.chance() >= COMPLETED) return;
    const open = this.#open.get(name) ?? new Set();
    this.#open.set(name, open);
    const complete = (): void => {
      if (!open.delete(complete)) return;
      if (this.#set(name, decide)) this.#network.meet('late-cas');
    };
    open.add(complete);
    this.#kernel.scheduleInert(this.#kernel.chance() ** 2 * OPEN_MAX_MS, complete);
  }

  /** Names that start so, in order. */
  names(prefix: string): readonly string[] {
    return [...this.#values.keys()].filter((name) => name.startsWith(prefix)).sort();
  }

  #completeOpen(name: string): void {
    for (const complete of this.#open.get(name) ?? []) if (this.#kernel.chance() < COMPLETED_BY_NEXT) complete();
  }

  #set(name: string, decide: (value: unknown) => unknown): boolean {
    const next = decide(this.#values.get(name));
    if (next === undefined) return false;
    this.#values.set(name, next);
    return true;
  }
}
