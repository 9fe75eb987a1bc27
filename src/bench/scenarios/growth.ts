// Whether a job costs more when many are there: pending, or finished.
import { systemRandom } from '../../platform/random.ts';
import { writeFinished } from '../finished.ts';
import type { Place } from '../place.ts';
import { numberOf, type Scenario } from '../scenario.ts';
import { atRate } from './run.ts';

const RATE = 100;
const BULK = 1_000;
const LATER_MS = 3_600_000;

const pending = async ({ submitter, signal }: Place, count: number): Promise<void> => {
  for (let made = 0; made < count && !signal.aborted; made += BULK) {
    const requests = Array.from({ length: Math.min(BULK, count - made) }, () => ({
      ...{ type: 'bench', payload: '{"n":-1}' },
      // Spread over a day, not before the end of the measurement.
      delayMs: LATER_MS * (1 + 24 * (systemRandom.uint32() / 2 ** 32)),
    }));
    await submitter.submitAll(requests);
  }
};

export const backlogGrowthScenario: Scenario = {
  name: 'backlog-growth',
  summary: 'from submission to start while many jobs are pending for later',
  points: ({ growth }) => growth.map((count) => ({ pending: count, rate: RATE })),
  prepare: async (place, params) => {
    await pending(place, numberOf(params, 'pending'));
    await place.startWorkers(1);
  },
  measure: (place, _params, { seconds, warmupSeconds }) => atRate(place, RATE, seconds, warmupSeconds),
};

export const historyGrowthScenario: Scenario = {
  name: 'history-growth',
  summary: 'from submission to start after many jobs have finished',
  points: ({ growth }) => growth.map((count) => ({ finished: count, rate: RATE })),
  prepare: async (place, params) => {
    const { store, signal } = place;
    await writeFinished(store, {
      jobs: numberOf(params, 'finished'),
      nowMs: await store.wallMs(),
      signal,
      progress: () => {},
    });
    await place.startWorkers(1);
  },
  measure: (place, _params, { seconds, warmupSeconds }) => atRate(place, RATE, seconds, warmupSeconds),
};
