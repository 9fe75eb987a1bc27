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
  'wallMs',
] as const satisfies readonly (keyof Store)[];

type Operation = (...given: unknown[]) => Promise<unknown>;

/** Disposing of it disposes of the store. */
export const instrumented = (
  store: Store,
  { clock, events }: { readonly clock: Clock; readonly events: EventSink },
): Store => {
  const measured = OPERATIONS.map((operation) => {
    const call = store[operation] as unknown as Operation;
    const measure: Operation = async (...given) => {
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
    return [operation, measure] as const;
  });
  return { ...store, ...(Object.fromEntries(measured) as unknown as Pick<Store, (typeof OPERATIONS)[number]>) };
};
