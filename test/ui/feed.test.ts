// Reading for the dashboard, in virtual time: how often, what while the store is away, how fast things go.
import { expect, test } from 'vitest';
import { unavailableError } from '../../src/core/model/errors.ts';
import { NO_COUNTERS } from '../../src/core/model/lock.ts';
import { isoTime } from '../../src/core/model/time.ts';
import type { Overview } from '../../src/core/overview.ts';
import { Feed } from '../../src/ui/feed.ts';
import type { Ask } from '../../src/ui/view.ts';
import { VIEWS } from '../../src/ui/views/all.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const LIST = { items: [] };

/** A system that does ten jobs a second, and answers after `tookMs`, or not at all. */
const scene = (refreshMs = 2_000) => {
  const clock = new VirtualClock();
  const startMs = clock.wallMs();
  const state = { asked: [] as string[], isAway: false, tookMs: 0 };
  const overview = (): Overview => ({
    ...{ at: isoTime(clock.wallMs()), store: 'x', workers: 1, schedulers: 1, slots: { busy: 0, all: 1 }, nodes: [] },
    buckets: { all: 0, unowned: [], each: [] },
    jobs: { unfinished: 0, running: 0, retrying: 0, exact: true, oldestDueAt: null },
    counters: { ...NO_COUNTERS, succeeded: (clock.wallMs() - startMs) / 100 },
    ...{ schedules: { all: 0, paused: 0 }, deadLetters: { count: 0, exact: true } },
  });
  const ask: Ask = async <Result>(operation: string) => {
    state.asked.push(operation);
    if (state.tookMs > 0) await clock.sleep(state.tookMs);
    if (state.isAway) throw unavailableError('STORE_UNAVAILABLE', 'no node answers');
    return (operation === 'overview' ? overview() : LIST) as Result;
  };
  const feed = new Feed({ ask, clock, views: VIEWS, refreshMs });
  const stop = new AbortController();
  const running = feed.run(stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await clock.advance(0);
    await running;
  };
  const reads = (): number => state.asked.filter((operation) => operation === 'overview').length;
  return { clock, feed, state, reads, [Symbol.asyncDispose]: end };
};

test('it reads only what is shown, every refresh, and at once when another view is', async () => {
  await using it = scene();
  it.feed.show('jobs');
  await it.clock.advance(10_000);
  expect(it.reads()).toBeGreaterThanOrEqual(5);
  expect(it.reads()).toBeLessThanOrEqual(7);
  it.state.asked = [];
  it.feed.show('dlq');
  await it.clock.advance(0);
  expect(it.state.asked.toSorted()).toEqual(['deadLetterList', 'overview']);
});

test('it never reads for more than a fifth of the time', async () => {
  await using it = scene();
  it.state.tookMs = 1_000;
  await it.clock.advance(100_000);
  expect(it.reads()).toBeLessThanOrEqual(21);
  expect(it.reads()).toBeGreaterThanOrEqual(15);
});

test('a store that is away leaves the last picture, says so, and is asked less and less often', async () => {
  await using it = scene();
  await it.clock.advance(2_000);
  const { atMs, overview } = it.feed.snapshot;
  it.state.isAway = true;
  await it.clock.advance(2_000);
  expect(it.feed.snapshot).toMatchObject({ atMs, overview, failure: { message: 'no node answers' } });
  const before = it.reads();
  await it.clock.advance(60_000);
  expect(it.reads() - before).toBeLessThanOrEqual(7);
  it.state.isAway = false;
  await it.clock.advance(30_000);
  expect(it.feed.snapshot.failure).toBeNull();
});

test('speeds are of the last ten seconds', async () => {
  await using it = scene();
  await it.clock.advance(30_000);
  expect(it.feed.snapshot.rates.at(-1)).toEqual({ done: 10, retried: 0, dead: 0 });
});

test('paused it reads nothing, and goes on where it is told to', async () => {
  await using it = scene();
  await it.clock.advance(2_000);
  it.feed.isPaused = true;
  const before = it.reads();
  await it.clock.advance(60_000);
  expect(it.reads()).toBe(before);
  it.feed.isPaused = false;
  it.feed.wake();
  await it.clock.advance(0);
  expect(it.reads()).toBe(before + 1);
});

test('it stops when nobody has looked for five minutes, and reads at once when somebody does', async () => {
  await using it = scene();
  it.feed.seen(false);
  await it.clock.advance(310_000);
  const before = it.reads();
  expect(before).toBeGreaterThan(100);
  await it.clock.advance(60_000);
  expect(it.reads()).toBe(before);
  it.feed.seen(true);
  await it.clock.advance(0);
  expect(it.reads()).toBe(before + 1);
});
