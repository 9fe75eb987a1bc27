// What every store must do with jobs, attempts and pointers.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergeSlot } from '../../src/core/job/merge.ts';
import { type JobId, jobBucket, jobDueMs, SLOT_MS, type Slot, slotOf } from '../../src/core/model/ids.ts';
import type { JobRow } from '../../src/core/model/job.ts';
import type { Cursor, Store } from '../../src/core/ports/store.ts';
import { attemptRow, bucketOf, fenceOf, jobRow, pointerRow } from '../support/rows.ts';

/** Start of a slot. */
const T0 = Date.UTC(2027, 0, 1);
const SLOT = slotOf(T0);
const place = { bucket: bucketOf(3), slot: SLOT };
const ids = (rows: readonly { readonly jobId: JobId }[]): readonly JobId[] => rows.map(({ jobId }) => jobId);
/** By priority and due time; the store may order ids of one due time as it likes. */
const byPlace = (jobs: readonly JobRow[]): readonly JobId[] => ids(jobs).toSorted();

export const jobLaws = (withStore: (use: (store: Store) => Promise<void>) => Promise<void>): void => {
  const law = (name: string, use: (store: Store) => Promise<void>): void => test(name, () => withStore(use));

  describe('append', () => {
    law('what was written is read back as it was', async (store) => {
      const spec = { maxAttempts: 3, key: 'k', backoff: { kind: 'fixed', baseMs: 1, maxMs: 2, jitter: 0.5 } } as const;
      const job = jobRow({ dueMs: T0 + 5 }, { payload: '{"text":"äöü \\u0000 \\"\\n"}', spec, queue: 'q', type: 't' });
      const attempt = attemptRow(job, {
        state: 'failed',
        endedMs: T0 + 9,
        error: 'e\n',
        result: '{"r":1}',
        nextDueMs: T0,
      });
      const pointer = pointerRow(job, T0 + 7, { op: 'reschedule', targetMs: T0 + 99 });
      await store.append({ ...place, jobs: [job], attempts: [attempt], pointers: [pointer] });
      expect([...(await store.jobGet([job.jobId])).values()]).toEqual([job]);
      expect([...(await store.truthGet([job.jobId])).values()]).toEqual([attempt]);
      expect(await store.attemptList(job.jobId)).toEqual([attempt]);
      const sweep = { buckets: [bucketOf(3)], slot: SLOT, dueFromMs: T0, dueToMs: T0 + 100, limit: 10 };
      expect(await store.pointerSweep(sweep)).toEqual([pointer]);
    });

    law('a repeated write changes nothing', async (store) => {
      const job = jobRow({ dueMs: T0 });
      const mutation = { ...place, jobs: [job], attempts: [attemptRow(job)], pointers: [pointerRow(job, T0)] };
      await Promise.all([store.append(mutation), store.append(mutation)]);
      await store.append(mutation);
      expect(await store.attemptList(job.jobId)).toHaveLength(1);
      expect(await store.jobScan({ ...place, after: null, limit: 10 })).toEqual([job.jobId]);
    });

    law('an attempt is overwritten under its own fence only; the highest fence is the truth', async (store) => {
      const job = jobRow({ dueMs: T0 });
      await store.append({ ...place, attempts: [attemptRow(job, { fence: fenceOf(2, 7) })] });
      await store.append({ ...place, attempts: [attemptRow(job, { fence: fenceOf(1, 9), state: 'succeeded' })] });
      await store.append({
        ...place,
        attempts: [attemptRow(job, { fence: fenceOf(2, 7), state: 'dead', error: 'x' })],
      });
      const rows = await store.attemptList(job.jobId);
      expect(rows.map(({ fence, state }) => [fence, state])).toEqual([
        [fenceOf(2, 7), 'dead'],
        [fenceOf(1, 9), 'succeeded'],
      ]);
      expect((await store.truthGet([job.jobId])).get(job.jobId)?.state).toBe('dead');
    });

    law('pointers to one job at one time stay apart unless all is equal', async (store) => {
      const job = jobRow({ dueMs: T0 });
      const pointers = [
        pointerRow(job, T0 + 1),
        pointerRow(job, T0 + 1, { op: 'cancel' }),
        pointerRow(job, T0 + 1, { fence: fenceOf(1, 2) }),
      ];
      await store.append({ ...place, pointers });
      const sweep = { buckets: [bucketOf(3)], slot: SLOT, dueFromMs: T0, dueToMs: T0 + 9, limit: 10 };
      expect(await store.pointerSweep(sweep)).toHaveLength(3);
    });
  });

  describe('point reads', () => {
    law('what is not there is absent', async (store) => {
      const [here, gone] = [jobRow({ dueMs: T0 }), jobRow({ dueMs: T0 })];
      await store.append({ ...place, jobs: [here] });
      expect([...(await store.jobGet([here.jobId, gone.jobId])).keys()]).toEqual([here.jobId]);
      expect((await store.truthGet([here.jobId, gone.jobId])).size).toBe(0);
      expect(await store.attemptList(gone.jobId)).toEqual([]);
      expect((await store.jobGet([])).size).toBe(0);
    });

    law('the truths of a page are of those jobs of it that were tried, wherever they lie', async (store) => {
      const places = [0, 0, 0, 1, 9].flatMap((after) => [1, 5].map((priority) => ({ priority, dueMs: T0 + after })));
      const page = [...places, ...places].map((at) => jobRow(at)).sort((a, b) => (a.jobId < b.jobId ? -1 : 1));
      const triedOf = async (from: number, to: number): Promise<readonly number[]> => {
        const truths = await store.truthGet(ids(page.slice(from, to)));
        return page.flatMap(({ jobId }, index) => (truths.has(jobId) ? [index] : []));
      };
      const tried = page.filter((_, index) => [2, 12, 19].includes(index));
      await store.append({ ...place, attempts: tried.map((job) => attemptRow(job)) });
      expect(await triedOf(0, 20)).toEqual([2, 12, 19]);
      expect(await triedOf(2, 13)).toEqual([2, 12]);
      expect(await triedOf(3, 12)).toEqual([]);
      expect(await triedOf(10, 20)).toEqual([12, 19]);
    });

    law('the truths of ids that lie together are all found, whatever bits their time has', async (store) => {
      // Cassandra orders uuids by the bits of their version first, which are bits of the due time here.
      const dues = Array.from({ length: 14 }, (_, index) => T0 + index * 4_096);
      for (const dueMs of dues) {
        const jobs = Array.from({ length: 40 }, () => jobRow({ dueMs })).sort((a, b) => (a.jobId < b.jobId ? -1 : 1));
        await store.append({ ...place, attempts: jobs.map((job) => attemptRow(job)) });
        for (const [from, to] of [
          [0, 40],
          [5, 18],
          [20, 31],
        ] as const) {
          const wanted = ids(jobs.slice(from, to));
          expect([...(await store.truthGet(wanted)).keys()].toSorted()).toEqual(wanted);
        }
      }
    });
  });

  describe('sweep', () => {
    law('bounds are inclusive, order is bucket, priority, due', async (store) => {
      const at = (bucket: number, priority: number, ms: number) => jobRow({ bucket, priority, dueMs: T0 + ms });
      const inside = [at(2, 5, 10), at(3, 0, 20), at(3, 5, 10), at(3, 5, 15), at(3, 9, 10)];
      const outside = [at(3, 5, 9), at(3, 5, 21), at(4, 5, 10)];
      for (const job of [...inside, ...outside])
        await store.append({ ...place, bucket: jobBucket(job.jobId), jobs: [job] });
      const sweep = { buckets: [3, 2].map(bucketOf), slot: SLOT, dueFromMs: T0 + 10, dueToMs: T0 + 20, limit: 10 };
      expect(ids(await store.jobSweep(sweep))).toEqual(ids(inside));
      expect(await store.jobKeySweep(sweep)).toEqual(ids(inside));
    });

    law('the limit holds for each bucket', async (store) => {
      for (const bucket of [1, 2]) {
        const jobs = [1, 2, 3].map((ms) => jobRow({ bucket, dueMs: T0 + ms }));
        await store.append({
          bucket: bucketOf(bucket),
          slot: SLOT,
          jobs,
          pointers: jobs.map((job) => pointerRow(job, T0 + 5)),
        });
      }
      const sweep = { buckets: [1, 2, 5].map(bucketOf), slot: SLOT, dueFromMs: T0, dueToMs: T0 + 9, limit: 2 };
      expect(await store.jobSweep(sweep)).toHaveLength(4);
      expect(await store.pointerSweep(sweep)).toHaveLength(4);
    });

    law(
      'of jobs that are known none need be there, and of the others all are, whole and up to the limit',
      async (store) => {
        const jobs = [1, 2, 3, 4, 5].map((ms) => jobRow({ dueMs: T0 + ms }, { payload: `{"n":${ms}}` }));
        await store.append({ ...place, jobs });
        const known = new Set(ids(jobs.filter((_, index) => index % 2 === 0)));
        const sweep = { buckets: [bucketOf(3)], slot: SLOT, dueFromMs: T0, dueToMs: T0 + 9 };
        const sweepOf = (limit: number) => store.jobSweep({ ...sweep, limit, isKnown: (id) => known.has(id) });
        expect((await sweepOf(9)).filter(({ jobId }) => !known.has(jobId))).toEqual([jobs[1], jobs[3]]);
        expect(jobs.slice(0, 2)).toContainEqual((await sweepOf(1))[0]);
      },
    );

    law('a pointer is found in the slot of its own due time', async (store) => {
      const job = jobRow({ dueMs: T0 });
      const later = T0 + 5 * SLOT_MS + 3;
      await store.append({ bucket: bucketOf(3), slot: slotOf(later), pointers: [pointerRow(job, later)] });
      const sweep = { buckets: [bucketOf(3)], dueFromMs: 0, dueToMs: later, limit: 9 };
      expect(await store.pointerSweep({ ...sweep, slot: SLOT })).toEqual([]);
      expect(await store.pointerSweep({ ...sweep, slot: slotOf(later) })).toHaveLength(1);
    });
  });

  describe('pages and scans', () => {
    const dues = fc.array(fc.record({ priority: fc.constantFrom(0, 5, 9), ms: fc.integer({ min: 0, max: 4 }) }), {
      maxLength: 12,
    });

    law('paging sees every row once, whatever the page size, ties included', async (store) => {
      let slot: number = SLOT;
      await fc.assert(
        fc.asyncProperty(dues, fc.integer({ min: 1, max: 4 }), async (rows, limit) => {
          slot += 1; // a slot of its own for each run
          const startMs = slot * SLOT_MS;
          const jobs = rows.map(({ priority, ms }) => jobRow({ priority, dueMs: startMs + ms }));
          const partition = { bucket: bucketOf(3), slot: slot as Slot };
          await store.append({ ...partition, jobs, pointers: jobs.map((job) => pointerRow(job, startMs + 1)) });
          const dueToMs = startMs + 3;
          const seen: JobId[] = [];
          for (const priority of [0, 5, 9]) {
            let after: Cursor = { dueMs: startMs + 1, jobId: null };
            for (;;) {
              const page = await store.jobPage({ ...partition, priority, after, dueToMs, limit });
              seen.push(...ids(page));
              const last = page.at(-1);
              if (last === undefined || page.length < limit) break;
              after = { dueMs: jobDueMs(last.jobId), jobId: last.jobId };
            }
          }
          const wanted = jobs.filter((_, index) => [1, 2, 3].includes(rows[index]?.ms ?? -1));
          expect(seen.toSorted()).toEqual(byPlace(wanted));
          expect(seen).toHaveLength(wanted.length);
        }),
        { numRuns: 25 },
      );
    });

    law('both scans walk in one order, so that they merge across pages', async (store) => {
      const jobs = Array.from({ length: 1_203 }, (_, index) =>
        jobRow({ priority: index % 3, dueMs: T0 + (index % 50) }),
      );
      const tried = jobs.filter((_, index) => index % 4 !== 0);
      for (let from = 0; from < jobs.length; from += 400)
        await store.append({ ...place, jobs: jobs.slice(from, from + 400) });
      for (let from = 0; from < tried.length; from += 250) {
        const rows = tried.slice(from, from + 250);
        const attempts = rows.flatMap((job) => [
          attemptRow(job),
          attemptRow(job, { fence: fenceOf(2, 2), state: 'dead' }),
        ]);
        await store.append({ ...place, attempts });
      }
      const merged = new Map<JobId, string | undefined>();
      for await (const { jobId, truth } of mergeSlot(store, place)) {
        expect(merged.has(jobId)).toBe(false);
        merged.set(jobId, truth?.state);
      }
      expect([...merged.keys()].toSorted()).toEqual(byPlace(jobs));
      for (const [index, job] of jobs.entries())
        expect(merged.get(job.jobId)).toBe(index % 4 === 0 ? undefined : 'dead');
    });
  });

  describe('slots', () => {
    law('every slot that holds rows of any kind is found, ascending, up to the limit', async (store) => {
      const at = (offset: number) => T0 + offset * SLOT_MS;
      const job = jobRow({ dueMs: at(0) });
      await store.append({ ...place, jobs: [job] });
      await store.append({ bucket: bucketOf(3), slot: slotOf(at(4)), pointers: [pointerRow(job, at(4))] });
      const later = jobRow({ dueMs: at(9) });
      await store.append({ bucket: bucketOf(3), slot: slotOf(at(9)), attempts: [attemptRow(later)] });
      await store.append({ bucket: bucketOf(4), slot: slotOf(at(5)), jobs: [jobRow({ bucket: 4, dueMs: at(5) })] });
      const range = { bucket: bucketOf(3), from: SLOT, to: slotOf(at(9)) };
      const found = await store.slotScan({ ...range, limit: 100 });
      expect(found).toEqual(expect.arrayContaining([SLOT, slotOf(at(4)), slotOf(at(9))]));
      expect(found).toEqual(found.toSorted((left, right) => left - right));
      expect(await store.slotScan({ ...range, limit: 1 })).toEqual([SLOT]);
      expect(await store.slotScan({ ...range, from: slotOf(at(20)), to: slotOf(at(19)), limit: 9 })).toEqual([]);
    });

    law('deleting a partition deletes all of it and nothing else', async (store) => {
      const jobs = Array.from({ length: 1_100 }, (_, index) => jobRow({ dueMs: T0 + index }));
      const [kept, other] = [jobRow({ dueMs: T0 + SLOT_MS }), jobRow({ bucket: 4, dueMs: T0 })];
      for (let from = 0; from < jobs.length; from += 500) {
        const part = jobs.slice(from, from + 500);
        await store.append({ ...place, jobs: part });
        await store.append({ ...place, attempts: part.map((job) => attemptRow(job)) });
      }
      await store.append({ ...place, pointers: jobs.slice(0, 9).map((job) => pointerRow(job, T0 + 3)) });
      await store.append({ bucket: bucketOf(3), slot: (SLOT + 1) as Slot, jobs: [kept], attempts: [attemptRow(kept)] });
      await store.append({ bucket: bucketOf(4), slot: SLOT, jobs: [other] });
      await store.partitionDelete(place);
      expect(await store.jobScan({ ...place, after: null, limit: 10 })).toEqual([]);
      expect(await store.truthScan({ ...place, after: null, limit: 10 })).toEqual([]);
      expect((await store.jobGet([kept.jobId, other.jobId])).size).toBe(2);
      expect((await store.truthGet([kept.jobId])).size).toBe(1);
    });
  });
};
