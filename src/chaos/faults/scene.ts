// What a fault is planned from.
import type { FaultArgs, FaultName } from '../../core/model/chaos.ts';
import { hashText } from '../../core/model/hash.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { ClusterNode, ClusterRuntime } from '../../core/ports/cluster.ts';
import type { FaultPlan } from '../breakage.ts';
import type { Member } from '../members.ts';

export interface FaultScene {
  readonly cluster: ClusterRuntime;
  /** All of them up, and seen so. */
  readonly nodes: readonly ClusterNode[];
  /** Workers and schedulers that may be chosen. */
  readonly members: readonly Member[];
  /** Where members are announced, and where chaos keeps its own. */
  readonly folders: { readonly members: string; readonly chaos: string };
  readonly clock: Clock;
  /** How jobctl is started: `node .../bin/jobctl.js`. */
  readonly program: readonly string[];
  readonly run: string;
}

export interface FaultRequest {
  readonly fault: FaultName;
  /** Absent: one that follows from the seed. */
  readonly target?: string | undefined;
  readonly seed: number;
  readonly durationMs: number;
  readonly args: FaultArgs;
}

export type PlanFault = (scene: FaultScene, request: FaultRequest) => Promise<FaultPlan>;

/** The same seed chooses the same of as many. Null of none. */
export const chosenOf = <Item>(items: readonly Item[], { fault, seed }: FaultRequest): Item | null =>
  items[hashText(`${fault}/${seed}`) % Math.max(1, items.length)] ?? null;
