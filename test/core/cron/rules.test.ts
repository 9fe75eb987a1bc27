// What a schedule may do beyond its calendar: overlap, jitter, bounds, limits, pauses, backfills. In virtual time.
import { describe, expect, test } from 'vitest';
import { scheduleBackfill, scheduleFind, schedulePause, scheduleUpdate } from '../../../src/core/cron/manage.ts';
import { jobDueMs } from '../../../src/core/model/ids.ts';
import { parseOverlap, type RunRow, type ScheduleRow } from '../../../src/core/model/schedule.ts';
import { CronScene } from '../../support/cron-scene.ts';
import type { Script } from '../../support/fleet.ts';

const jobOf = (script: Script, maxAttempts = 1) => ({
  ...{ queue: 'default', type: 'do', payload: JSON.stringify(script), priority: 5, spec: { maxAttempts } },
});
const statesOf = (runs: readonly RunRow[]): readonly string[] => runs.map(({ state }) => state);

/** When the jobs of a schedule ran, from its first slot on, s. */
const spansOf = (scene: CronScene, runs: readonly RunRow[]): readonly (readonly [number, number])[] =>
  runs
    .flatMap(({ jobId }) => (jobId === null ? [] : scene.fleet.runsOf(jobId)))
    .map(({ startedMs, endedMs }) => {
      const second = (ms: number | null): number => Math.floor(((ms ?? 0) - (runs[0]?.slotMs ?? 0)) / 1_000);
      return [second(startedMs), second(endedMs)] as const;
    });

const sceneWith = async (name: string, fields: Partial<ScheduleRow>): Promise<CronScene> => {
  const scene = await CronScene.open();
  await scene.fleet.start('w1');
  await scene.start('a');
  await scene.make(name, fields);
  return scene;
};

test.each([
  ['skip', { atOnce: 1, waiting: 0, isCancelling: false }],
  ['allow', { atOnce: Number.POSITIVE_INFINITY, waiting: 0, isCancelling: false }],
  ['allow(3)', { atOnce: 3, waiting: 0, isCancelling: false }],
  ['buffer(100)', { atOnce: 1, waiting: 100, isCancelling: false }],
  ['cancel-previous', { atOnce: 1, waiting: 1, isCancelling: true }],
])('the overlap policy "%s"', (text, expected) => {
  expect(parseOverlap(text)).toEqual(expected);
});

test.each([
  ...['buffer', 'buffer(0)', 'buffer(101)', 'skip(1)', 'cancel-previous(1)', 'allow( 1)', ''],
])('"%s" is no overlap policy', (text) => {
  expect(parseOverlap(text)).toBeNull();
});

describe('while jobs of earlier slots are not over', () => {
  test('allow(2): two at once, and no third', async () => {
    await using scene = await sceneWith('s', { cron: 'every 10s', overlap: 'allow(2)', job: jobOf({ ms: 35_000 }) });
    await scene.fleet.clock.advance(62_000);
    const runs = await scene.runs('s');
    expect(statesOf(runs)).toEqual(['fired', 'fired', 'skipped', 'skipped', 'fired', 'fired']);
    expect(runs[2]?.reason).toBe('2 jobs of earlier slots are not over');
  });

  test('buffer(2): slots wait for their turn, and those beyond are left out', async () => {
    await using scene = await sceneWith('s', { cron: 'every 10s', overlap: 'buffer(2)', job: jobOf({ ms: 35_000 }) });
    await scene.fleet.clock.advance(45_000);
    const early = await scene.runs('s');
    expect(statesOf(early)).toEqual(['fired', 'fired', 'buffered', 'skipped']);
    await scene.fleet.clock.advance(130_000);
    const runs = await scene.runs('s');
    expect(statesOf(runs).slice(0, 5)).toEqual(['fired', 'fired', 'fired', 'skipped', 'fired']);
    expect(runs[3]?.reason).toMatch(/^2 slots wait already: job .* of an earlier slot is running$/);
    const spans = spansOf(scene, runs).slice(0, 4);
    for (const [index, [start]] of spans.entries()) {
      const [, endBefore] = spans[index - 1] ?? [0, 0];
      expect(start - endBefore).toBeGreaterThanOrEqual(0);
      expect(start - endBefore).toBeLessThanOrEqual(1);
    }
  });

  test('slots that wait are fired by whoever takes over', async () => {
    await using scene = await sceneWith('s', { cron: 'every 20s', overlap: 'buffer(3)', job: jobOf({ ms: 50_000 }) });
    await scene.fleet.clock.advance(45_000);
    scene.cut('a');
    await scene.start('b');
    await scene.fleet.clock.advance(100_000);
    const [first, second, third] = await scene.runs('s');
    expect([first, second, third].map((run) => run?.state)).toEqual(['fired', 'fired', 'fired']);
    const spans = spansOf(scene, await scene.runs('s'));
    expect(spans.slice(0, 3).map(([start]) => start)).toEqual([0, 50, 100]);
  });

  test('cancel-previous: the job before is cancelled, and the slot is fired once that is over', async () => {
    await using scene = await sceneWith('s', {
      ...{ cron: 'every 10s', overlap: 'cancel-previous', job: jobOf({ ms: 600_000 }) },
    });
    await scene.fleet.clock.advance(35_000);
    const runs = await scene.runs('s');
    expect(statesOf(runs)).toEqual(['fired', 'fired', 'fired']);
    const truths = await scene.fleet.store.truthGet(runs.flatMap(({ jobId }) => (jobId === null ? [] : [jobId])));
    expect([...truths.values()].map(({ state }) => state)).toEqual(['cancelled', 'cancelled', 'running']);
    expect(spansOf(scene, runs).map(([start]) => start)).toEqual([0, 10, 20]);
  });

  test('cancel-previous, and no worker is there to do it: of the slots that wait the last one stays', async () => {
    await using scene = await CronScene.open();
    await scene.start('a');
    await scene.make('s', { cron: 'every 10s', overlap: 'cancel-previous' });
    await scene.fleet.clock.advance(45_000);
    const runs = await scene.runs('s');
    expect(statesOf(runs)).toEqual(['fired', 'skipped', 'skipped', 'buffered']);
    expect(runs[1]?.reason).toBe('a later slot was due before it could be fired');
  });

  test('a pause leaves out what waits', async () => {
    await using scene = await sceneWith('s', { cron: 'every 10s', overlap: 'buffer(2)', job: jobOf({ ms: 25_000 }) });
    await scene.fleet.clock.advance(25_000);
    await schedulePause(scene.fleet.store, 's', 'upgrade');
    await scene.fleet.clock.advance(30_000);
    const runs = await scene.runs('s');
    expect(runs.map(({ state, reason }) => [state, reason]).slice(0, 3)).toEqual([
      ...[
        ['fired', null],
        ['skipped', 'paused: upgrade'],
        ['skipped', 'paused: upgrade'],
      ],
    ]);
  });
});

test('jitter: jobs start later than their slots, not as late as the next, and always the same', async () => {
  const fields = { cron: 'every 10s', overlap: 'allow', jitterMs: 60_000, createdMs: 7 } as const;
  const lags: number[][] = [];
  for (let round = 0; round < 2; round += 1) {
    await using scene = await sceneWith('s', fields);
    await scene.fleet.clock.advance(125_000);
    const runs = (await scene.runs('s')).filter(({ jobId }) => jobId !== null);
    lags.push(runs.map(({ jobId, slotMs }) => jobDueMs(jobId as never) - slotMs));
  }
  expect(lags[0]).toHaveLength(12);
  expect(lags[0]).toEqual(lags[1]);
  for (const lagMs of lags[0] ?? []) expect(lagMs).toBeLessThan(10_000);
  expect(new Set(lags[0]).size).toBeGreaterThan(6);
});

test('bounds: no slot before the start, none after the end', async () => {
  await using scene = await CronScene.open();
  await scene.start('a');
  const nowMs = Math.ceil(scene.fleet.clock.wallMs() / 10_000) * 10_000;
  await scene.make('s', { cron: 'every 10s', overlap: 'allow', startMs: nowMs + 20_000, endMs: nowMs + 45_000 });
  await scene.fleet.clock.advance(90_000);
  expect((await scene.runs('s')).map(({ slotMs }) => slotMs - nowMs)).toEqual([20_000, 30_000, 40_000]);
});

test('a limit of fires holds, also over a takeover, and slots beyond it say so', async () => {
  await using scene = await sceneWith('s', { cron: 'every 10s', overlap: 'allow', maxFires: 3 });
  await scene.fleet.clock.advance(25_000);
  scene.cut('a');
  await scene.start('b');
  await scene.fleet.clock.advance(40_000);
  const runs = await scene.runs('s');
  expect(statesOf(runs).slice(0, 5)).toEqual(['fired', 'fired', 'fired', 'skipped', 'skipped']);
  expect(runs[3]?.reason).toBe('fired 3 times, its limit');
  await scene.fleet.during(scheduleUpdate(scene.fleet.store, 's', { maxFires: null }));
  await scene.fleet.clock.advance(20_000);
  expect((await scene.runs('s')).at(-1)?.state).toBe('fired');
});

test('jobs that fail one after another pause it, once, and it can go on', async () => {
  const fields = { cron: 'every 10s', pauseAfterFailures: 2, job: jobOf({ fatal: true }) } as const;
  await using scene = await sceneWith('s', fields);
  const { store, clock } = scene.fleet;
  await clock.advance(45_000);
  expect((await scheduleFind(store, 's')).paused?.reason).toBe('its last 2 jobs failed');
  expect(statesOf(await scene.runs('s'))).toEqual(['fired', 'fired', 'skipped', 'skipped']);
  await scheduleUpdate(store, 's', {});
  const { version } = await scheduleFind(store, 's');
  expect(
    await store.scheduleWrite({ ...(await scheduleFind(store, 's')), version: version + 1, paused: null }, version),
  ).toBe('applied');
  await clock.advance(20_000);
  expect(statesOf(await scene.runs('s')).slice(4)).toEqual(['fired', 'fired']);
  await clock.advance(20_000);
  expect((await scheduleFind(store, 's')).paused).not.toBeNull();
});

describe('a backfill', () => {
  test('fires what was not fired, in order, one after another, and says so in its jobs', async () => {
    await using scene = await CronScene.open();
    const { store, clock } = scene.fleet;
    await scene.fleet.start('w1');
    await scene.make('s', { cron: 'every 10s', overlap: 'allow', misfire: 'skip', job: jobOf({ ms: 3_000 }) });
    const fromMs = clock.wallMs();
    await clock.advance(200_000);
    await scene.start('a');
    await clock.advance(3_000);
    const missed = (await scene.runs('s')).filter(({ state }) => state === 'missed');
    expect(missed.length).toBeGreaterThan(10);
    const made = scheduleBackfill(store, 's', { fromMs: fromMs - 20_000, toMs: Number.MAX_SAFE_INTEGER });
    await scene.fleet.during(made);
    await expect(scheduleBackfill(store, 's', { fromMs, toMs: clock.wallMs() })).rejects.toThrow(/is going on/);
    await clock.advance(90_000);
    const runs = await scene.runs('s');
    expect(new Set(statesOf(runs))).toEqual(new Set(['fired']));
    const filled = runs.filter(({ isBackfill }) => isBackfill);
    expect(filled.length).toBe(missed.length + 2);
    expect((await scheduleFind(store, 's')).backfill).toBeNull();
    const spans = filled.flatMap(({ jobId }) => (jobId === null ? [] : scene.fleet.runsOf(jobId)));
    expect(spans).toHaveLength(filled.length);
    for (const [index, { startedMs }] of spans.entries()) {
      expect(startedMs).toBeGreaterThanOrEqual(spans[index - 1]?.endedMs ?? 0);
    }
    expect(new Set(runs.map(({ jobId }) => jobId)).size).toBe(runs.length);
  });

  test('goes on with whoever takes over, and fires nothing twice', async () => {
    await using scene = await CronScene.open();
    const { store, clock } = scene.fleet;
    await scene.fleet.start('w1');
    await scene.start('a');
    await scene.make('s', { cron: 'every 10s', overlap: 'allow', paused: { reason: 'not yet', atMs: 0 } });
    const nowMs = clock.wallMs();
    await scheduleBackfill(store, 's', { fromMs: nowMs - 600_000, toMs: nowMs, everyMs: 2_000, concurrency: 2 });
    await clock.advance(30_000);
    scene.cut('a');
    await scene.start('b');
    await clock.advance(150_000);
    const runs = (await scene.runs('s')).filter(({ isBackfill }) => isBackfill);
    expect(statesOf(runs)).toEqual(runs.map(() => 'fired'));
    expect(runs).toHaveLength(60);
    const made = scene.fleet.runs.map(({ id }) => id);
    expect(new Set(made).size).toBe(60);
    expect(made).toHaveLength(60);
    const starts = scene.fleet.runs.map(({ startedMs }) => startedMs);
    for (const [index, startedMs] of starts.entries()) {
      if (index > 0) expect(startedMs - (starts[index - 1] ?? 0)).toBeGreaterThanOrEqual(1_900);
    }
  });

  test('of too much, or of nothing, is refused', async () => {
    await using scene = await sceneWith('s', { cron: 'every 1s' });
    const nowMs = scene.fleet.clock.wallMs();
    const ask = (fromMs: number, toMs: number) => scheduleBackfill(scene.fleet.store, 's', { fromMs, toMs });
    await expect(ask(nowMs - 10_001_000, nowMs)).rejects.toThrow(/more than 10000 slots/);
    await expect(ask(nowMs - 10, nowMs - 500)).rejects.toThrow(/has no slot between/);
  });
});
