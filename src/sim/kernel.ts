// Virtual time: a queue of events, run one at a time in order of time. Between two events every promise settles, so a run is
// a function of its seed.

import { chanceOf, seededRandom } from '../chaos/seeded-random.ts';
import type { Random } from '../core/model/ids.ts';

/** Events queued with the event loop at once: promises settle after each, and a turn of the loop costs more than an event. */
const BATCH = 64;

export interface Timer {
  readonly atMs: number;
  readonly order: number;
  /** It makes no promise settle: the next event may follow at once. */
  readonly isInert: boolean;
  /** Null once it ran or was cancelled. */
  run: (() => void) | null;
}

export class Kernel {
  /** ms since the start of the run. */
  nowMs = 0;
  readonly #heap: Timer[] = [];
  readonly #random: Random;
  #order = 0;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** In [0, 1). */
  chance(): number {
    return chanceOf(this.#random);
  }

  between(from: number, to: number): number {
    return from + (to - from) * this.chance();
  }

  schedule(delayMs: number, run: () => void): Timer {
    const timer = { atMs: this.nowMs + delayMs, order: this.#order++, isInert: false, run };
    this.#push(timer);
    return timer;
  }

  /** For what happens in the network and the nodes: no process hears of it, so no promise waits for it. */
  scheduleInert(delayMs: number, run: () => void): void {
    this.#push({ atMs: this.nowMs + delayMs, order: this.#order++, isInert: true, run });
  }

  /** Runs until the given time, or until nothing is left to run or `isDone`. */
  run(untilMs: number, isDone: () => boolean = () => false): Promise<void> {
    return new Promise((resolve, reject) => {
      let isOver = false;
      const step = (): void => {
        if (isOver) return;
        try {
          if (!isDone() && this.#runNext(untilMs)) return;
        } catch (error) {
          reject(error);
        }
        isOver = true;
        resolve();
      };
      const arm = (): void => {
        if (isOver) return;
        for (let count = 1; count < BATCH; count += 1) setImmediate(step);
        setImmediate(arm);
      };
      arm();
    });
  }

  /** Runs events up to one that may settle promises. */
  #runNext(untilMs: number): boolean {
    for (let timer = this.#heap[0]; timer !== undefined; timer = this.#heap[0]) {
      if (timer.run !== null && timer.atMs > untilMs) break;
      this.#pop();
      if (timer.run === null) continue;
      this.nowMs = Math.max(this.nowMs, timer.atMs);
      const { run } = timer;
      timer.run = null;
      run();
      if (!timer.isInert) return true;
    }
    if (Number.isFinite(untilMs)) this.nowMs = Math.max(this.nowMs, untilMs);
    return false;
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(timer);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Timer;
      if (!isBefore(timer, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Timer;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Timer, heap[child] as Timer)) child += 1;
      if (!isBefore(heap[child] as Timer, last)) break;
      heap[index] = heap[child] as Timer;
      index = child;
    }
    heap[index] = last;
  }
}

const isBefore = (a: Timer, b: Timer): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
