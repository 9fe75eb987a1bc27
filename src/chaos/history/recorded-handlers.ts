// Writes down which handlers a worker ran, from their start to their end.
import type { Handlers } from '../../core/ports/handler.ts';
import type { Recorder } from './history.ts';

export const recordedHandlers = (handlers: Handlers, recorder: Recorder, who: string): Handlers => ({
  types: handlers.types,
  run: async (job, context) => {
    const { id, attempt, maxAttempts } = job;
    const given = { id, tag: tagOf(job.payload), fence: context.fencingToken, attempt, maxAttempts };
    const operation = recorder.begin(who, 'run', given);
    const outcome = await handlers.run(job, context);
    recorder.end(operation, 'ok', outcome.kind);
    return outcome;
  },
  [Symbol.asyncDispose]: () => handlers[Symbol.asyncDispose](),
});

/** By which the workload knows its jobs. */
const tagOf = (payload: string): string => {
  const { tag } = (JSON.parse(payload) ?? {}) as { readonly tag?: unknown };
  return typeof tag === 'string' ? tag : '';
};
