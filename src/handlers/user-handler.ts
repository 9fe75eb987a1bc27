// What a handler that a user wrote gets and may do (docs/handlers.md), and how what it did becomes an outcome. The same for
// handlers in a thread of their own and for those of a program that runs a worker itself.
import type { HandlerContext, HandlerJob, Outcome } from '../core/ports/handler.ts';
import { snoozeMs } from './module/delay.ts';
import { resultText } from './result.ts';

export interface UserJob<Payload = unknown> {
  /** The same at every attempt: a good idempotency key for what you call. */
  readonly id: string;
  readonly type: string;
  readonly payload: Payload;
  /** 1 for the first. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** When it was meant to run. */
  readonly nominalTime: Date;
}

export interface UserContext {
  /** Aborts on time-out, cancel, shutdown and when the worker has lost its session. */
  readonly signal: AbortSignal;
  /** Grows with every attempt of the job, across workers. Not to be compared with the tokens of a lock. */
  readonly fencingToken: number;
  /** A line of the attempt's log. */
  log(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** 0 to 1, or any JSON. */
  progress(value: unknown): void;
  /** Ends the attempt as failed; not retried. */
  fail(error: string): never;
  /** Ends the attempt; the job is due again after ms, or "30s". Costs no attempt. */
  snooze(delay: number | string): never;
}

/**
 * Returns what is kept as the result; what it throws fails the attempt, which is retried. Declared as a method, so that a
 * handler may say which payload it expects: `(job: UserJob<{ to: string }>, ctx) => ...`.
 */
export type UserHandler = { handle(job: UserJob, context: UserContext): unknown }['handle'];

/** An outcome, and where the handler threw. */
export type UserOutcome = Outcome & { readonly stack?: string | undefined };

/** Never throws. */
export const runUserHandler = async (
  handle: UserHandler,
  job: HandlerJob,
  context: Pick<HandlerContext, 'signal' | 'log' | 'progress'> & { readonly fencingToken: number },
): Promise<UserOutcome> => {
  let value: unknown;
  try {
    value = await handle(jobOf(job), contextOf(context));
  } catch (error) {
    if (error instanceof Decided) return error.outcome;
    const stack = error instanceof Error ? String(error.stack) : undefined;
    return { kind: 'failed', error: thrownText(error), retryable: true, stack };
  }
  try {
    return { kind: 'succeeded', result: resultText(value) };
  } catch (error) {
    return { kind: 'failed', error: `the result cannot be kept as JSON: ${thrownText(error)}`, retryable: false };
  }
};

/** Anything can be thrown, also what has no text. */
export const thrownText = (thrown: unknown): string => {
  try {
    return thrown instanceof Error ? String(thrown.message || thrown.name) : String(thrown);
  } catch {
    return 'the handler threw something that cannot be written as text';
  }
};

/** Thrown by ctx.fail and ctx.snooze, so that a handler ends there. */
class Decided extends Error {
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    super('the handler decided its outcome');
    this.outcome = outcome;
  }
}

const jobOf = ({ id, type, payload, attempt, maxAttempts, nominalMs }: HandlerJob): UserJob => ({
  id,
  type,
  payload: JSON.parse(payload) as unknown,
  attempt,
  maxAttempts,
  nominalTime: new Date(nominalMs),
});

const contextOf = ({
  signal,
  fencingToken,
  log,
  progress,
}: Pick<HandlerContext, 'signal' | 'log' | 'progress'> & { readonly fencingToken: number }): UserContext => ({
  signal,
  fencingToken,
  log: (text, fields) => log(String(text), fields === undefined ? undefined : plainOf(fields)),
  progress: (value) => progress(plainOf(value)),
  fail: (error) => {
    throw new Decided({ kind: 'failed', error: String(error), retryable: false });
  },
  snooze: (delay) => {
    throw new Decided({ kind: 'snoozed', delayMs: snoozeMs(delay) });
  },
});

/** Functions and classes do not travel between threads. What is no JSON is named: a log line never fails an attempt. */
const plainOf = <Value>(value: Value): Value | { readonly unreadable: string } => {
  try {
    return JSON.parse(JSON.stringify(value ?? null)) as Value;
  } catch (error) {
    return { unreadable: thrownText(error) };
  }
};
