// Many schedules that are due at one moment.
import { SCHEDULE_DEFAULTS, scheduleCreate, scheduleDelete } from '../../core/cron/manage.ts';
import { JOB_DEFAULTS } from '../../core/model/job.ts';
import { Latencies } from '../measure/latencies.ts';
import type { Place } from '../place.ts';
import { latencyMetric, numberOf, type Scenario } from '../scenario.ts';

const EVERY_MS = 60_000;
/** Schedules are made with so many requests under way. */
const CALLERS = 8;
/** Made so long before they are due, ms: the scheduler reads what has changed every few seconds. */
const AHEAD_MS = 6_000;
const LOOK_MS = 50;
const LATE_MAX_MS = 60_000;

export const cronFanoutScenario: Scenario = {
  name: 'cron-fanout',
  summary: 'schedules that are all due at one moment: until the first and the last job of it starts',
  points: ({ name }) => (name === 'full' ? [10, 100, 1_000] : [10, 100]).map((schedules) => ({ schedules })),
  prepare: async (place) => {
    await place.startWorkers(1);
    place.start('scheduler', 'cron', ['--no-api']);
    await place.logged('cron', '"event":"shard.owned"');
  },
  measure: async (place, params) => {
    const count = numberOf(params, 'schedules');
    const { store, deps } = place;
    await place.trace.clear();
    const names = Array.from({ length: count }, (_, n) => `fan-${n}`);
    await create(place, names);
    const madeMs = await store.wallMs();
    const dueMs = Math.ceil((madeMs + AHEAD_MS) / EVERY_MS) * EVERY_MS;
    await deps.clock.sleep(dueMs - madeMs, place.signal);
    const ofSlot = () => place.trace.starts.filter(({ nominalMs }) => nominalMs === dueMs);
    const endsMs = deps.clock.monotonicMs() + LATE_MAX_MS;
    while (ofSlot().length < count && deps.clock.monotonicMs() < endsMs && !place.signal.aborted) {
      await deps.clock.sleep(LOOK_MS, place.signal);
      await place.trace.poll();
    }
    const lag = new Latencies();
    for (const { wallMs } of ofSlot()) lag.record(wallMs - dueMs);
    for (const name of names) await scheduleDelete(store, name);
    const [missed, twice] = [
      count - new Set(ofSlot().map(({ n }) => n)).size,
      ofSlot().length - new Set(ofSlot().map(({ n }) => n)).size,
    ];
    return {
      metrics: [
        latencyMetric('lag', lag),
        { metric: 'last-start', unit: 'ms', better: 'lower', value: lag.percentile(100) },
      ],
      wrong: missed + twice === 0 ? null : `${missed} schedules did not fire, ${twice} fired twice`,
    };
  },
};

const create = async ({ store }: Place, names: readonly string[]): Promise<void> => {
  const left = names.entries();
  const caller = async (): Promise<void> => {
    for (const [n, name] of left) {
      const { queue, priority } = JOB_DEFAULTS;
      const job = { queue, priority, type: 'bench', payload: JSON.stringify({ n }), spec: {} };
      await scheduleCreate(store, name, { ...SCHEDULE_DEFAULTS, cron: `every ${EVERY_MS / 1_000}s`, job });
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
};
