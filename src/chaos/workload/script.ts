// What a job's handler is told to do, and what that comes to.

/** The payload of a job of the workload. */
export interface Script {
  readonly tag: string;
  /** Runs so long, ms. */
  readonly ms: number;
  /** Attempts that fail before one succeeds. */
  readonly fail: number;
  readonly fatal: boolean;
  /** Goes on after its signal aborted. */
  readonly deaf: boolean;
  /** Says so once, ms. */
  readonly snoozeMs: number;
}

export interface Call {
  readonly attempt: number;
  readonly isAborted: boolean;
  /** It has been snoozed before. */
  readonly hasSnoozed: boolean;
}

/** Once its time is over. */
export const scriptEnd = (
  { fail, fatal, deaf, snoozeMs }: Script,
  { attempt, isAborted, hasSnoozed }: Call,
): 'aborted' | 'snoozed' | 'fatal' | 'failed' | 'succeeded' => {
  if (isAborted && !deaf) return 'aborted';
  if (snoozeMs > 0 && !hasSnoozed) return 'snoozed';
  if (fatal) return 'fatal';
  return attempt <= fail ? 'failed' : 'succeeded';
};
