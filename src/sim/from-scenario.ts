// A scenario of `jobctl chaos run` as a plan of the simulation: the same workload, and faults that do the same to the simulated
// cluster. What the simulated network does not know is the nearest that it does: a node that is slow makes everybody slow.
import type { Scenario, ScenarioFault } from '../chaos/scenario.ts';
import { Dice, names, scheduleSteps, submitSteps } from '../chaos/workload/steps.ts';
import { hashText } from '../core/model/hash.ts';
import type { FaultStep, Plan } from './plan.ts';

const NODES = 3;
const BUCKETS = 4;
const MS = 1_000;
/** The workload goes on for so long before and after the faults, ms. */
const BESIDE_MS = 30_000;
/** A node that is restarted is away for so long, ms. */
const RESTART_MS = 8_000;
/** How much slower everybody is. */
const SLOW_CPU = 200;
const SLOW_PER_MS = 2;
const LOSS_DEFAULT = 0.1;
const DELAY_DEFAULT_MS = 100;
const OFFSET_DEFAULT_S = 30;
const RETENTION_MS = 86_400_000;
const CONCURRENCY = 4;

export const planOfScenario = (scenario: Scenario, seed: number): Plan => {
  const { workload, faults } = scenario;
  const { submitters, workers, schedulers, holders, schedules, jobs, orders, keyed, runSeconds, deaf } = workload;
  const dice = new Dice(seed);
  const exactly = (count: number) => [count, count] as const;
  const lastMs = Math.max(0, ...faults.map(({ atSeconds, forSeconds }) => (atSeconds + forSeconds) * MS));
  const faultMs = lastMs + BESIDE_MS;
  const habits = {
    ...{
      submitters,
      keyed,
      deaf,
      patient: 0,
      runMs: runSeconds * MS,
      placements: exactly(0),
      everySeconds: [3, 10] as const,
    },
    ...{ jobs: exactly(jobs), orders: exactly(Math.min(orders, jobs)), schedules: exactly(schedules) },
  };
  const place = { world: habits, faultMs, workers };
  const steps = [
    ...submitSteps(dice, place),
    ...scheduleSteps(dice, place),
    ...faults.flatMap((fault, index) => faultStepsOf(fault, hashText(`${seed}/${index}`), scenario)),
  ];
  return {
    ...{
      seed,
      world: scenario.name,
      faultMs,
      nodes: NODES,
      buckets: BUCKETS,
      workers,
      submitters,
      schedulers,
      holders,
    },
    ...{ areHoldersPrograms: true, lockNames: names('user/', Math.max(1, workload.locks)) },
    ...{ leaseMs: workload.leaseSeconds * MS, retentionMs: RETENTION_MS, concurrency: CONCURRENCY },
    weather: { lost: 0, late: 0, duplicated: 0, contended: 0.1 },
    ...{ drift: 0.01, skewMs: 50, steps: steps.toSorted((left, right) => left.atMs - right.atMs) },
  };
};

const NODE_NAME = /^cassandra-(\d+)$/;

const faultStepsOf = (fault: ScenarioFault, number: number, { workload }: Scenario): readonly FaultStep[] => {
  const [atMs, forMs] = [fault.atSeconds * MS, fault.forSeconds * MS];
  const step = (
    kind: FaultStep['do'],
    who: string,
    how: readonly number[] = [],
    lastsMs = forMs,
  ): readonly FaultStep[] => [{ do: kind, atMs, forMs: lastsMs, who, how }];
  const node = `n${NODE_NAME.exec(fault.target ?? '')?.[1] ?? 1 + (number % NODES)}`;
  const worker = fault.target ?? `w${number % Math.max(1, workload.workers)}`;
  const scheduler = fault.target ?? `c${number % Math.max(1, workload.schedulers)}`;
  switch (fault.fault) {
    case 'kill-node':
    case 'stop-node':
    case 'pause-node':
    case 'memory':
    case 'disk-full':
      return step('node-down', node);
    case 'restart-node':
      return step('node-down', node, [], RESTART_MS);
    case 'partition':
      return step(fault.mode === undefined || fault.mode === 'one' ? 'node-down' : 'node-cut', node);
    case 'reset':
      return step('node-cut', node);
    case 'loss':
      return step('loss', 'everybody', [fault.share ?? LOSS_DEFAULT]);
    case 'delay':
      return step('slow', 'everybody', [(fault.delayMs ?? DELAY_DEFAULT_MS) * SLOW_PER_MS]);
    case 'bandwidth':
    case 'cpu':
      return step('slow', 'everybody', [SLOW_CPU]);
    case 'kill-worker':
      return step('crash', worker);
    case 'kill-scheduler':
      return step('crash', scheduler);
    case 'pause-worker':
    case 'event-loop-block':
      return step('pause', worker);
    case 'pause-scheduler':
      return step('pause', scheduler);
    case 'clock-skew': {
      // Nodes drop each other's messages when they seem to be old.
      if (NODE_NAME.test(fault.target ?? '')) return step('node-cut', node);
      const byMs = (fault.offsetSeconds ?? OFFSET_DEFAULT_S) * MS;
      const back: FaultStep = { do: 'clock-step', atMs: atMs + forMs, forMs: 0, who: worker, how: [-byMs] };
      return [...step('clock-step', worker, [byMs], 0), back];
    }
    default:
      return fault.fault satisfies never;
  }
};
