// Hints between processes: "rows have arrived". They travel like everything else, and may get lost.
import type { Bucket } from '../../core/model/ids.ts';
import type { Kernel } from '../kernel.ts';
import type { Machine } from '../machine.ts';
import type { Network } from '../network.ts';

interface Subscriber {
  readonly machine: Machine;
  readonly listener: (bucket: Bucket) => void;
}

export class Hints {
  readonly #kernel: Kernel;
  readonly #network: Network;
  readonly #subscribers = new Set<Subscriber>();

  constructor(kernel: Kernel, network: Network) {
    this.#kernel = kernel;
    this.#network = network;
  }

  send(from: Machine, bucket: Bucket): void {
    for (const subscriber of this.#subscribers) {
      const delayMs = this.#network.delay(from.name, subscriber.machine.name);
      if (delayMs === null) continue;
      this.#kernel.schedule(delayMs, () =>
        subscriber.machine.deliver(() => {
          if (this.#subscribers.has(subscriber)) subscriber.listener(bucket);
        }),
      );
    }
  }

  subscribe(machine: Machine, listener: (bucket: Bucket) => void): () => void {
    const subscriber = { machine, listener };
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  }
}
