// Buckets change hands: crash, broken network, hand-over, drain; in virtual time.
import { expect, test } from 'vitest';
import { jobGet } from '../../../src/core/job/view.ts';
import { unavailableError } from '../../../src/core/model/errors.ts';
import type { Bucket } from '../../../src/core/model/ids.ts';
import { slotOf } from '../../../src/core/model/ids.ts';
import { bucketLockName, type CasOutcome } from '../../../src/core/model/lock.ts';
import type { Mutation, Store } from '../../../src/core/ports/store.ts';
import { assignBuckets } from '../../../src/core/worker/assignment.ts';
import { Fleet } from '../../support/fleet.ts';
import { bucketOf, fenceOf, jobRow, memberRow, pointerRow } from '../../support/rows.ts';

test('buckets are shared by the workers, each owned once', async () => {
  await using fleet = await Fleet.open(16);
  const workers = [await fleet.start('w1'), await fleet.start('w2'), await fleet.start('w3')];
  await fleet.clock.advance(5_000);
  const owned = workers.flatMap((worker) => worker.status().buckets);
  expect(owned.toSorted((left, right) => left - right)).toEqual(Array.from({ length: 16 }, (_, bucket) => bucket));
  for (const worker of workers) expect(worker.status().buckets.length).toBeGreaterThan(0);
});

test('the jobs of a crashed worker run again within the lease and two seconds; its history shows the lost attempt', async () => {
  await using fleet = await Fleet.open();
  await fleet.start('w1');
  const id = await fleet.submit({ ms: 5_000, deaf: true });
  const before = await fleet.untilState(id, 'running');
  fleet.cut('w1');
  const crashedMs = fleet.clock.wallMs();
  await fleet.start('w2');
  const truth = await fleet.untilState(id, 'succeeded');
  const [, second] = fleet.runsOf(id);
  expect(second?.worker).toBe('w2');
  expect((second?.startedMs ?? 0) - crashedMs).toBeLessThan(10_000 + 2_000);
  expect(truth.fence).toBeGreaterThan(before.fence);
  expect((await jobGet(fleet.store, id))?.attempts.map(({ number, state, worker }) => [number, state, worker])).toEqual(
    [
      [1, 'lost', 'w1'],
      [2, 'succeeded', 'w2'],
    ],
  );
});

test('a worker that was cut off drops what it did, and takes part again under new tokens', async () => {
  await using fleet = await Fleet.open();
  const first = await fleet.start('w1');
  const id = await fleet.submit({ ms: 12_000, deaf: true });
  await fleet.untilState(id, 'running');
  fleet.cut('w1');
  await fleet.start('w2');
  await fleet.clock.advance(15_000);
  fleet.heal('w1');
  expect(await fleet.untilState(id, 'succeeded')).toMatchObject({ worker: 'w2', attempt: 2 });
  expect(fleet.eventsOf('job.dropped').map(({ jobId }) => jobId)).toContain(id);
  await fleet.clock.advance(20_000);
  expect(first.status()).toMatchObject({ isTrusted: true });
  expect(first.status().buckets.length).toBeGreaterThan(0);
});

test('no two trust the same bucket: a cut off worker stops before anyone else may start', async () => {
  await using fleet = await Fleet.open(1);
  const first = await fleet.start('w1');
  const second = await fleet.start('w2');
  await fleet.clock.advance(5_000);
  const [owner, other] = first.status().buckets.length > 0 ? (['w1', second] as const) : (['w2', first] as const);
  fleet.cut(owner);
  const cutOff = owner === 'w1' ? first : second;
  await fleet.clock.advanceUntil(() => {
    const both = cutOff.status().isTrusted && other.status().buckets.length > 0;
    expect(both).toBe(false);
    return other.status().buckets.length > 0;
  });
});

test('a job that kills its workers becomes a dead letter', async () => {
  await using fleet = await Fleet.open(1);
  const id = await fleet.submit({ ms: 600_000, deaf: true }, { spec: { maxAttempts: 2 } });
  for (const name of ['w1', 'w2']) {
    await fleet.start(name);
    await fleet.clock.advanceUntil(() => fleet.runsOf(id).some(({ worker }) => worker === name));
    fleet.cut(name);
  }
  await fleet.start('w3');
  expect(await fleet.untilState(id, 'dead')).toMatchObject({ attempt: 2 });
  expect(fleet.runsOf(id)).toHaveLength(2);
});

test('onCrash fail: a lost attempt is not repeated', async () => {
  await using fleet = await Fleet.open(1);
  await fleet.start('w1');
  const id = await fleet.submit({ ms: 600_000, deaf: true }, { spec: { onCrash: 'fail' } });
  await fleet.untilState(id, 'running');
  fleet.cut('w1');
  await fleet.start('w2');
  await fleet.untilState(id, 'failed');
  expect(fleet.runsOf(id)).toHaveLength(1);
});

test('a hand-over does not wait for long handlers, and does not run them twice', async () => {
  await using fleet = await Fleet.open(16);
  await fleet.start('w1', { concurrency: 64 });
  const ids = await Promise.all(Array.from({ length: 32 }, () => fleet.submit({ ms: 8_000 })));
  for (const id of ids) await fleet.untilState(id, 'running');
  const second = await fleet.start('w2');
  await fleet.clock.advance(2_000);
  expect(second.status().buckets.length).toBeGreaterThan(0);
  for (const id of ids) expect(await fleet.untilState(id, 'succeeded')).toMatchObject({ worker: 'w1', attempt: 1 });
  expect(fleet.runs).toHaveLength(ids.length);
});

test('what was handed over while it ran is retried by the new owner', async () => {
  await using fleet = await Fleet.open(16);
  await fleet.start('w1', { concurrency: 64 });
  const ids = await Promise.all(Array.from({ length: 32 }, () => fleet.submit({ ms: 6_000, fail: 1 })));
  for (const id of ids) await fleet.untilState(id, 'running');
  await fleet.start('w2');
  for (const id of ids) await fleet.untilState(id, 'succeeded');
  expect(fleet.runs).toHaveLength(2 * ids.length);
  expect(fleet.runs.some(({ worker, attempt }) => worker === 'w2' && attempt === 2)).toBe(true);
});

test('a drain lets running jobs finish and hands the rest over', async () => {
  await using fleet = await Fleet.open(1);
  const first = await fleet.start('w1', { concurrency: 1 });
  const [running, waiting] = [await fleet.submit({ ms: 5_000 }), await fleet.submit({})];
  await fleet.untilState(running, 'running');
  await fleet.during(first.drain(new AbortController().signal));
  expect(await fleet.truth(running)).toMatchObject({ state: 'succeeded', worker: 'w1' });
  expect(await fleet.truth(waiting)).toBeUndefined();
  await fleet.start('w2');
  expect(await fleet.untilState(waiting, 'succeeded', 2_000)).toMatchObject({ worker: 'w2' });
});

test('a drain that takes too long releases its jobs at no cost of attempts', async () => {
  await using fleet = await Fleet.open(1);
  const first = await fleet.start('w1', { drainMs: 1_000 });
  const id = await fleet.submit({ ms: 20_000 });
  await fleet.untilState(id, 'running');
  await fleet.during(first.drain(new AbortController().signal));
  expect(await fleet.truth(id)).toMatchObject({ state: 'released' });
  await fleet.start('w2');
  expect(await fleet.untilState(id, 'succeeded')).toMatchObject({ worker: 'w2', attempt: 1 });
});

test('a row that became visible late is found when its slot closes', async () => {
  await using fleet = await Fleet.open(1);
  await fleet.start('w1');
  await fleet.clock.advance(60_000);
  const job = jobRow({ bucket: 0, dueMs: fleet.clock.wallMs() - 30_000 }, { type: 'do', payload: '{}' });
  await fleet.during(fleet.store.append({ bucket: 0 as Bucket, slot: slotOf(job.createdMs), jobs: [job] }));
  await fleet.untilState(job.jobId, 'succeeded', 90_000);
  expect(fleet.eventsOf('bucket.audited').some(({ found, step }) => found === 1 && step === 'close')).toBe(true);
});

test('a pointer of a stale owner is dropped and counted', async () => {
  await using fleet = await Fleet.open(1);
  await fleet.start('w1');
  const id = await fleet.submit({});
  await fleet.untilState(id, 'succeeded');
  const dueMs = fleet.clock.wallMs() + 1_000;
  const ghost = { ...pointerRow(jobRow({ bucket: 0, dueMs }), dueMs, { fence: fenceOf(9, 9) }), jobId: id };
  await fleet.during(fleet.store.append({ bucket: 0 as Bucket, slot: slotOf(dueMs), pointers: [ghost] }));
  await fleet.clock.advance(3_000);
  expect(fleet.eventsOf('pointer.ghost')).toHaveLength(1);
  expect(fleet.runsOf(id)).toHaveLength(1);
});

test('ended jobs are purged by whole slots after their retention, others are kept', async () => {
  await using fleet = await Fleet.open(1);
  await fleet.start('w1', { retentionMs: 20 * 60_000 });
  const ended = await fleet.submit({});
  await fleet.untilState(ended, 'succeeded');
  await fleet.clock.advance(120_000);
  const kept = await fleet.submit(
    { fail: 99 },
    { spec: { backoff: { kind: 'fixed', baseMs: 3_600_000, maxMs: 3_600_000, jitter: 0 } } },
  );
  await fleet.clock.advance(40 * 60_000);
  expect((await fleet.store.jobGet([ended])).size).toBe(0);
  expect((await fleet.store.jobGet([kept])).size).toBe(1);
  await fleet.untilState(kept, 'retrying');
}, 60_000);

test('a lock that an unanswered try took late, so that the next was refused, is given back when it is not wanted any more', async () => {
  await using fleet = await Fleet.open(1);
  const { store, clock } = fleet;
  const name = bucketLockName(bucketOf(0));
  // Somebody whom the bucket is assigned to, once he is there.
  const rival = Array.from({ length: 100 }, (_, index) => memberRow(`rival-${index}`, { buckets: '0' })).find((row) => {
    const candidates = [row, memberRow('w1', { buckets: '0' })];
    return assignBuckets([bucketOf(0)], candidates, []).get(bucketOf(0)) === row.memberId;
  });
  if (rival === undefined) throw new Error('unreachable');
  const take = store.lockTake;
  let late: Parameters<typeof take>[0] | null = null;
  let refused: CasOutcome | null = null;
  const lockTake: typeof take = async (change) => {
    if (late === null) {
      late = change;
      return 'unknown';
    }
    if (refused !== null) return take(change);
    expect(await take(late)).toBe('applied');
    refused = await take(change);
    await store.memberWrite(rival, 60_000);
    return refused;
  };
  Object.assign(store, { lockTake });
  const worker = await fleet.start('w1');
  await clock.advanceUntil(() => refused !== null, 10_000);
  expect(refused).toBe('refused');
  await clock.advance(3_000);
  expect(worker.status().buckets).toEqual([]);
  expect(await store.lockGet(name)).toMatchObject({ session: null, token: 1 });
});

test('a session that is lost during a takeover leaves no checkpoint without what it could not declare lost', async () => {
  await using fleet = await Fleet.open(1);
  await fleet.start('w1');
  const id = await fleet.submit({ ms: 90_000, deaf: true });
  await fleet.untilState(id, 'running');
  await fleet.clock.advance(70_000); // long enough that the low-water mark has passed it: it is named instead
  const before = await fleet.store.checkpointGet(bucketOf(0));
  expect(before?.exceptions).toEqual([id]);
  fleet.cut('w1');
  const noAnswer = () => Promise.reject(unavailableError('STORE_UNAVAILABLE', 'no answer'));
  let isDying = false;
  const dying = Object.assign(Object.create(fleet.reachable('w2')) as Store, {
    append: (mutation: Mutation) => {
      isDying ||= mutation.attempts?.some(({ state }) => state === 'lost') === true;
      return isDying ? noAnswer() : fleet.store.append(mutation);
    },
    sessionRenew: (change: Parameters<Store['sessionRenew']>[0]) =>
      isDying ? Promise.resolve('unknown') : fleet.store.sessionRenew(change),
    sessionGet: (session: Parameters<Store['sessionGet']>[0]) =>
      isDying ? noAnswer() : fleet.store.sessionGet(session),
    sessionInsert: (row: Parameters<Store['sessionInsert']>[0]) =>
      isDying ? noAnswer() : fleet.store.sessionInsert(row),
  });
  fleet.reachable = () => dying;
  await fleet.start('w2');
  await fleet.clock.advance(40_000);
  expect(isDying).toBe(true);
  expect(await fleet.store.checkpointGet(bucketOf(0))).toEqual(before);
});
