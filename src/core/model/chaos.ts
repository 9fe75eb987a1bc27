// Faults that are made on purpose: their names, and how long they may last.

/** What is done to a node: SIGKILL, as a crash; SIGTERM, so that it drains; SIGSTOP: it holds its connections and answers nothing. */
export const NODE_BLOWS = ['kill', 'stop', 'pause'] as const;
export type NodeBlow = (typeof NODE_BLOWS)[number];

export const FAULT_NAMES = [
  'kill-node',
  'stop-node',
  'pause-node',
  'restart-node',
  'partition',
  'loss',
  'reset',
  'delay',
  'bandwidth',
  'cpu',
  'memory',
  'disk-full',
  'kill-worker',
  'pause-worker',
  'kill-scheduler',
  'pause-scheduler',
  'event-loop-block',
  'clock-skew',
] as const;
export type FaultName = (typeof FAULT_NAMES)[number];

/** How long a fault lasts unless told otherwise, ms, and at most. */
export const FAULT_DEFAULT_MS = 30_000;
export const FAULT_MAX_MS = 600_000;

/** What a fault is told beyond its target and its time. */
/** What is cut: see `jobctl chaos partition --help`. */
export const PARTITION_MODES = ['one', 'halves', 'ring', 'bridge', 'one-way', 'internode', 'clients'] as const;
export type PartitionMode = (typeof PARTITION_MODES)[number];

export interface FaultArgs {
  /** How far a clock is set, ms. Default 30 000. */
  readonly offsetMs?: number | undefined;
  /** Default `one`. */
  readonly mode?: PartitionMode | undefined;
  /** Share of packets that are lost, in and out. Default 0.1. */
  readonly share?: number | undefined;
  /** How long everything takes more in each direction, ms. Default 100. */
  readonly delayMs?: number | undefined;
  /** Kilobits a second in each direction. Default 1 000. */
  readonly kbits?: number | undefined;
}
