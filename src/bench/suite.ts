// How much is done: quickly to see whether it works, enough for a comparison, or for days of growth.
import type { Size } from './scenario.ts';

export const SUITES: Readonly<Record<Size['name'], Size>> = {
  smoke: { name: 'smoke', reps: 3, seconds: 1, warmupSeconds: 0.5, jobs: 5_000, growth: [1_000, 10_000] },
  standard: { name: 'standard', reps: 5, seconds: 10, warmupSeconds: 3, jobs: 20_000, growth: [1_000, 100_000] },
  full: {
    name: 'full',
    reps: 10,
    seconds: 20,
    warmupSeconds: 5,
    jobs: 50_000,
    growth: [1_000, 10_000, 100_000, 1_000_000],
  },
};
