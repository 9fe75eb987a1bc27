// Stranded jobs: found when there are some, never where life goes on as it should.
import { expect, test } from 'vitest';
import { fsckBucket } from '../../../src/core/job/fsck.ts';
import { slotOf } from '../../../src/core/model/ids.ts';
import { Fleet } from '../../support/fleet.ts';
import { attemptRow, bucketOf, fenceOf, jobRow, pointerRow } from '../../support/rows.ts';

const BUCKET = bucketOf(0);
const HOUR_MS = 3_600_000;
const look = (fleet: Fleet, repair = false) => fsckBucket(fleet.store, BUCKET, { repair, nowMs: fleet.clock.wallMs() });

test('jobs that run, wait for a retry, or are yet to come are not stranded, whatever happens to their owner', async () => {
  await using fleet = await Fleet.open(1);
  await fleet.start('w1');
  await fleet.submit({ ms: 2 * HOUR_MS, deaf: true });
  await fleet.submit({ fail: 1, retryAfterMs: 3 * HOUR_MS });
  await fleet.submit({ snoozeMs: 3 * HOUR_MS });
  await fleet.submit({}, { delayMs: 2 * HOUR_MS });
  for (let round = 0; round < 20; round += 1) await fleet.submit({ fail: round % 3, ms: 500 * round });
  let unfinished = 0;
  for (let minute = 0; minute < 30; minute += 1) {
    if (minute === 10) fleet.cut('w1');
    if (minute === 11) await fleet.start('w2');
    await fleet.clock.advance(60_000);
    const view = await look(fleet);
    expect(view.stranded).toEqual([]);
    unfinished = Math.max(unfinished, view.unfinished);
  }
  expect(unfinished).toBeGreaterThanOrEqual(3);
});

test('jobs that nothing leads to are found, named, and mended so that they run', async () => {
  await using fleet = await Fleet.open(1);
  await fleet.start('w1');
  await fleet.clock.advance(40 * 60_000);
  await fleet.submit({});
  await fleet.clock.advance(30_000);
  const dueMs = fleet.clock.wallMs() - 30 * 60_000;
  const make = () => jobRow({ bucket: 0, dueMs }, { type: 'do', payload: '{}' });
  const [never, retrying, orphan, led, over] = [make(), make(), make(), make(), make()];
  const waiting = {
    state: 'retrying',
    endedMs: dueMs,
    nextDueMs: dueMs + 1_000,
    error: 'no',
    fence: fenceOf(0, 1),
  } as const;
  await fleet.store.append({
    ...{ bucket: BUCKET, slot: slotOf(dueMs), jobs: [never, retrying, orphan, led, over] },
    attempts: [
      attemptRow(retrying, waiting),
      attemptRow(orphan, { fence: fenceOf(0, 1) }),
      attemptRow(led, waiting),
      attemptRow(over, { state: 'succeeded', endedMs: dueMs }),
    ],
  });
  const nextMs = fleet.clock.wallMs() + HOUR_MS;
  await fleet.store.append({
    ...{ bucket: BUCKET, slot: slotOf(nextMs) },
    pointers: [
      pointerRow(led, nextMs, { fence: fenceOf(0, 1) }),
      pointerRow(retrying, nextMs, { fence: fenceOf(0, 7) }), // names another truth: it will not be obeyed
    ],
  });

  const found = await look(fleet);
  expect(found).toMatchObject({ unfinished: 4, strandedCount: 3, repaired: 0 });
  expect(new Map(found.stranded.map(({ id, state }) => [id, state]))).toEqual(
    new Map([
      [never.jobId, 'pending'],
      [retrying.jobId, 'retrying'],
      [orphan.jobId, 'running'],
    ]),
  );
  await fleet.clock.advance(5 * 60_000);
  expect(fleet.runsOf(never.jobId)).toEqual([]); // nothing but the repair makes them run

  expect(await look(fleet, true)).toMatchObject({ strandedCount: 3, repaired: 3 });
  for (const { jobId } of [never, retrying, orphan]) await fleet.untilState(jobId, 'succeeded');
  expect((await fleet.store.attemptList(orphan.jobId)).map(({ state }) => state)).toEqual([
    'succeeded',
    'lost',
    'running',
  ]);
  expect(await look(fleet)).toMatchObject({ strandedCount: 0, unfinished: 1 });
});

test('a bucket that nobody ever read holds nothing stranded: everything in it is still ahead', async () => {
  await using fleet = await Fleet.open(1);
  await fleet.submit({});
  expect(await look(fleet)).toEqual({ bucket: 0, jobs: 0, unfinished: 0, strandedCount: 0, stranded: [], repaired: 0 });
});
