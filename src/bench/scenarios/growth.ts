// Whether a job costs more when many are there: pending, or finished.
import { systemRandom } from '../../platform/random.ts';
import { writeFinished } from '../finished.ts';
import { submitInBulk } from '../jobs.ts';
import { numberOf, type Scenario } from '../scenario.ts';
import { atRate } from './run.ts';

const RATE = 100;
const HOUR_MS = 3_600_000;

/** Spread over a day, not before the end of the measurement. */
const pendingJob = () => ({
  ...{ type: 'bench', payload: '{"n":-1}' },
  delayMs: HOUR_MS * (1 + 24 * (systemRandom.uint32() / 2 ** 32)),
});

export const backlogGrowthScenario: Scenario = {
  name: 'backlog-growth',
  summary: 'from submission to start while many jobs are pending for later',
  points: ({ growth }) => growth.map((count) => ({ pending: count, rate: RATE })),
  prepare: async (place, params) => {
    await submitInBulk(place, numberOf(params, 'pending'), pendingJob);
    await place.startWorkers(1);
  },
  measure: (place, _params, size) => atRate(place, { ...size, rate: RATE }),
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
  measure: (place, _params, size) => atRate(place, { ...size, rate: RATE }),
};
