// How user code is run: the core hands over a job and gets an outcome back, whatever runs it (docs/handlers.md).
import type { Fence, JobId } from '../model/ids.ts';

export interface HandlerJob {
  readonly id: JobId;
  readonly type: string;
  /** JSON text. */
  readonly payload: string;
  /** 1 for the first. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** When it was meant to run, ms since the epoch. */
  readonly nominalMs: number;
}

export interface HandlerContext {
  /** Aborts on time-out, cancel, shutdown and when the lease is lost; the reason is an Error. */
  readonly signal: AbortSignal;
  /** Grows with every attempt of the job, across workers: a resource that refuses a lower one refuses zombies. */
  readonly fencingToken: Fence;
  /** A line of the attempt's log. */
  log(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** How far it is, 0 to 1, or any JSON. */
  progress(value: unknown): void;
}

/** What came of one attempt. Handlers never throw across this port. */
export type Outcome =
  | { readonly kind: 'succeeded'; readonly result: string | null }
  | {
      readonly kind: 'failed';
      readonly error: string;
      readonly result?: string | null;
      readonly retryable: boolean;
      readonly retryAfterMs?: number;
    }
  | { readonly kind: 'snoozed'; readonly delayMs: number };

export interface Handlers extends AsyncDisposable {
  /** Job types this process can run. */
  readonly types: readonly string[];
  /** Resolves soon after the signal aborts, too. */
  run(job: HandlerJob, context: HandlerContext): Promise<Outcome>;
}
