// Orders by people, and waiting: what is executed, what is refused, and what is kept for the next owner of the bucket.
import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/chaos/seeded-random.ts';
import { jobCancel, jobRetry, jobWait } from '../../../src/core/job/control.ts';
import { deadLetterDiscard, deadLetterGet, deadLetterRetry } from '../../../src/core/job/dead-letter.ts';
import { jobGet } from '../../../src/core/job/view.ts';
import { jobKey, makeJobId, NO_FENCE } from '../../../src/core/model/ids.ts';
import type { AttemptRow } from '../../../src/core/model/job.ts';
import { bucketLockName } from '../../../src/core/model/lock.ts';
import { Fleet } from '../../support/fleet.ts';
import { attemptRow, bucketOf, fenceOf, jobRow, memberRow, operationId, sessionRow } from '../../support/rows.ts';

const TIMEOUT = { timeoutMs: 5_000 };
const ONE_ATTEMPT = { spec: { maxAttempts: 1 } };

test('without a live worker an order is accepted, and executed by the next one', async () => {
  await using fleet = await Fleet.open();
  const { store, clock } = fleet;
  const worker = await fleet.start('w1');
  const dead = await fleet.submit({ fail: 1 }, ONE_ATTEMPT);
  await fleet.untilState(dead, 'dead');
  await fleet.during(worker.drain(AbortSignal.abort()));
  const waiting = await fleet.submit({});
  expect(await fleet.during(jobCancel({ store, clock }, waiting, TIMEOUT))).toBe('accepted');
  expect(await fleet.during(jobRetry({ store, clock }, dead, TIMEOUT))).toBe('accepted');
  await fleet.start('w2');
  await fleet.untilState(waiting, 'cancelled');
  await clock.advanceUntil(() => fleet.runsOf(dead).length === 2);
  expect(fleet.runsOf(waiting)).toEqual([]);
});

test('a worker that crashed counts as none once its announcement has expired', async () => {
  await using fleet = await Fleet.open();
  const { store, clock } = fleet;
  await fleet.start('w1');
  fleet.cut('w1');
  await clock.advance(60_000);
  const id = await fleet.submit({}, { delayMs: 3_600_000 });
  expect(await fleet.during(jobCancel({ store, clock }, id, TIMEOUT))).toBe('accepted');
});

test('an order is given again when the job has moved on meanwhile', async () => {
  await using fleet = await Fleet.open();
  const { store, clock } = fleet;
  const id = await fleet.submit({});
  const place = jobKey(id);
  // The owner is played here, so that it can start the job between reading the order and obeying it.
  const session = sessionRow();
  await store.sessionInsert(session);
  const lock = { name: bucketLockName(place.bucket), expected: null, operationId: operationId(), note: 'w1' };
  await store.lockTake({ ...lock, session: session.id });
  await store.memberWrite(memberRow('w1', { session: session.id }), 60_000);
  const orders = async () => {
    const range = { dueFromMs: 0, dueToMs: Number.MAX_SAFE_INTEGER, limit: 10 };
    return (await store.pointerSweep({ buckets: [place.bucket], slot: place.slot, ...range })).map(
      ({ op, fence }) => [op, fence] as const,
    );
  };
  const row = (sequence: number, fields: Partial<AttemptRow>): Promise<void> =>
    store.append({
      ...place,
      attempts: [attemptRow({ ...jobRow(place), jobId: id }, { fence: fenceOf(1, sequence), ...fields })],
    });

  const cancelled = jobCancel({ store, clock }, id, TIMEOUT);
  await clock.advanceUntil(async () => (await orders()).length === 1);
  await row(1, { state: 'running' });
  await clock.advanceUntil(async () => (await orders()).length === 2);
  expect(await orders()).toEqual([
    ['cancel', NO_FENCE],
    ['cancel', fenceOf(1, 1)],
  ]);
  await row(1, { state: 'cancelled', endedMs: clock.wallMs() });
  expect(await fleet.during(cancelled)).toBe('cancelled');
});

test('an order that its job does not allow is refused', async () => {
  await using fleet = await Fleet.open();
  const { store, clock } = fleet;
  await fleet.start('w1');
  const deps = { store, clock };
  const [done, running] = [await fleet.submit({}), await fleet.submit({ ms: 60_000 })];
  await fleet.untilState(done, 'succeeded');
  await fleet.untilState(running, 'running');
  const conflict = { code: 'JOB_STATE_CONFLICT', exitCode: 4 };
  await expect(jobCancel(deps, done, TIMEOUT)).rejects.toMatchObject(conflict);
  await expect(jobRetry(deps, done, TIMEOUT)).rejects.toMatchObject(conflict);
  await expect(jobRetry(deps, running, TIMEOUT)).rejects.toMatchObject(conflict);
  const missing = makeJobId({ bucket: bucketOf(1), priority: 5, dueMs: clock.wallMs() }, seededRandom(9));
  for (const order of [jobCancel, jobRetry, jobWait]) {
    await expect(order(deps, missing, TIMEOUT)).rejects.toMatchObject({ code: 'JOB_NOT_FOUND', exitCode: 3 });
  }
});

test('a live worker that does not obey in time is reported; the order stays', async () => {
  await using fleet = await Fleet.open();
  const { store, clock } = fleet;
  await fleet.start('w1');
  const id = await fleet.submit({ ms: 20_000, deaf: true, fail: 9 });
  await fleet.untilState(id, 'running');
  const late = { code: 'WAIT_TIMEOUT', exitCode: 124 };
  await expect(fleet.during(jobCancel({ store, clock }, id, { timeoutMs: 2_000 }))).rejects.toMatchObject(late);
  await fleet.untilState(id, 'cancelled');
});

test('waiting ends soon after the outcome, at the time-out, or with its signal', async () => {
  await using fleet = await Fleet.open();
  const { store, clock } = fleet;
  await fleet.start('w1');
  const id = await fleet.submit({ ms: 7_000 });
  const late = { code: 'WAIT_TIMEOUT', exitCode: 124 };
  await expect(fleet.during(jobWait({ store, clock }, id, { timeoutMs: 1_000 }))).rejects.toMatchObject(late);
  const stop = new AbortController();
  const stopped = jobWait({ store, clock }, id, { timeoutMs: 60_000, signal: stop.signal });
  stopped.catch(() => {});
  await clock.advance(500);
  stop.abort();
  await expect(stopped).rejects.toMatchObject(late);
  let seenMs = 0;
  const waited = jobWait({ store, clock }, id, { timeoutMs: 60_000 }).then((state) => {
    seenMs = clock.wallMs();
    return state;
  });
  expect(await fleet.during(waited)).toBe('succeeded');
  expect(seenMs - ((await fleet.truth(id))?.endedMs ?? 0)).toBeLessThanOrEqual(150);
});

test('a dead letter whose job is gone runs as a new job, and is deleted', async () => {
  await using fleet = await Fleet.open();
  const { store, clock, submitter } = fleet;
  await fleet.start('w1');
  const id = await fleet.submit({ fail: 1 }, { ...ONE_ATTEMPT, key: 'k', partitionKey: 'p' });
  await fleet.untilState(id, 'dead');
  await store.partitionDelete(jobKey(id));
  const letter = await deadLetterGet(store, clock.wallMs(), id);
  if (letter === null) throw new Error('the dead letter is gone, too');
  const retried = await fleet.during(deadLetterRetry({ store, clock, submit: submitter }, letter));
  expect(retried).toMatchObject({ outcome: 'pending' });
  expect(retried.id).not.toBe(id);
  expect(await jobGet(store, retried.id)).toMatchObject({ replayOf: id, key: null, partitionKey: 'p', maxAttempts: 1 });
  expect(await deadLetterGet(store, clock.wallMs(), id)).toBeNull();
});

test('a dead letter that is there is retried under its own id; a discarded one is gone for good', async () => {
  await using fleet = await Fleet.open();
  const { store, clock, submitter } = fleet;
  await fleet.start('w1');
  const id = await fleet.submit({ fail: 1 }, ONE_ATTEMPT);
  for (const runs of [1, 2]) {
    await clock.advanceUntil(async () => fleet.runsOf(id).length === runs && (await fleet.truth(id))?.state === 'dead');
    const letter = await deadLetterGet(store, clock.wallMs(), id);
    if (letter === null) throw new Error('there is no dead letter');
    if (runs === 2) await deadLetterDiscard(store, letter);
    else {
      const retried = await fleet.during(deadLetterRetry({ store, clock, submit: submitter }, letter));
      expect(retried.id).toBe(id);
      expect(retried.outcome).not.toBe('accepted');
    }
  }
  expect(await deadLetterGet(store, clock.wallMs(), id)).toBeNull();
  expect(await jobGet(store, id)).toMatchObject({ state: 'dlq' });
});
