// What the clients of a scenario do, made from its seed.
import type { Scenario } from '../scenario.ts';
import type { ClientStep } from '../workload/plan.ts';
import { Dice, names, scheduleSteps, submitSteps } from '../workload/steps.ts';

/** Beside the bursts each client submits one job as often, so that it is seen when nobody can, ms. */
const STEADY_MS = 500;
/** They go on until they are told to stop: mending may take so long, ms. */
const MENDING_MAX_MS = 240_000;
/** Schedules fire as often, s. */
const EVERY_SECONDS = [1, 3] as const;

export const workloadSteps = ({ workload }: Scenario, seed: number, forMs: number): readonly ClientStep[] => {
  const dice = new Dice(seed);
  const { submitters, jobs, schedules, orders, keyed, runSeconds, deaf, workers } = workload;
  const exactly = (count: number) => [count, count] as const;
  const habits = {
    ...{
      submitters,
      keyed,
      deaf,
      patient: 0,
      runMs: runSeconds * 1_000,
      placements: exactly(0),
      everySeconds: EVERY_SECONDS,
    },
    ...{ jobs: exactly(jobs), orders: exactly(Math.min(orders, jobs)), schedules: exactly(schedules) },
  };
  const place = { world: habits, faultMs: forMs, workers };
  const bursts = [...submitSteps(dice, place), ...scheduleSteps(dice, place)].filter(({ atMs }) => atMs < forMs);
  const steady = names('s', submitters).flatMap((by) => steadySteps(by, forMs + MENDING_MAX_MS));
  return [...bursts, ...steady].toSorted((left, right) => left.atMs - right.atMs);
};

const steadySteps = (by: string, forMs: number): readonly ClientStep[] =>
  Array.from({ length: Math.floor(forMs / STEADY_MS) }, (_, index) => ({
    ...{ do: 'submit', atMs: index * STEADY_MS, by, delayMs: 0, priority: 5, maxAttempts: 5, backoffMs: 500 },
    ...{ onCrash: 'retry', key: null },
    script: { tag: `${by}/${index}`, ms: 0, fail: 0, fatal: false, deaf: false, snoozeMs: 0 },
  }));
