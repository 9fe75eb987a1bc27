// An event sink for tests: keeps what was said, and lets a test wait for it instead of sleeping.
import type { Event, EventSink } from '../../src/core/ports/events.ts';

interface Waiter {
  readonly isMet: (event: Event) => boolean;
  readonly resolve: (event: Event) => void;
}

export class RecordedEvents implements EventSink {
  readonly all: Event[] = [];
  readonly #waiters = new Set<Waiter>();

  emit(event: Event): void {
    this.all.push(event);
    for (const waiter of this.#waiters) {
      if (!waiter.isMet(event)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(event);
    }
  }

  /** The first event for which it holds, from the beginning; the test's own time-out ends a wait in vain. */
  waitFor(isMet: (event: Event) => boolean): Promise<Event> {
    const found = this.all.find(isMet);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve) => this.#waiters.add({ isMet, resolve }));
  }
}
