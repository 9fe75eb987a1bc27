// What becomes of a job, from submit to its recorded outcome, in virtual time.
import { expect, test } from 'vitest';
import { jobCancel, jobRetry, jobWait } from '../../../src/core/job/control.ts';
import { deadLetterGet, deadLetterList } from '../../../src/core/job/dead-letter.ts';
import { jobGet } from '../../../src/core/job/view.ts';
import { Fleet } from '../../support/fleet.ts';

const fixed = (baseMs: number) => ({ kind: 'fixed', baseMs, maxMs: baseMs, jitter: 0 }) as const;

test('a job succeeds: its row is RUNNING before the handler starts, its result is kept', async () => {
  await using fleet = await Fleet.open();
  await fleet.start('w1');
  const id = await fleet.submit({ ms: 200 });
  const running = await fleet.untilState(id, 'running');
  expect(fleet.runsOf(id)[0]?.fencingToken).toBe(running.fence);
  const truth = await fleet.untilState(id, 'succeeded');
  expect(truth).toMatchObject({
    fence: running.fence,
    attempt: 1,
    worker: 'w1',
    result: '{"by":"w1"}',
    nextDueMs: null,
  });
  expect(fleet.runsOf(id)).toHaveLength(1);
});

test('a failure is retried after its backoff, with a higher fencing token', async () => {
  await using fleet = await Fleet.open();
  await fleet.start('w1');
  const id = await fleet.submit({ fail: 2 }, { spec: { backoff: fixed(5_000) } });
  await fleet.untilState(id, 'succeeded');
  const [first, second, third] = fleet.runsOf(id);
  expect([first?.attempt, second?.attempt, third?.attempt]).toEqual([1, 2, 3]);
  expect((second?.startedMs ?? 0) - (first?.startedMs ?? 0)).toBeGreaterThanOrEqual(5_000);
  expect((second?.startedMs ?? 0) - (first?.startedMs ?? 0)).toBeLessThan(5_200);
  expect(third?.fencingToken).toBeGreaterThan(second?.fencingToken ?? 0);
});

test('a retry due at once is not overlooked', async () => {
  await using fleet = await Fleet.open();
  await fleet.start('w1');
  const ids = await Promise.all(
    Array.from({ length: 20 }, () => fleet.submit({ fail: 3 }, { spec: { backoff: fixed(0) } })),
  );
  const startMs = fleet.clock.wallMs();
  for (const id of ids) await fleet.untilState(id, 'succeeded', 5_000);
  expect(fleet.clock.wallMs() - startMs).toBeLessThan(2_000);
});

test('used up attempts make a dead letter, which a replay runs again under its own id', async () => {
  await using fleet = await Fleet.open();
  const { store, clock } = fleet;
  await fleet.start('w1');
  const id = await fleet.submit({ fail: 3 }, { spec: { maxAttempts: 2, backoff: fixed(100) } });
  await fleet.untilState(id, 'dead');
  const letter = await deadLetterGet(store, clock.wallMs(), id);
  expect(letter).toMatchObject({ attempts: 2, reason: 'no', job: { jobId: id } });
  await fleet.during(jobRetry({ store, clock }, id, { timeoutMs: 5_000 }));
  await fleet.untilState(id, 'dead');
  expect(fleet.runsOf(id).map(({ attempt }) => attempt)).toEqual([1, 2, 1, 2]);
  const letters = await deadLetterList(store, clock.wallMs(), { limit: 10 });
  expect(letters.items).toHaveLength(1);
  expect(letters.items[0]?.fence).not.toBe(letter?.fence);
});

test('a fatal failure is not retried', async () => {
  await using fleet = await Fleet.open();
  await fleet.start('w1');
  const id = await fleet.submit({ fatal: true });
  expect(await fleet.untilState(id, 'failed')).toMatchObject({ attempt: 1, error: 'fatal' });
  expect((await deadLetterList(fleet.store, fleet.clock.wallMs(), { limit: 10 })).items).toEqual([]);
});

test('Retry-After is obeyed when it is longer than the backoff', async () => {
  await using fleet = await Fleet.open();
  await fleet.start('w1');
  const id = await fleet.submit({ fail: 1, retryAfterMs: 20_000 }, { spec: { backoff: fixed(100) } });
  await fleet.untilState(id, 'succeeded');
  const [first, second] = fleet.runsOf(id);
  expect((second?.startedMs ?? 0) - (first?.startedMs ?? 0)).toBeGreaterThanOrEqual(20_000);
});

test('an attempt is stopped at its run time-out, also when its handler does not listen', async () => {
  await using fleet = await Fleet.open();
  await fleet.start('w1');
  const spec = { runTimeoutMs: 1_000, maxAttempts: 1 };
  const [listens, deaf] = [
    await fleet.submit({ ms: 90_000 }, { spec }),
    await fleet.submit({ ms: 90_000, deaf: true }, { spec }),
  ];
  expect(await fleet.untilState(listens, 'dead')).toMatchObject({ error: 'timed out after 1000 ms' });
  expect(await fleet.untilState(deaf, 'dead')).toMatchObject({ error: 'timed out after 1000 ms' });
});

test('a snooze gives the attempt back', async () => {
  await using fleet = await Fleet.open();
  await fleet.start('w1');
  const id = await fleet.submit({ snoozeMs: 3_000 });
  await fleet.untilState(id, 'succeeded');
  expect(fleet.runsOf(id).map(({ attempt }) => attempt)).toEqual([1, 1]);
});

test('a type without a handler waits for a worker that has one, at no cost of attempts', async () => {
  await using fleet = await Fleet.open();
  const first = await fleet.start('w1', { types: ['other'] });
  const id = await fleet.submit({});
  expect(await fleet.untilState(id, 'snoozed')).toMatchObject({ error: 'worker w1 has no handler for this type' });
  await fleet.during(first.drain(AbortSignal.abort()));
  await fleet.start('w2');
  expect(await fleet.untilState(id, 'succeeded')).toMatchObject({ attempt: 1 });
});

test('a delayed job runs when it is due, and not before', async () => {
  await using fleet = await Fleet.open();
  await fleet.start('w1');
  const dueMs = fleet.clock.wallMs() + 95_000;
  const id = await fleet.submit({}, { delayMs: 95_000 });
  await fleet.untilState(id, 'succeeded', 120_000);
  const lateMs = (fleet.runsOf(id)[0]?.startedMs ?? 0) - dueMs;
  expect(lateMs).toBeGreaterThanOrEqual(0);
  expect(lateMs).toBeLessThan(200);
});

test('urgent jobs start first', async () => {
  await using fleet = await Fleet.open(1);
  await fleet.start('w1', { concurrency: 1 });
  await fleet.submit({ ms: 1_000 });
  await fleet.clock.advance(100);
  const late = await fleet.submit({}, { priority: 9 });
  const early = await fleet.submit({}, { priority: 0 });
  await fleet.untilState(late, 'succeeded');
  expect(fleet.runs.map(({ id }) => id).slice(1)).toEqual([early, late]);
});

test('cancel: a delayed job never runs, a waiting retry ends, a running one is stopped', async () => {
  await using fleet = await Fleet.open();
  const { store, clock } = fleet;
  await fleet.start('w1');
  const delayed = await fleet.submit({}, { delayMs: 10_000 });
  const waiting = await fleet.submit({ fail: 9 }, { spec: { backoff: fixed(30_000) } });
  const running = await fleet.submit({ ms: 90_000 });
  await fleet.untilState(waiting, 'retrying');
  for (const id of [delayed, waiting, running]) {
    expect(await fleet.during(jobCancel({ store, clock }, id, { timeoutMs: 5_000 }))).toBe('cancelled');
  }
  await clock.advance(120_000);
  expect(fleet.runsOf(delayed)).toEqual([]);
  expect(fleet.runsOf(waiting)).toHaveLength(1);
  expect(fleet.runsOf(running)).toHaveLength(1);
  expect((await jobGet(store, delayed))?.attempts).toEqual([]);
  expect((await jobGet(store, waiting))?.attempts).toHaveLength(1);
});

test('a job cancelled before it is due stays cancelled for the next owner', async () => {
  await using fleet = await Fleet.open();
  const { store, clock } = fleet;
  const first = await fleet.start('w1');
  const id = await fleet.submit({}, { delayMs: 60_000 });
  await fleet.during(jobCancel({ store, clock }, id, { timeoutMs: 5_000 }));
  await fleet.during(first.drain(AbortSignal.abort()));
  await fleet.start('w2');
  await clock.advance(90_000);
  expect(fleet.runsOf(id)).toEqual([]);
});

test('retry runs a delayed job now, once', async () => {
  await using fleet = await Fleet.open();
  const { store, clock } = fleet;
  await fleet.start('w1');
  const id = await fleet.submit({}, { delayMs: 60_000 });
  await fleet.during(jobRetry({ store, clock }, id, { timeoutMs: 5_000 }));
  expect(await fleet.during(jobWait({ store, clock }, id, { timeoutMs: 5_000 }))).toBe('succeeded');
  await clock.advance(90_000);
  expect(fleet.runsOf(id)).toHaveLength(1);
});

test('ten thousand jobs that wait for their worker are each run once', async () => {
  await using fleet = await Fleet.open();
  const submitted = fleet.submitter.submitAll(Array.from({ length: 10_000 }, () => ({ type: 'do', payload: '{}' })));
  await fleet.clock.advance(3_000);
  const ids = (await submitted).map(({ id }) => id);
  await fleet.start('w1', { concurrency: 64 });
  await fleet.clock.advanceUntil(() => fleet.eventsOf('job.ended').length >= ids.length);
  await fleet.clock.advance(5_000);
  expect(fleet.runs).toHaveLength(ids.length);
  expect(new Set(fleet.runs.map(({ id }) => id)).size).toBe(ids.length);
}, 60_000);

test('while outcomes cannot be written, no more jobs run than a crash may run again: twice the concurrency', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await using fleet = await Fleet.open(4, (store) => ({
    ...store,
    append: async (mutation) => {
      if (mutation.attempts?.some(({ state }) => state !== 'running')) await promise;
      return store.append(mutation);
    },
  }));
  await fleet.start('w1', { concurrency: 8 });
  const ids = await Promise.all(Array.from({ length: 40 }, () => fleet.submit({ ms: 10 })));
  await fleet.clock.advance(5_000);
  expect(fleet.runs).toHaveLength(16);
  resolve();
  for (const id of ids) await fleet.untilState(id, 'succeeded', 5_000);
  expect(fleet.runs).toHaveLength(40);
});
