// What becomes of a job after an attempt, as one pure function: decide(spec, attempt, ending, now) -> transition.
//
//   succeeded                        -> succeeded
//   failed, not to be retried        -> failed
//   failed | timed out | lost        -> retrying | lost (with the next due time), or dead when attempts are used up
//   lost with onCrash 'fail'         -> failed
//   cancelled                        -> cancelled, unless it succeeded first (success wins)
//   snoozed | released by a shutdown -> due again, the attempt given back
//   no handler for its type          -> snoozed: another worker may have one
import { type Backoff, JOB_DEFAULTS, type JobSpec } from '../model/job.ts';
import { ERROR_CHARACTERS_MAX } from '../model/limits.ts';
import type { Outcome } from '../ports/handler.ts';

/** How an attempt ended: what the handler said, or what happened to it. */
export type Ending =
  | Outcome
  | { readonly kind: 'timed-out'; readonly afterMs: number }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'released' }
  | { readonly kind: 'unhandled'; readonly worker: string; readonly delayMs: number }
  | { readonly kind: 'lost'; readonly worker: string };

export type Transition =
  | { readonly state: 'succeeded'; readonly result: string | null }
  | { readonly state: 'failed' | 'cancelled' | 'dead'; readonly error: string; readonly result: string | null }
  | {
      readonly state: 'retrying' | 'lost' | 'snoozed' | 'released';
      readonly error: string | null;
      readonly result: string | null;
      readonly nextDueMs: number;
    };

export interface DecideInput {
  readonly spec: JobSpec;
  /** This attempt's number, 1 for the first. */
  readonly attempt: number;
  readonly ending: Ending;
  readonly nowMs: number;
  /** Random number in [0, 1) for the jitter. */
  readonly random: number;
}

export const decide = (input: DecideInput): Transition => {
  const { ending, nowMs } = input;
  switch (ending.kind) {
    case 'succeeded':
      return { state: 'succeeded', result: ending.result };
    case 'failed':
      return decideFailed(input, ending);
    case 'timed-out':
      return decideFailed(input, {
        kind: 'failed',
        error: `timed out after ${ending.afterMs} ms`,
        retryable: true,
      });
    case 'lost':
      return decideLost(input, ending.worker);
    case 'cancelled':
      return { state: 'cancelled', error: 'cancelled', result: null };
    case 'snoozed':
      return { state: 'snoozed', error: null, result: null, nextDueMs: nowMs + Math.max(0, ending.delayMs) };
    case 'unhandled':
      return {
        state: 'snoozed',
        error: `worker ${ending.worker} has no handler for this type`,
        result: null,
        nextDueMs: nowMs + ending.delayMs,
      };
    case 'released':
      return { state: 'released', error: 'interrupted by a shutdown', result: null, nextDueMs: nowMs };
    default:
      return ending satisfies never;
  }
};

/** Wait before the attempt after `attempt`, ms: base, base*n or base*2^(n-1), capped, less up to `jitter` of itself. */
export const backoffMs = (backoff: Backoff, attempt: number, random: number): number => {
  const growth = { fixed: 1, linear: attempt, exponential: 2 ** (attempt - 1) }[backoff.kind];
  const fullMs = Math.min(backoff.baseMs * growth, backoff.maxMs);
  return Math.round(fullMs * (1 - backoff.jitter * random));
};

const decideFailed = (input: DecideInput, outcome: Extract<Outcome, { kind: 'failed' }>): Transition => {
  const error = cut(outcome.error);
  const result = outcome.result ?? null;
  if (!outcome.retryable) return { state: 'failed', error, result };
  if (input.attempt >= attemptsMax(input.spec)) return { state: 'dead', error, result };
  const backoff = input.spec.backoff ?? JOB_DEFAULTS.backoff;
  const waitMs = Math.max(outcome.retryAfterMs ?? 0, backoffMs(backoff, input.attempt, input.random));
  return { state: 'retrying', error, result, nextDueMs: input.nowMs + waitMs };
};

/** A lost attempt counts: a job that kills its workers must end as a dead letter. It is due again at once. */
const decideLost = ({ spec, attempt, nowMs }: DecideInput, worker: string): Transition => {
  const error = `worker ${worker} was lost while it ran`;
  if ((spec.onCrash ?? JOB_DEFAULTS.onCrash) === 'fail') return { state: 'failed', error, result: null };
  if (attempt >= attemptsMax(spec)) return { state: 'dead', error, result: null };
  return { state: 'lost', error, result: null, nextDueMs: nowMs };
};

export const attemptsMax = (spec: JobSpec): number => spec.maxAttempts ?? JOB_DEFAULTS.maxAttempts;

const cut = (text: string): string =>
  text.length <= ERROR_CHARACTERS_MAX ? text : `${text.slice(0, ERROR_CHARACTERS_MAX)}... (cut)`;
