// The handlers of the jobs of a run, as a file for `jobctl worker --handlers`: they do what the payload says, and change the
// resource under the token of their attempt.
import { systemClock } from '../../platform/clock.ts';
import { EFFECTS_VARIABLE, requestEffect } from './effects.ts';
import { type Script, scriptEnd } from './script.ts';

/** What a handlers file is given: docs/handlers.md. */
interface Job {
  readonly id: string;
  readonly payload: unknown;
  readonly attempt: number;
}
interface Context {
  readonly signal: AbortSignal;
  readonly fencingToken: number;
  fail(error: string): never;
  snooze(delayMs: number): never;
}

const snoozed = new Set<string>();

const run = async ({ id, payload, attempt }: Job, context: Context): Promise<null> => {
  const script = payload as Script;
  const { signal, fencingToken: token } = context;
  await systemClock.sleep(script.ms, script.deaf ? undefined : signal);
  const end = scriptEnd(script, { attempt, isAborted: signal.aborted, hasSnoozed: snoozed.has(id) });
  switch (end) {
    case 'snoozed':
      snoozed.add(id);
      return context.snooze(script.snoozeMs);
    case 'fatal':
      return context.fail(end);
    case 'succeeded': {
      const effect = { resource: `job/${id}`, token, once: `${id}/${token}` };
      await requestEffect(process.env[EFFECTS_VARIABLE] ?? '', { who: `handler of pid ${process.pid}`, effect });
      return null;
    }
    default:
      throw new Error(end);
  }
};

export default { do: run };
