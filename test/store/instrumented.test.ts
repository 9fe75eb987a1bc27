// The decorator that measures a store, around a real embedded one and around one that answers as told.
import { describe, expect, test } from 'vitest';
import { unavailableError } from '../../src/core/model/errors.ts';
import { slotOf } from '../../src/core/model/ids.ts';
import { bucketLockName } from '../../src/core/model/lock.ts';
import type { Store } from '../../src/core/ports/store.ts';
import { instrumented } from '../../src/store/instrumented.ts';
import { openStore } from '../../src/store/open.ts';
import { RecordedEvents } from '../support/recorded-events.ts';
import { bucketOf, jobRow, operationId, sessionRow } from '../support/rows.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const setUp = async (changed: (store: Store) => Partial<Store> = () => ({})) => {
  const opened = await openStore('sqlite::memory:');
  const clock = new VirtualClock();
  const events = new RecordedEvents();
  return { opened, clock, events, store: instrumented({ ...opened, ...changed(opened) }, { clock, events }) };
};

const operationsOf = (events: RecordedEvents) =>
  events.all.map((event) => (event.type === 'store.operation' ? [event.operation, event.outcome] : event.type));

describe('a measured store', () => {
  test('answers as the store itself, and says how every call went', async () => {
    const { store, events } = await setUp();
    await using _closing = store;
    const job = jobRow({ dueMs: 120_000 });
    await store.append({ bucket: bucketOf(0), slot: 2 as never, jobs: [job] });
    expect([...(await store.jobGet([job.jobId])).keys()]).toEqual([job.jobId]);
    const session = sessionRow();
    expect(await store.sessionInsert(session)).toBe('applied');
    const take = { name: bucketLockName(bucketOf(0)), expected: null, session: session.id, note: '' };
    expect(await store.lockTake({ ...take, operationId: operationId() })).toBe('applied');
    expect(await store.lockTake({ ...take, operationId: operationId() })).toBe('refused');
    expect(operationsOf(events)).toEqual([
      ['append', 'ok'],
      ['jobGet', 'ok'],
      ['sessionInsert', 'ok'],
      ['lockTake', 'ok'],
      ['lockTake', 'refused'],
    ]);
  });

  test('measures the duration by the monotonic clock', async () => {
    const { opened, store, clock, events } = await setUp(() => ({ wallMs: () => clock.sleep(250).then(() => 7) }));
    await using _closing = opened;
    const asked = store.wallMs();
    await clock.advance(1_000);
    expect(await asked).toBe(7);
    expect(events.all).toEqual([{ type: 'store.operation', operation: 'wallMs', outcome: 'ok', durationMs: 250 }]);
  });

  test('an unknown outcome and an error stay what they are', async () => {
    const gone = unavailableError('STORE_UNAVAILABLE', 'gone');
    const { opened, store, events } = await setUp(() => ({
      sessionInsert: () => Promise.resolve('unknown'),
      lockList: () => Promise.reject(gone),
      keyGet: () => {
        throw gone;
      },
    }));
    await using _closing = opened;
    expect(await store.sessionInsert(sessionRow())).toBe('unknown');
    await expect(store.lockList('')).rejects.toBe(gone);
    await expect(store.keyGet('jobs', 'k')).rejects.toBe(gone);
    expect(operationsOf(events)).toEqual([
      ['sessionInsert', 'unknown'],
      ['lockList', 'error'],
      ['keyGet', 'error'],
    ]);
  });

  test('hints, properties and the end pass through in silence', async () => {
    let ended = 0;
    const { opened, store, events } = await setUp((inner) => ({
      [Symbol.asyncDispose]: () => {
        ended += 1;
        return inner[Symbol.asyncDispose]();
      },
    }));
    expect([store.url, store.bucketCount]).toEqual([opened.url, opened.bucketCount]);
    const heard = new Promise((resolve) => store.hintSubscribe(resolve));
    await opened.append({ bucket: bucketOf(0), slot: slotOf(0), hint: true });
    await heard;
    await store[Symbol.asyncDispose]();
    expect(ended).toBe(1);
    expect(events.all).toEqual([]);
  });

  test('every method of the store is there', async () => {
    const { opened, store } = await setUp();
    await using _closing = opened;
    expect(new Set(Object.keys(store))).toEqual(new Set(Object.keys(opened)));
  });
});
