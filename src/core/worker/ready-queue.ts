// Jobs that may start as soon as there is a free slot: urgent priorities first, then in the order they were found.
import { jobPriority, PRIORITIES } from '../model/ids.ts';
import type { WorkItem } from './owned-bucket.ts';

export class ReadyQueue {
  readonly #queues: Fifo[] = PRIORITIES.map(() => new Fifo());
  #size = 0;

  /** Withdrawn ones included. */
  get size(): number {
    return this.#size;
  }

  push(item: WorkItem): void {
    this.#queues[jobPriority(item.job.jobId)]?.push(item);
    this.#size += 1;
  }

  /** At most `limit`, without those that were withdrawn (no longer `ready`) or whose bucket is being left. */
  take(limit: number): WorkItem[] {
    const items: WorkItem[] = [];
    for (const queue of this.#queues) {
      while (items.length < limit) {
        const item = queue.shift();
        if (item === undefined) break;
        this.#size -= 1;
        if (item.stage === 'ready' && item.owner.isOpen) items.push(item);
      }
    }
    return items;
  }
}

/** Array with a moving head: shifting a long array costs its length. */
class Fifo {
  #items: WorkItem[] = [];
  #head = 0;

  push(item: WorkItem): void {
    this.#items.push(item);
  }

  shift(): WorkItem | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) {
      this.#items = [];
      this.#head = 0;
      return undefined;
    }
    this.#head += 1;
    return item;
  }
}
