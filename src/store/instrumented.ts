// Measures every call of a store, once for all of them: an event with its outcome and duration.
import type { Clock } from '../core/ports/clock.ts';
import type { Event, EventSink } from '../core/ports/events.ts';
import type { Store } from '../core/ports/store.ts';

type OperationOutcome = Extract<Event, { type: 'store.operation' }>['outcome'];

const OPERATIONS = [
  'append',
  'jobSweep',
  'jobKeySweep',
  'pointerSweep',
  'jobPage',
  'pointerPage',
  'jobGet',
  'truthGet',
  'attemptList',
  'jobScan',
  'truthScan',
  'slotScan',
  'partitionDelete',
  'checkpointWrite',
  'checkpointGet',
  'sessionInsert',
  'sessionGet',
  'sessionRenew',
  'sessionEnd',
  'lockGet',
  'lockTake',
  'lockRelease',
  'lockList',
  'keyGet',
  'keyInsert',
  'deadLetterAppend',
  'deadLetterPage',
  'deadLetterDelete',
  'memberWrite',
  'memberDelete',
  'memberList',
  'placementWrite',
  'placementDelete',
  'placementList',
  'scheduleGet',
  'scheduleList',
  'scheduleWrite',
  'scheduleDelete',
  'scheduleVersionWrite',
  'scheduleVersionList',
  'runWrite',
  'runList',
  'progressWrite',
  'progressList',
  'nodeList',
  'tableList',
  'wallMs',
] as const satisfies readonly (keyof Store)[];

type Measured = Pick<Store, (typeof OPERATIONS)[number]>;
type Operation = (...given: unknown[]) => Promise<unknown>;

/** Disposing of it disposes of the store. A method that is added to Store and to no list here does not compile. */
export const instrumented = (
  store: Store,
  { clock, events }: { readonly clock: Clock; readonly events: EventSink },
): Store => {
  const measure = (operation: (typeof OPERATIONS)[number]): Operation => {
    const call = store[operation] as unknown as Operation;
    return async (...given) => {
      const startMs = clock.monotonicMs();
      let outcome: OperationOutcome = 'error';
      try {
        const result = await call.apply(store, given);
        outcome = result === 'refused' || result === 'unknown' ? result : 'ok';
        return result;
      } finally {
        events.emit({ type: 'store.operation', operation, outcome, durationMs: clock.monotonicMs() - startMs });
      }
    };
  };
  return {
    ...(Object.fromEntries(OPERATIONS.map((operation) => [operation, measure(operation)])) as unknown as Measured),
    url: store.url,
    bucketCount: store.bucketCount,
    hintSubscribe: (listener) => store.hintSubscribe(listener),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
};
