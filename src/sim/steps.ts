// What happens to the processes of a world, made by dice: drains and faults.
import type { Dice, Habits, Span } from '../chaos/workload/steps.ts';
import type { FaultKind, Step } from './plan.ts';

const HOUR_MS = 3_600_000;

export interface World extends Habits {
  readonly minutes: number;
  readonly workers: Span;
  readonly buckets: Span;
  readonly schedulers: Span;
  readonly holders: Span;
  readonly areHoldersPrograms: boolean;
  readonly drains: Span;
  readonly faults: Span;
  /** Which faults, the more often named the likelier. */
  readonly kinds: readonly FaultKind[];
  readonly late: number;
  readonly retentionMs: number;
}

interface Place {
  readonly world: World;
  readonly faultMs: number;
  readonly processes: readonly string[];
  readonly nodes: number;
  readonly workers: number;
}

export const drainSteps = (dice: Dice, { world, faultMs, workers }: Place): readonly Step[] =>
  Array.from({ length: workers === 0 ? 0 : dice.whole(world.drains) }, () => ({
    do: 'drain' as const,
    atMs: dice.chance() * faultMs,
    who: `w${dice.whole([0, workers - 1])}`,
    forMs: dice.chance() * 40_000,
  }));

export const faultSteps = (dice: Dice, { world, faultMs, processes, nodes }: Place): readonly Step[] =>
  Array.from({ length: dice.whole(world.faults) }, () => {
    const kind = dice.pick(world.kinds);
    return { do: kind, atMs: dice.chance() * faultMs, ...faultDetails(dice, kind, processes, nodes) };
  });

const faultDetails = (dice: Dice, kind: FaultKind, processes: readonly string[], nodes: number) => {
  const node = `n${dice.whole([1, nodes])}`;
  const who = dice.pick(processes);
  switch (kind) {
    case 'crash':
      return { who, how: [], forMs: dice.chance() * 30_000 };
    case 'pause':
      // Half of them are short, as a collection of garbage; the others outlast the lease.
      return { who, how: [], forMs: dice.chance() < 0.5 ? dice.chance() * 3_000 : 3_000 + dice.chance() * 37_000 };
    case 'isolate': {
      const reach = Array.from({ length: nodes }, (_, index) => index + 1).filter(() => dice.chance() < 0.7);
      return { who, how: reach, forMs: 500 + dice.chance() * 30_000 };
    }
    case 'node-down':
    case 'node-cut':
      return { who: node, how: [], forMs: 500 + dice.chance() * 40_000 };
    case 'loss':
      return { who: 'everybody', how: [dice.chance() * 0.3], forMs: 1_000 + dice.chance() * 30_000 };
    case 'slow':
      return { who: 'everybody', how: [10 + dice.chance() * 600], forMs: 1_000 + dice.chance() * 20_000 };
    case 'clock-step': {
      // Most are what a time daemon does; the others what a person does who sets the wrong hour.
      const by = dice.chance() - 0.5;
      return { who, how: [by * (Math.abs(by) < 0.35 ? 3_000 : 4 * HOUR_MS)], forMs: 0 };
    }
    default:
      return kind satisfies never;
  }
};
