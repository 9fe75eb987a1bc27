// The resource that checks fencing tokens, at the end of the simulated network.
import type { History } from '../chaos/history/history.ts';
import { type Effect, FencedResource } from '../chaos/workload/resource.ts';
import type { Kernel } from './kernel.ts';
import type { Machine } from './machine.ts';
import type { Network } from './network.ts';

export class Resource {
  readonly #kernel: Kernel;
  readonly #network: Network;
  readonly #history: History;
  readonly #fenced = new FencedResource();

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
      this.#history.end(operation, 'ok', this.#fenced.apply(effect));
    });
  }
}
