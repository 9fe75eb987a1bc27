// Schedulers in virtual time: every slot is accounted for, whoever dies.
import { describe, expect, test } from 'vitest';
import { jobGet } from '../../../src/core/job/view.ts';
import { unavailableError } from '../../../src/core/model/errors.ts';
import type { Bucket } from '../../../src/core/model/ids.ts';
import { isTerminal } from '../../../src/core/model/job.ts';
import { type RunRow, type ScheduleRow, scheduleShard } from '../../../src/core/model/schedule.ts';
import type { Store } from '../../../src/core/ports/store.ts';
import { CronScene } from '../../support/cron-scene.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

const slotsOf = (runs: readonly RunRow[]): readonly number[] => runs.map(({ slotMs }) => slotMs);
const every = (fromMs: number, stepMs: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => fromMs + (index + 1) * stepMs);

test('every slot is fired once, at its time, and its job runs', async () => {
  await using scene = await CronScene.open();
  const { fleet } = scene;
  await fleet.start('w1');
  await scene.start('a');
  const fromMs = fleet.clock.wallMs();
  await scene.make('tick', { cron: 'every 10s', overlap: 'allow' });
  await fleet.clock.advance(65_000);
  const runs = await scene.runs('tick');
  expect(runs.map(({ state, isLate }) => [state, isLate])).toEqual(runs.map(() => ['fired', false]));
  expect(slotsOf(runs)).toEqual(every(Math.floor(fromMs / 10_000) * 10_000, 10_000, 6));
  for (const { jobId, slotMs } of runs) {
    if (jobId === null) throw new Error('a fired slot has a job');
    const [run] = fleet.runsOf(jobId);
    expect(run?.startedMs).toBeGreaterThanOrEqual(slotMs);
    expect(run?.startedMs).toBeLessThan(slotMs + SECOND_MS);
    const slotAt = new Date(slotMs).toISOString();
    expect((await jobGet(fleet.store, jobId))?.schedule).toEqual({
      name: 'tick',
      slotAt,
      isLate: false,
      isBackfill: false,
    });
  }
});

test('the first slots of a new schedule, which is noticed late, run as soon as it is', async () => {
  await using scene = await CronScene.open();
  const { fleet } = scene;
  await fleet.start('w1');
  const slow = Object.assign(Object.create(fleet.store) as Store, {
    scheduleList: async (shard: Bucket) => {
      await fleet.clock.sleep(400);
      return fleet.store.scheduleList(shard);
    },
  });
  await scene.start('a', slow);
  await fleet.clock.advance(10_000);
  // At any time between two looks at the schedules: some are noticed up to 2 s after their first slot.
  const names = Array.from({ length: 20 }, (_, index) => `s${index}`);
  for (const name of names) {
    await scene.make(name, { cron: 'every 1s', overlap: 'allow' });
    await fleet.clock.advance(330);
  }
  await fleet.clock.advance(6_000);
  for (const { jobId, decidedMs } of (await Promise.all(names.map((name) => scene.runs(name)))).flat()) {
    const [run] = jobId === null ? [] : fleet.runsOf(jobId);
    expect((run?.startedMs ?? Number.POSITIVE_INFINITY) - decidedMs).toBeLessThan(1_500);
  }
});

test('schedulers share the shards; when one is cut off the others take over, and no slot is lost or fired twice', async () => {
  await using scene = await CronScene.open();
  const { fleet } = scene;
  await fleet.start('w1');
  const schedulers = [await scene.start('a'), await scene.start('b')];
  await fleet.clock.advance(5_000);
  expect(schedulers.flatMap((each) => each.status().shards).toSorted()).toEqual([0, 1, 2, 3]);
  const fromMs = fleet.clock.wallMs();
  const names = Array.from({ length: 12 }, (_, index) => `s${index}`);
  for (const name of names) await scene.make(name, { cron: 'every 5s', overlap: 'allow', misfire: 'all' });
  await fleet.clock.advance(20_000);
  scene.cut('a');
  await fleet.clock.advance(60_000);
  const toMs = fleet.clock.wallMs();
  for (const name of names) {
    const runs = await scene.runs(name);
    const expected = every(Math.floor(fromMs / 5_000) * 5_000, 5_000, 100).filter(
      (slotMs) => slotMs > fromMs && slotMs <= toMs,
    );
    expect(slotsOf(runs), name).toEqual(expected);
    expect(new Set(runs.map(({ state }) => state))).toEqual(new Set(['fired']));
    const ids = runs.map(({ jobId }) => jobId);
    expect(new Set(ids).size).toBe(ids.length);
    const truths = await fleet.store.truthGet(ids.filter((id) => id !== null));
    expect(truths.size).toBe(ids.length);
    for (const { state, attempt } of truths.values()) expect([isTerminal(state), attempt]).toEqual([true, 1]);
  }
});

describe('slots that nobody was there for', () => {
  test.each([
    ['skip', '1-59/2 * * * *', ['missed', 'missed']],
    ['one', '1-59/2 * * * *', ['missed', 'fired late']],
    ['one', '* * * * *', ['missed', 'missed', 'missed', 'missed', 'fired']], // the last one is in time
    ['all', '* * * * *', ['missed', 'missed', 'fired late', 'fired late', 'fired']],
  ] as const)('%s of %s', async (misfire, cron, expected) => {
    await using scene = await CronScene.open();
    const { fleet } = scene;
    await scene.make('minutely', { cron, misfire, catchUpMs: 3 * MINUTE_MS, overlap: 'allow' });
    await fleet.clock.advance(5 * MINUTE_MS + 10_000);
    await scene.start('a');
    await fleet.clock.advance(5_000);
    const runs = await scene.runs('minutely');
    const what = runs.map(({ state, isLate }) => (state === 'fired' && isLate ? 'fired late' : state));
    expect(what).toEqual(expected);
    for (const { state, reason } of runs) expect(reason !== null).toBe(state !== 'fired');
  });
});

test.each([
  ['skip', 0],
  ['one', 1],
  ['all', 3],
] as const)('after a day without a scheduler, %s of an hourly schedule fires %i slots late', async (misfire, late) => {
  await using scene = await CronScene.open();
  const { fleet } = scene;
  const first = await scene.start('a');
  await scene.make('hourly', { cron: '30 * * * *', misfire, catchUpMs: 3 * 3_600_000, overlap: 'allow' });
  await fleet.clock.advance(5 * MINUTE_MS);
  await fleet.during(first.drain(), 60_000);
  await fleet.clock.advance(24 * 60 * MINUTE_MS);
  await scene.start('b');
  await fleet.clock.advance(5_000);
  const runs = await scene.runs('hourly');
  expect(runs).toHaveLength(24);
  expect(runs.filter(({ state, isLate }) => state === 'fired' && isLate)).toHaveLength(late);
  expect(runs.filter(({ state }) => state === 'missed')).toHaveLength(24 - late);
});

test('a schedule whose rows cannot be read does not make another one be decided twice', async () => {
  await using scene = await CronScene.open();
  const { fleet } = scene;
  const names = Array.from({ length: 40 }, (_, index) => `s${index}`);
  const [slow = '', unreadable = ''] = names.filter((name) => scheduleShard(name, 4) === scheduleShard('s0', 4));
  const intents: string[] = [];
  const store = Object.assign(Object.create(fleet.store) as Store, {
    runList: (range: Parameters<Store['runList']>[0]) =>
      range.schedule === unreadable
        ? Promise.reject(unavailableError('STORE_UNAVAILABLE', 'no answer'))
        : fleet.store.runList(range),
    runWrite: async (row: RunRow) => {
      if (row.state === 'firing') intents.push(`${row.schedule}/${row.slotMs}`);
      if (row.state === 'firing' && row.schedule === slow) await fleet.clock.sleep(3_000);
      await fleet.store.runWrite(row);
    },
  });
  for (const name of [slow, unreadable]) await scene.make(name, { cron: 'every 30s', overlap: 'allow' });
  await scene.start('a', store);
  await fleet.clock.advance(45_000);
  expect(intents).toHaveLength(1);
  expect((await scene.runs(slow)).map(({ state }) => state)).toEqual(['fired']);
});

test('a slot is left out while the job of an earlier one is not over, and says so', async () => {
  await using scene = await CronScene.open();
  const { fleet } = scene;
  await fleet.start('w1');
  await scene.start('a');
  const job = { queue: 'default', type: 'do', payload: '{"ms":25000}', priority: 5, spec: {} };
  await scene.make('slow', { cron: 'every 10s', job });
  await fleet.clock.advance(62_000);
  const runs = await scene.runs('slow');
  expect(runs.map(({ state }) => state)).toEqual(['fired', 'skipped', 'skipped', 'fired', 'skipped', 'skipped']);
  expect(runs[1]?.reason).toMatch(/^job .* of an earlier slot is running$/);
});

test('a pause skips slots, with its reason; a change of the calendar counts from then on', async () => {
  await using scene = await CronScene.open();
  const { fleet } = scene;
  await scene.start('a');
  await scene.make('changing', { cron: 'every 10s', overlap: 'allow' });
  await fleet.clock.advance(21_000);
  const row = (await fleet.store.scheduleGet('changing')) as ScheduleRow;
  const atMs = fleet.clock.wallMs();
  const paused = { ...row, version: 2, paused: { reason: 'new disk', atMs } };
  expect(await fleet.store.scheduleWrite(paused, 1)).toBe('applied');
  await fleet.clock.advance(20_000);
  const resumedMs = fleet.clock.wallMs();
  const resumed = { ...row, version: 3, cron: 'every 30s', fromMs: resumedMs };
  expect(await fleet.store.scheduleWrite(resumed, 2)).toBe('applied');
  await fleet.clock.advance(60_000);
  const runs = await scene.runs('changing');
  const before = runs.filter(({ slotMs }) => slotMs <= resumedMs);
  expect(before.map(({ state, reason }) => [state, reason])).toEqual([
    ...[
      ['fired', null],
      ['fired', null],
    ],
    ...[
      ['skipped', 'paused: new disk'],
      ['skipped', 'paused: new disk'],
    ],
  ]);
  expect(slotsOf(runs.filter(({ slotMs }) => slotMs > resumedMs)).every((slotMs) => slotMs % 30_000 === 0)).toBe(true);
  expect(runs.length - before.length).toBe(2);
});
