// Something outside that jobs and lock holders change, and that checks fencing tokens: it refuses one lower than the highest
// it has seen, and does the same thing once.
import type { History } from './history.ts';
import type { Kernel } from './kernel.ts';
import type { Machine } from './machine.ts';
import type { Network } from './network.ts';

export interface Effect {
  readonly resource: string;
  readonly token: number;
  /** Done at most once under this name. */
  readonly once: string | null;
}

export class Resource {
  readonly #kernel: Kernel;
  readonly #network: Network;
  readonly #history: History;
  readonly #highest = new Map<string, number>();
  readonly #done = new Set<string>();

  constructor(kernel: Kernel, network: Network, history: History) {
    this.#kernel = kernel;
    this.#network = network;
    this.#history = history;
  }

  /** The request travels, and may come when its sender is long a zombie. The answer is of no interest. */
  request(from: Machine, who: string, effect: Effect): void {
    const delayMs = this.#network.delay(from.name, 'resource');
    if (delayMs === null) return;
    this.#kernel.schedule(delayMs, () => {
      const operation = this.#history.begin(who, 'effect', effect);
      this.#history.end(operation, 'ok', this.#apply(effect));
    });
  }

  #apply({ resource, token, once }: Effect): 'accepted' | 'stale' | 'repeated' {
    if (token < (this.#highest.get(resource) ?? 0)) return 'stale';
    if (once !== null && this.#done.has(once)) return 'repeated';
    this.#highest.set(resource, token);
    if (once !== null) this.#done.add(once);
    return 'accepted';
  }
}
