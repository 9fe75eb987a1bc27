// What the processes of a workload are to do, as data: made from a seed, carried out by clients on a real store or a simulated one.
import type { PlacementRow } from '../../core/model/placement.ts';
import type { ScheduleRules } from '../history/history.ts';
import type { Script } from './script.ts';

export interface SubmitStep {
  readonly do: 'submit';
  readonly atMs: number;
  readonly by: string;
  readonly script: Script;
  readonly delayMs: number;
  readonly priority: number;
  readonly maxAttempts: number;
  readonly backoffMs: number;
  readonly onCrash: 'retry' | 'fail';
  readonly key: string | null;
}

export interface OrderStep {
  readonly do: 'cancel' | 'retry';
  readonly atMs: number;
  readonly tag: string;
}

/** An operator places a bucket, or takes that back. */
export interface PlaceStep {
  readonly do: 'place';
  readonly atMs: number;
  readonly row: PlacementRow;
  readonly undo: boolean;
}

/** A user makes a schedule, pauses it, lets it go on, or has it make up for its past. */
export interface ScheduleStep {
  readonly do: 'schedule';
  readonly atMs: number;
  readonly name: string;
  readonly what: 'create' | 'pause' | 'resume' | 'backfill';
  readonly cron: string;
  readonly rules: ScheduleRules;
  readonly runMs: number;
  /** Its jobs all fail. */
  readonly fatal: boolean;
}

export type ClientStep = SubmitStep | OrderStep | PlaceStep | ScheduleStep;
