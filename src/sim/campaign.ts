// Runs seeds one after another, judges each, and counts what happened.
import { judgeAll } from '../chaos/checkers/all.ts';
import type { Verdict } from '../chaos/checkers/verdict.ts';
import type { History } from '../chaos/history/history.ts';
import type { Plan } from './plan.ts';
import { runPlan } from './run.ts';
import { makePlan } from './worlds.ts';

export interface Failure {
  readonly seed: number;
  readonly world: string;
  readonly violated: readonly Verdict[];
}

/** Plain data: parts that were run by other processes are added up. */
export interface Summary {
  seeds: number;
  virtualHours: number;
  operations: number;
  /** How often each kind of trouble met a message or a process. */
  readonly faults: Record<string, number>;
  /** In how many seeds each invariant held, was violated, or could not be judged. */
  readonly verdicts: Record<string, Record<Verdict['verdict'], number>>;
  readonly failures: Failure[];
}

export const emptySummary = (): Summary => ({
  seeds: 0,
  virtualHours: 0,
  operations: 0,
  faults: {},
  verdicts: {},
  failures: [],
});

const MS_PER_HOUR = 3_600_000;

export interface SeedRun {
  readonly seed: number;
  readonly world: string;
  readonly history: History;
  readonly verdicts: readonly Verdict[];
}

export const runSeed = (seed: number, world?: string): Promise<SeedRun> =>
  judgePlan(world === undefined ? makePlan(seed) : makePlan(seed, world));

export const judgePlan = async (plan: Plan): Promise<SeedRun> => {
  const history = await runPlan(plan);
  return { seed: plan.seed, world: plan.world, history, verdicts: judgeAll(history) };
};

export const isViolated = ({ verdict }: Verdict): boolean => verdict === 'violated';

export const addRun = (summary: Summary, { seed, world, history, verdicts }: SeedRun): void => {
  summary.seeds += 1;
  summary.virtualHours += (history.operations.at(-1)?.startMs ?? 0) / MS_PER_HOUR;
  summary.operations += history.operations.length;
  for (const [kind, count] of history.effects) summary.faults[kind] = (summary.faults[kind] ?? 0) + count;
  for (const { invariant, verdict } of verdicts) countVerdict(summary, invariant, verdict, 1);
  const violated = verdicts.filter(isViolated);
  if (violated.length > 0) summary.failures.push({ seed, world, violated });
};

export const addSummary = (summary: Summary, part: Summary): void => {
  summary.seeds += part.seeds;
  summary.virtualHours += part.virtualHours;
  summary.operations += part.operations;
  for (const [kind, count] of Object.entries(part.faults)) summary.faults[kind] = (summary.faults[kind] ?? 0) + count;
  for (const [invariant, counts] of Object.entries(part.verdicts)) {
    for (const verdict of VERDICTS) countVerdict(summary, invariant, verdict, counts[verdict]);
  }
  summary.failures.push(...part.failures);
};

const VERDICTS = ['held', 'violated', 'unknown'] as const;

const countVerdict = (summary: Summary, invariant: string, verdict: Verdict['verdict'], count: number): void => {
  const counts = summary.verdicts[invariant] ?? { held: 0, violated: 0, unknown: 0 };
  counts[verdict] += count;
  summary.verdicts[invariant] = counts;
};
