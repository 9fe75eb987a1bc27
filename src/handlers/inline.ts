// Handlers that are functions of this program. They share its thread with the one that renews the session: a handler that
// burns CPU for long costs the worker its lease, so that belongs in a handlers file, which has a thread of its own.
import { usageError } from '../core/model/errors.ts';
import type { Handlers } from '../core/ports/handler.ts';
import { runUserHandler, type UserHandler } from './user-handler.ts';

export type InlineHandlers = Readonly<Record<string, UserHandler>>;

/** Throws HANDLERS_INVALID for what is no function, or nothing. */
export const inlineHandlers = (given: InlineHandlers): Handlers => {
  const handlers = new Map(Object.entries(given));
  const wrong = [...handlers].find(([, handler]) => typeof handler !== 'function')?.[0];
  if (wrong !== undefined || handlers.size === 0) {
    const what = wrong === undefined ? 'there are no handlers' : `the handler of "${wrong}" is not a function`;
    throw usageError('HANDLERS_INVALID', what, { hint: "handlers: { 'email.send': async (job, ctx) => ... }" });
  }
  return {
    types: [...handlers.keys()],
    run: async (job, context) => {
      const handle = handlers.get(job.type);
      if (handle === undefined) return { kind: 'failed', error: `no handler for "${job.type}"`, retryable: true };
      const { stack, ...outcome } = await runUserHandler(handle, job, context);
      if (stack !== undefined) context.log('the handler threw', { stack });
      return outcome;
    },
    [Symbol.asyncDispose]: async () => {},
  };
};
