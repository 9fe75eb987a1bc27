// Makes the faults of a scenario, each at its time, and notes from when until when it was in effect.
import { EXIT, JobctlError } from '../../core/model/errors.ts';
import { machineMs } from '../../platform/machine-time.ts';
import { type Breakage, type BreakageDeps, type FaultPlan, secondsText, untilSeen } from '../breakage.ts';
import { assertQuorum, planFault } from '../faults/plan.ts';
import type { FaultScene } from '../faults/scene.ts';
import type { Recorder } from '../history/history.ts';
import type { Scenario, ScenarioFault } from '../scenario.ts';

const NEMESIS = 'nemesis';

interface NemesisDeps extends BreakageDeps {
  readonly breakage: Breakage;
  readonly recorder: Recorder;
  readonly scene: () => Promise<FaultScene>;
  readonly stop: AbortSignal;
}

/** Resolves once all of them are over. */
export const playFaults = async (
  deps: NemesisDeps,
  { scenario, seed }: { readonly scenario: Scenario; readonly seed: number },
  startMs: number,
): Promise<void> => {
  const play = (fault: ScenarioFault, index: number): Promise<void> =>
    playFault(deps, fault, { scenario, seed: seed + index, startMs });
  if (scenario.inOrder) {
    for (const [index, fault] of scenario.faults.entries()) {
      await play(fault, index);
      await deps.breakage.whole();
    }
    return;
  }
  const played = scenario.faults.map(play);
  // One that fails must not leave others being made while everything is mended.
  const results = await Promise.allSettled(played);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
};

const playFault = async (
  deps: NemesisDeps,
  { fault, atSeconds, forSeconds, target, offsetSeconds, ...rest }: ScenarioFault,
  { scenario, seed, startMs }: { readonly scenario: Scenario; readonly seed: number; readonly startMs: number },
): Promise<void> => {
  const { clock, stop, breakage, recorder } = deps;
  await clock.sleep(Math.max(0, startMs + atSeconds * 1_000 - machineMs()), stop);
  if (stop.aborted) return;
  const args = { ...rest, offsetMs: offsetSeconds === undefined ? undefined : offsetSeconds * 1_000 };
  const plan = await planFault(await deps.scene(), { fault, target, seed, durationMs: forSeconds * 1_000, args });
  if (!scenario.allowQuorumLoss) assertQuorum(plan);
  const operation = recorder.begin(NEMESIS, 'fault', { kind: fault, about: plan.target });
  try {
    await breakage.inject(plan);
    const beganMs = clock.monotonicMs();
    await see(deps, plan, beganMs);
    await clock.sleep(Math.max(0, beganMs + plan.durationMs - clock.monotonicMs()), stop);
  } finally {
    await breakage.mend(plan);
    recorder.end(operation, 'ok', null);
  }
};

const see = async ({ clock, stop, recorder, report }: NemesisDeps, plan: FaultPlan, beganMs: number): Promise<void> => {
  const seen = await untilSeen(clock, plan, beganMs, stop);
  if (seen === null) return; // the verdict will say that the run had no power
  recorder.note(NEMESIS, 'seen', { kind: plan.fault, about: plan.target, what: seen.what });
  report(`${seen.what}, after ${secondsText(seen.afterMs)}`);
};

/** Throws CHAOS_UNAVAILABLE for what this machine cannot do: before anything is started. */
export const assertAvailable = async (
  { faults }: Scenario,
  unavailableHere: (fault: string) => Promise<string | null>,
): Promise<void> => {
  for (const fault of new Set(faults.map((each) => each.fault))) {
    const why = await unavailableHere(fault);
    if (why !== null) {
      throw new JobctlError('CHAOS_UNAVAILABLE', EXIT.unknown, `${fault} cannot be made on this machine`, {
        detail: why,
        hint: 'what can be: jobctl chaos list',
      });
    }
  }
};
