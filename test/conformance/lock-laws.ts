// What every store must do with sessions, locks, checkpoints, members, idempotency keys, dead letters and hints.
import { describe, expect, test } from 'vitest';
import { dayOf, deadLetterKey } from '../../src/core/model/dead-letter.ts';
import { type Bucket, type FencingToken, jobSlot } from '../../src/core/model/ids.ts';
import type { DeadLetterRow } from '../../src/core/model/job.ts';
import { type CheckpointRow, NO_COUNTERS } from '../../src/core/model/lock.ts';
import { drainSubject, type PlacementRow, pinSubject, placementSubject } from '../../src/core/model/placement.ts';
import type { Store } from '../../src/core/ports/store.ts';
import { bucketOf, fenceOf, jobRow, memberRow, operationId, sessionRow } from '../support/rows.ts';

const T0 = Date.UTC(2027, 0, 1);
const token = (number: number): FencingToken => number as FencingToken;

/** Polls the store's own clock. */
const untilAfter = async (store: Store, ms: number): Promise<void> => {
  while ((await store.wallMs()) <= ms) await new Promise((resolve) => setImmediate(resolve));
};

type WithStore = (use: (store: Store) => Promise<void>) => Promise<void>;

export interface LockLawOptions {
  /** A row is gone so long after its time to live, ms, or earlier. */
  readonly expiryMs: number;
}

export const lockLaws = (withStore: WithStore, { expiryMs }: LockLawOptions = { expiryMs: 1 }): void => {
  const law = (name: string, use: (store: Store) => Promise<void>): void => test(name, () => withStore(use));

  describe('sessions', () => {
    law('are opened once, renewed by their beat, and stay ended', async (store) => {
      const row = sessionRow();
      expect(await store.sessionInsert(row)).toBe('applied');
      expect(await store.sessionInsert({ ...row, beat: 9 })).toBe('refused');
      const renewal = { id: row.id, operationId: operationId(), untilMs: 5 };
      expect(await store.sessionRenew({ ...renewal, beat: 1 })).toBe('refused');
      expect(await store.sessionRenew({ ...renewal, beat: 0 })).toBe('applied');
      const after = await store.sessionGet(row.id);
      expect(after).toEqual({ ...row, beat: 1, operationId: renewal.operationId, untilMs: 5 });
      expect(await store.sessionEnd({ id: row.id, beat: 0, operationId: operationId() })).toBe('refused');
      expect(await store.sessionEnd({ id: row.id, beat: 1, operationId: operationId() })).toBe('applied');
      expect(await store.sessionRenew({ ...renewal, beat: 1 })).toBe('refused');
      expect((await store.sessionGet(row.id))?.live).toBe(false);
      expect(await store.sessionGet(sessionRow().id)).toBeNull();
    });

    law('of two that end or renew the same beat one wins', async (store) => {
      const row = sessionRow();
      await store.sessionInsert(row);
      const [end, renewal] = [0, 1].map(() => ({ id: row.id, beat: 0, operationId: operationId() }));
      if (end === undefined || renewal === undefined) throw new Error('two changes');
      const outcomes = await Promise.all([store.sessionEnd(end), store.sessionRenew({ ...renewal, untilMs: 0 })]);
      // Two at once may cost each other their answers, on several replicas, but not their order: the row tells who won.
      const after = await store.sessionGet(row.id);
      const won = [end, renewal].map((change) => change.operationId === after?.operationId);
      expect(outcomes.map((outcome, index) => outcome === 'unknown' || (outcome === 'applied') === won[index])).toEqual(
        [true, true],
      );
      expect(outcomes).not.toEqual(['refused', 'refused']);
      expect(after).toMatchObject({ live: !won[0], beat: won[1] ? 1 : 0 });
    });
  });

  describe('locks', () => {
    law('pass on with a higher token each time', async (store) => {
      const [a, b] = [sessionRow().id, sessionRow().id];
      const take = { name: 'bucket/0001', note: 'w', operationId: operationId() };
      expect(await store.lockGet(take.name)).toBeNull();
      expect(await store.lockTake({ ...take, session: a, expected: null })).toBe('applied');
      expect(await store.lockTake({ ...take, session: b, expected: null })).toBe('refused');
      expect(await store.lockTake({ ...take, session: b, expected: { token: token(1), session: b } })).toBe('refused');
      expect(await store.lockTake({ ...take, session: b, expected: { token: token(1), session: a } })).toBe('applied');
      expect(await store.lockGet(take.name)).toEqual({ ...take, session: b, token: 2 });
      const release = { name: take.name, operationId: operationId() };
      expect(await store.lockRelease({ ...release, session: b, token: token(1) })).toBe('refused');
      expect(await store.lockRelease({ ...release, session: b, token: token(2) })).toBe('applied');
      expect(await store.lockRelease({ ...release, session: b, token: token(2) })).toBe('refused');
      expect(await store.lockTake({ ...take, session: a, expected: { token: token(2), session: null } })).toBe(
        'applied',
      );
      expect((await store.lockGet(take.name))?.token).toBe(3);
    });

    law('of many that take at once one wins', async (store) => {
      const takes = Array.from({ length: 8 }, () => ({ operationId: operationId(), session: sessionRow().id }));
      const outcomes = await Promise.all(
        takes.map((take) => store.lockTake({ ...take, name: 'x', note: '', expected: null })),
      );
      const row = await store.lockGet('x');
      const winner = takes.findIndex((take) => take.operationId === row?.operationId);
      expect(row).toMatchObject({ ...takes[winner], token: 1 });
      expect(['applied', 'unknown']).toContain(outcomes[winner]); // its answer may have got lost among the others
      expect(outcomes.filter((outcome, index) => outcome === 'applied' && index !== winner)).toEqual([]);
    });

    law('are listed by prefix', async (store) => {
      for (const name of ['user/b', 'user/a', 'bucket/0001', 'user_c']) {
        await store.lockTake({ name, note: '', operationId: operationId(), session: sessionRow().id, expected: null });
      }
      expect((await store.lockList('user/')).map(({ name }) => name)).toEqual(['user/a', 'user/b']);
    });
  });

  describe('checkpoints', () => {
    law('the highest token wins, whatever comes late', async (store) => {
      const row: CheckpointRow = {
        bucket: bucketOf(3),
        token: token(2),
        atMs: 1,
        lowWaterMs: T0,
        exceptions: [jobRow({ dueMs: T0 }).jobId],
        inFlight: [],
        closedSlot: 1,
        auditedSlot: 2,
        purgedSlot: 3,
        heldSlots: [4],
        counters: { ...NO_COUNTERS, started: 7 },
      };
      expect(await store.checkpointGet(row.bucket)).toBeNull();
      await store.checkpointWrite(row);
      await store.checkpointWrite({ ...row, lowWaterMs: T0 + 1 });
      await store.checkpointWrite({ ...row, token: token(1), lowWaterMs: 0 });
      expect(await store.checkpointGet(row.bucket)).toEqual({ ...row, lowWaterMs: T0 + 1 });
    });
  });

  describe('members', () => {
    law('are listed by role until they leave or expire', async (store) => {
      const [a, b] = [memberRow('a', { types: ['x', 'y'] }), memberRow('b')];
      await store.memberWrite(b, 60_000);
      await store.memberWrite(a, 60_000);
      await store.memberWrite({ ...a, running: 3 }, 60_000);
      await store.memberWrite(memberRow('s', { role: 'scheduler' }), 60_000);
      const listed = await store.memberList('worker');
      expect(listed.toSorted((left, right) => left.memberId.localeCompare(right.memberId))).toEqual([
        { ...a, running: 3 },
        b,
      ]);
      await store.memberDelete('worker', 'a');
      await store.memberWrite(b, 1);
      await untilAfter(store, (await store.wallMs()) + expiryMs);
      expect(await store.memberList('worker')).toEqual([]);
    });
  });

  describe('idempotency keys', () => {
    law('the first wins until it expires', async (store) => {
      const [first, second] = [jobRow({ dueMs: T0 }).jobId, jobRow({ dueMs: T0 }).jobId];
      const key = { namespace: 'n', key: 'k', createdMs: T0 };
      expect(await store.keyGet('n', 'k')).toBeNull();
      expect(await store.keyInsert({ ...key, jobId: first, ttlMs: 60_000 })).toBe('applied');
      expect(await store.keyInsert({ ...key, jobId: second, ttlMs: 60_000 })).toBe('refused');
      expect(await store.keyGet('n', 'k')).toBe(first);
      expect(await store.keyGet('other', 'k')).toBeNull();
      expect(await store.keyInsert({ ...key, key: 'short', jobId: first, ttlMs: 1 })).toBe('applied');
      await untilAfter(store, (await store.wallMs()) + expiryMs);
      expect(await store.keyGet('n', 'short')).toBeNull();
      expect(await store.keyInsert({ ...key, key: 'short', jobId: second, ttlMs: 60_000 })).toBe('applied');
      expect(await store.keyGet('n', 'short')).toBe(second);
    });
  });

  describe('dead letters', () => {
    law('are paged newest first and deleted by their key', async (store) => {
      const letters = Array.from(
        { length: 40 },
        (_, index): DeadLetterRow => ({
          job: jobRow({ dueMs: T0 }, { spec: { maxAttempts: 2 } }),
          fence: fenceOf(1, 2),
          failedMs: T0 + (index % 5),
          attempts: 2,
          reason: 'no\nluck',
        }),
      );
      await store.deadLetterAppend(letters);
      await store.deadLetterAppend(letters.slice(0, 3));
      const keyOf = ({ job, fence, failedMs }: DeadLetterRow) =>
        deadLetterKey({ queue: 'default', jobId: job.jobId, fence, failedMs });
      const read = async (shard: number): Promise<readonly DeadLetterRow[]> => {
        const rows: DeadLetterRow[] = [];
        for (;;) {
          const last = rows.at(-1);
          const after = last === undefined ? null : keyOf(last);
          const page = await store.deadLetterPage({ queue: 'default', day: dayOf(T0), shard, after, limit: 3 });
          rows.push(...page);
          if (page.length < 3) return rows;
        }
      };
      const shards = await Promise.all([0, 1, 2, 3].map(read));
      for (const rows of shards) {
        const times = rows.map(({ failedMs }) => failedMs);
        expect(times).toEqual(times.toSorted((left, right) => right - left));
      }
      const byId = (rows: readonly DeadLetterRow[]) =>
        rows.toSorted((left, right) => (left.job.jobId < right.job.jobId ? -1 : 1));
      expect(byId(shards.flat())).toEqual(byId(letters));
      await store.deadLetterDelete(letters.slice(5).map(keyOf));
      expect((await Promise.all([0, 1, 2, 3].map(read))).flat()).toHaveLength(5);
    });
  });

  describe('placements', () => {
    const order = { reason: 'a "disk"\nfails', by: 'ann', atMs: T0 };
    const pin = (bucket: number, worker: string): PlacementRow => ({
      kind: 'pin',
      bucket: bucketOf(bucket),
      worker,
      ...order,
    });
    const drain = (worker: string): PlacementRow => ({ kind: 'drain', worker, ...order });
    const bySubject = (rows: readonly PlacementRow[]): readonly PlacementRow[] =>
      rows.toSorted((left, right) => (placementSubject(left) < placementSubject(right) ? -1 : 1));

    law('one for each subject, the later one replaces it; read back as they were, by subject', async (store) => {
      expect(await store.placementList()).toEqual([]);
      for (const row of [pin(3, 'w1'), pin(10, 'w1'), drain('w1'), drain('ü 2/3'), pin(3, 'w2')]) {
        await store.placementWrite(row);
      }
      await store.placementWrite({ ...drain('w1'), reason: '' });
      const wanted = [pin(3, 'w2'), pin(10, 'w1'), { ...drain('w1'), reason: '' }, drain('ü 2/3')];
      expect(await store.placementList()).toEqual(bySubject(wanted));
    });

    law('a deleted one is gone, and may be made again', async (store) => {
      for (const row of [pin(3, 'w1'), drain('3')]) await store.placementWrite(row);
      await store.placementDelete(pinSubject(bucketOf(3)));
      await store.placementDelete(pinSubject(bucketOf(4)));
      expect(await store.placementList()).toEqual([drain('3')]);
      await store.placementDelete(drainSubject('3'));
      await store.placementWrite(pin(3, 'w2'));
      expect(await store.placementList()).toEqual([pin(3, 'w2')]);
    });
  });

  describe('hints', () => {
    law(
      'reach a subscriber until it leaves, name no other bucket, and what they are about can be read',
      async (store) => {
        let heard = 0;
        const first = new Promise<void>((resolve) => {
          const stop = store.hintSubscribe(() => {
            heard += 1;
            stop();
            resolve();
          });
        });
        const job = jobRow({ dueMs: 60_000 });
        const wanted = { bucket: bucketOf(3), slot: jobSlot(job.jobId), hint: true };
        const appended = store.append({ ...wanted, jobs: [job] });
        await first;
        expect((await store.jobGet([job.jobId])).size).toBe(1); // perhaps before it is acknowledged
        await appended;
        const again = new Promise<Bucket | null>((resolve) => store.hintSubscribe(resolve));
        await store.append(wanted);
        expect([null, wanted.bucket]).toContain(await again);
        expect(heard).toBe(1);
      },
    );
  });
};
