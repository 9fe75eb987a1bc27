// What is to happen in a run, as data made from the seed: who takes part, what they do, what breaks and when. Shrinking
// leaves steps out.

import type { ClientStep } from '../chaos/workload/plan.ts';
import type { Weather } from './network.ts';

/**
 * Lock clients go on for so long after the faults, ms: every lock must be had again by then (L5). One that was forgotten passes on only
 * to a program that happens to ask for it, and waits longer than its lease.
 */
export const LOCKS_BACK_MS = 120_000;

export interface DrainStep {
  readonly do: 'drain';
  readonly atMs: number;
  readonly who: string;
  /** It starts again after this long. */
  readonly forMs: number;
}

/** Each ends by itself after `forMs`, or when everything is mended. */
export interface FaultStep {
  readonly do: FaultKind;
  readonly atMs: number;
  readonly forMs: number;
  /** A process or a node; for `loss` and `slow` everybody. */
  readonly who: string;
  /** Nodes that an isolated process cannot reach; share lost; how much slower; ms of a clock step. */
  readonly how: readonly number[];
}

const FAULT_KINDS = ['crash', 'pause', 'isolate', 'node-down', 'node-cut', 'loss', 'slow', 'clock-step'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export type Step = ClientStep | DrainStep | FaultStep;

export interface Plan {
  readonly seed: number;
  readonly world: string;
  /** How long faults go on, ms. */
  readonly faultMs: number;
  readonly nodes: number;
  readonly buckets: number;
  readonly workers: number;
  readonly submitters: number;
  readonly schedulers: number;
  readonly holders: number;
  /** They use locks as programs do, by `lockHold` and `lockLease`, not by the core. */
  readonly areHoldersPrograms: boolean;
  readonly lockNames: readonly string[];
  readonly leaseMs: number;
  readonly retentionMs: number;
  readonly concurrency: number;
  readonly weather: Weather;
  /** Processes' clocks: rate 1 ± this, wall clock ± this many ms. */
  readonly drift: number;
  readonly skewMs: number;
  readonly steps: readonly Step[];
}

export const isFault = (step: Step): step is FaultStep => (FAULT_KINDS as readonly string[]).includes(step.do);
