// Changes of jobs, read from the store, or from the events of a scheduler. A stream that breaks is gone on with where it broke.
import type { JobChange } from '../../core/changes.ts';
import { JobctlError, jobMissing } from '../../core/model/errors.ts';
import type { JobId } from '../../core/model/ids.ts';
import { type ApiValues, clientOptions } from '../ask.ts';
import type { Context } from '../context.ts';

/** Wait before a broken stream is asked for again, ms. */
const AGAIN_MS = 1_000;

/** Ends when every job is over, or at the signal. Throws JOB_NOT_FOUND, and what the store or the scheduler refuses. */
export async function* jobChanges(
  context: Context,
  { api }: ApiValues,
  jobs: readonly JobId[],
  signal: AbortSignal,
): AsyncGenerator<JobChange> {
  const changes = api === undefined ? here(context, jobs, signal) : there(context, api, jobs, signal);
  for await (const change of changes) if (change?.type === 'job') yield change;
}

async function* here(context: Context, jobs: readonly JobId[], signal: AbortSignal) {
  const { changesOf } = await import('../../core/changes.ts');
  const { clock } = context;
  const store = await context.store();
  const known = await store.jobGet(jobs);
  for (const id of jobs) if (!known.has(id)) throw jobMissing(id);
  const subjects = { jobs, schedules: [] };
  for await (const { change } of changesOf({ store, clock }, subjects, { jobs: {}, schedules: {} }, signal))
    yield change;
}

async function* there(context: Context, api: string, jobs: readonly JobId[], signal: AbortSignal) {
  const { createEvents } = await import('../../http/client.ts');
  const events = createEvents(clientOptions(context, api));
  let lastEventId: string | undefined;
  while (!signal.aborted) {
    try {
      for await (const { id, data } of events(`/v1/events?job=${jobs.join(',')}`, lastEventId, signal)) {
        lastEventId = id;
        yield data as JobChange;
      }
      return;
    } catch (error) {
      if (signal.aborted) return;
      // Before the first event nothing was there to break.
      if (!(error instanceof JobctlError) || !error.retryable || lastEventId === undefined) throw error;
      await context.clock.sleep(AGAIN_MS, signal);
    }
  }
}
