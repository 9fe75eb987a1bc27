// What a worker does unless it is told otherwise: for the command and the library alike.

/** ms where it is a time. */
export const WORKER_DEFAULTS = {
  concurrency: 64,
  leaseMs: 10_000,
  drainMs: 30_000,
  retentionMs: 7 * 24 * 3_600_000,
} as const;
