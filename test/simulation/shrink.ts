// Makes a failing plan smaller: leaves out faults and operations as long as the same invariant is violated.

import { judgeAll } from '../../src/chaos/checkers/all.ts';
import { isViolated } from '../../src/sim/campaign.ts';
import type { Plan, Step } from '../../src/sim/plan.ts';
import { runPlan } from '../../src/sim/run.ts';

/** Runs that shrinking may cost: some 20 s. */
const RUNS_MAX = 250;

export const shrink = async (plan: Plan, invariant: string): Promise<Plan> => {
  let runs = 0;
  const stillFails = async (steps: readonly Step[]): Promise<boolean> => {
    runs += 1;
    const verdicts = judgeAll(await runPlan({ ...plan, steps }));
    return verdicts.some((verdict) => verdict.invariant === invariant && isViolated(verdict));
  };
  let { steps } = plan;
  for (
    let size = Math.ceil(steps.length / 2);
    size >= 1 && runs < RUNS_MAX;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let from = 0; from < steps.length && runs < RUNS_MAX; ) {
      const fewer = [...steps.slice(0, from), ...steps.slice(from + size)];
      if (await stillFails(fewer)) steps = fewer;
      else from += size;
    }
  }
  return { ...plan, steps };
};
