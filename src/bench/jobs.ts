// The jobs that benchmarks submit, and how many at a time.
import type { SubmitRequest, Submitter } from '../core/job/submit.ts';
import type { JobId } from '../core/model/ids.ts';

/** As many callers as a closed loop has, and as a bulk has jobs. */
export const CALLERS = 64;
export const BULK = 1_000;
/** As an order or an e-mail has it, bytes. */
export const FILLER = 'x'.repeat(200);
/** Nothing is to run them meanwhile. */
export const LATER_MS = 24 * 3_600_000;

export const filledJob = (n: number): SubmitRequest => ({
  type: 'bench',
  payload: JSON.stringify({ n, filler: FILLER }),
});
export const laterJob = (n: number): SubmitRequest => ({ ...filledJob(n), delayMs: LATER_MS });

/** Numbered from 0; ends early, with fewer, when the signal aborts. */
export const submitInBulk = async (
  { submitter, signal }: { readonly submitter: Submitter; readonly signal: AbortSignal },
  jobs: number,
  requestOf: (n: number) => SubmitRequest,
): Promise<readonly JobId[]> => {
  const ids: JobId[] = [];
  for (let made = 0; made < jobs && !signal.aborted; made += BULK) {
    const requests = Array.from({ length: Math.min(BULK, jobs - made) }, (_, index) => requestOf(made + index));
    for (const { id } of await submitter.submitAll(requests)) ids.push(id);
  }
  return ids;
};
