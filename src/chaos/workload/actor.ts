// The processes of a run that use jobctl as programs do: they submit what the plan says when it says so, or contend for locks.
import { readFile } from 'node:fs/promises';
import { hashText } from '../../core/model/hash.ts';
import type { JobId } from '../../core/model/ids.ts';
import { machineMs } from '../../platform/machine-time.ts';
import { chanceOf, seededRandom } from '../seeded-random.ts';
import { type ActorDeps, Client } from './client.ts';
import { requestEffect } from './effects.ts';
import { Holder } from './holder.ts';
import type { ClientStep } from './plan.ts';

/** What all actors of a run are told, as a JSON file. */
export interface ActorPlan {
  readonly seed: number;
  /** When the run begins, ms since the machine started: steps count from there. */
  readonly startMs: number;
  readonly startWallMs: number;
  readonly steps: readonly ClientStep[];
  /** Names in the store. */
  readonly lockNames: readonly string[];
  readonly leaseMs: number;
  readonly effectsUrl: string;
}

export const readActorPlan = async (file: string): Promise<ActorPlan> =>
  JSON.parse(await readFile(file, 'utf8')) as ActorPlan;

/** Whoever is first, `s0`, does what is not told by whom: it keeps schedules and places buckets. */
const FIRST = 's0';

/** Its own steps, each at its time, whatever becomes of those before; then it waits for what is still unanswered. */
export const playSubmitter = async (deps: ActorDeps, plan: ActorPlan, id: string, stop: AbortSignal): Promise<void> => {
  const { clock, recorder, who } = deps;
  const client = new Client(deps, plan.startWallMs);
  const ids = new Map<string, JobId>();
  const open = new Set<Promise<void>>();
  for (const step of plan.steps.filter((each) => doerOf(each, plan.steps) === id)) {
    await clock.sleep(Math.max(0, plan.startMs + step.atMs - machineMs()), stop);
    if (stop.aborted) break;
    const taken = client
      .take(
        step,
        (tag) => ids.get(tag),
        (jobId, tag) => ids.set(tag, jobId),
      )
      .catch((error: unknown) => recorder.note(who, 'surprise', String(error instanceof Error ? error.stack : error)))
      .finally(() => open.delete(taken));
    open.add(taken);
  }
  await Promise.all(open);
};

/** An order is given by whoever submitted the job. */
const doerOf = (step: ClientStep, steps: readonly ClientStep[]): string => {
  if (step.do === 'submit') return step.by;
  if (step.do !== 'cancel' && step.do !== 'retry') return FIRST;
  const submit = steps.find((each) => each.do === 'submit' && each.script.tag === step.tag);
  return submit?.do === 'submit' ? submit.by : FIRST;
};

/** Until it is told to stop. */
export const playHolder = async (deps: ActorDeps, plan: ActorPlan, id: string, stop: AbortSignal): Promise<void> => {
  const { clock, who } = deps;
  const random = seededRandom(hashText(`${plan.seed}/${id}`));
  await clock.sleep(Math.max(0, plan.startMs - machineMs()), stop);
  await new Holder({
    ...deps,
    lockNames: plan.lockNames,
    leaseMs: plan.leaseMs,
    chance: () => chanceOf(random),
    request: (effect) => void requestEffect(plan.effectsUrl, { who, effect }),
  }).run(stop);
};
