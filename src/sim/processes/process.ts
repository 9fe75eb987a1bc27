// A process of the simulated world: it starts, crashes, and starts again as somebody new on the same machine.

import { recordedStore } from '../../chaos/history/recorded-store.ts';
import { isExpected } from '../../chaos/workload/client.ts';
import { hashText } from '../../core/model/hash.ts';
import type { Event, EventSink } from '../../core/ports/events.ts';
import type { Store } from '../../core/ports/store.ts';
import { openSimulatedStore } from '../cassandra/store.ts';
import { Machine } from '../machine.ts';
import type { Scene } from '../scene.ts';

/** One life, from a start to a crash. */
export interface Life {
  readonly machine: Machine;
  readonly store: Store;
  /** `w0.2`: its second life. */
  readonly who: string;
  readonly events: EventSink;
}

export abstract class Process {
  readonly name: string;
  protected readonly scene: Scene;
  readonly #rate: number;
  readonly #skewMs: number;
  #lives = 0;
  #life: Life | null = null;

  constructor(scene: Scene, name: string) {
    const { kernel, plan } = scene;
    this.scene = scene;
    this.name = name;
    this.#rate = kernel.between(1 - plan.drift, 1 + plan.drift);
    this.#skewMs = kernel.between(-plan.skewMs, plan.skewMs);
  }

  get life(): Life | null {
    return this.#life;
  }

  boot(): void {
    const { kernel, plan, cluster, hints, history } = this.scene;
    this.#lives += 1;
    const who = `${this.name}.${this.#lives}`;
    const seed = hashText(`${plan.seed}/${who}`);
    const machine = new Machine(kernel, this.name, { seed, rate: this.#rate, skewMs: this.#skewMs });
    const store = openSimulatedStore({ cluster, machine, hints, bucketCount: plan.buckets });
    const events = { emit: (event: Event) => this.#notice(who, event) };
    this.#life = { machine, store: recordedStore(store, history, who), who, events };
    history.note(who, 'process', 'started');
    this.live(this.#life).catch((error: unknown) => history.note(who, 'surprise', textOf(error)));
  }

  /** False when it is not alive. */
  crash(): boolean {
    if (this.#life === null) return false;
    this.scene.history.note(this.#life.who, 'process', 'crashed');
    this.#life.machine.crash();
    this.#life = null;
    return true;
  }

  /** It ended in good order. */
  protected end(life: Life): void {
    if (this.#life !== life) return;
    this.scene.history.note(life.who, 'process', 'drained');
    life.machine.crash(); // nothing of it may go on
    this.#life = null;
  }

  protected abstract live(life: Life): Promise<void>;

  /** An error that no fault explains is a bug. */
  #notice(who: string, event: Event): void {
    if (event.type !== 'loop.failed' || isExpected(event.error)) return;
    this.scene.history.note(who, 'surprise', `${event.loop}: ${textOf(event.error)}`);
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
