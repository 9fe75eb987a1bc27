// What a new owner does before it dispatches anything: it finds every attempt that its predecessors left RUNNING and
// declares it lost under its own token, except those whose worker still lives and was told to finish them.
import { scanPointers, scanSlots } from '../job/slots.ts';
import type { Watcher } from '../lock/watcher.ts';
import { type JobId, type Slot, slotOf } from '../model/ids.ts';
import type { AttemptRow } from '../model/job.ts';
import { PAGE_ROWS } from '../model/limits.ts';
import type { CheckpointRow, InFlight } from '../model/lock.ts';
import type { Truth } from '../ports/store.ts';
import { isOrphan, type RowIntake } from './intake.ts';
import type { OwnedBucket } from './owned-bucket.ts';
import type { Scope } from './scope.ts';

export interface TakeoverDeps {
  readonly scope: Scope;
  readonly watcher: Watcher;
  readonly intake: RowIntake;
}

/** Resolves with the number of lost attempts, once all of them are durable. Throws when the store does not answer. */
export const takeOver = async (
  deps: TakeoverDeps,
  owner: OwnedBucket,
  checkpoint: CheckpointRow | null,
): Promise<number> => {
  const unfinished = new Map<JobId, Truth>();
  const note = (truth: Truth): void => {
    if (isOrphan(owner, truth)) unfinished.set(truth.jobId, truth);
  };
  const named = [...(checkpoint?.exceptions ?? []), ...(checkpoint?.inFlight ?? []).map(({ jobId }) => jobId)];
  for (const truth of await truthsOf(deps.scope, named)) note(truth);
  const range = { from: slotOf(owner.readToMs()), to: slotOf(deps.scope.time.nowMs()) };
  for await (const slot of scanSlots(deps.scope.store, { bucket: owner.bucket, ...range })) {
    for await (const truth of truthsOfSlot(deps.scope, owner, slot)) note(truth);
    for await (const pointers of scanPointers(deps.scope.store, { bucket: owner.bucket, slot }, 0)) {
      for (const truth of await truthsOf(deps.scope, [...new Set(pointers.map(({ jobId }) => jobId))])) note(truth);
    }
  }
  const foreign = await livingAttempts(deps, checkpoint?.inFlight ?? [], unfinished);
  for (const entry of foreign) owner.foreign.set(entry.jobId, entry);
  const lost = [...unfinished.values()].filter(({ jobId }) => !owner.foreign.has(jobId));
  await declareLost(deps, owner, lost);
  return lost.length;
};

/** Looks after attempts that were left to their worker: done, moved on, or lost with its session. */
export const watchForeign = async (deps: TakeoverDeps, owner: OwnedBucket): Promise<void> => {
  if (owner.foreign.size === 0) return;
  const entries = [...owner.foreign.values()];
  const truths = await deps.scope.store.truthGet(entries.map(({ jobId }) => jobId));
  const running = new Map<JobId, Truth>();
  for (const { jobId, fence } of entries) {
    const truth = truths.get(jobId);
    if (truth?.state === 'running' && truth.fence === fence) running.set(jobId, truth);
    else {
      if (truth !== undefined) await leadOn(deps, owner, truth);
      owner.foreign.delete(jobId);
    }
  }
  const living = new Set((await livingAttempts(deps, entries, running)).map(({ jobId }) => jobId));
  const lost = [...running.values()].filter(({ jobId }) => !living.has(jobId) && owner.foreign.has(jobId));
  await declareLost(deps, owner, lost);
  for (const { jobId } of lost) owner.foreign.delete(jobId);
};

/**
 * Its worker may have written the retry pointer where this owner has already read, or has read and ignored it: the truth
 * that goes with it came later.
 */
const leadOn = async (deps: TakeoverDeps, owner: OwnedBucket, truth: AttemptRow): Promise<void> => {
  if (truth.nextDueMs === null || truth.nextDueMs > deps.scope.time.nowMs()) return;
  const { jobId, fence, nextDueMs } = truth;
  await deps.intake.judgeAgain(owner, [{ dueMs: nextDueMs, jobId, fence, op: 'retry', targetMs: null }]);
};

const livingAttempts = async (
  deps: TakeoverDeps,
  inFlight: readonly InFlight[],
  running: ReadonlyMap<JobId, Truth>,
): Promise<readonly InFlight[]> => {
  const entries = inFlight.filter(({ jobId, fence }) => running.get(jobId)?.fence === fence);
  const sessions = [...new Set(entries.map(({ session }) => session))];
  const ended = new Set<string>();
  for (const session of sessions) if (await deps.watcher.isEnded(session)) ended.add(session);
  return entries.filter(({ session }) => !ended.has(session));
};

const declareLost = async (deps: TakeoverDeps, owner: OwnedBucket, truths: readonly Truth[]): Promise<void> => {
  for (let from = 0; from < truths.length; from += PAGE_ROWS) {
    const page = truths.slice(from, from + PAGE_ROWS);
    const jobs = await deps.scope.store.jobGet(page.map(({ jobId }) => jobId));
    await owner.exclusive(async () => {
      for (const truth of page) {
        const job = jobs.get(truth.jobId);
        if (job !== undefined) deps.intake.declareLost(owner, job, truth);
      }
    });
    await owner.writesDone();
  }
};

const truthsOf = async (scope: Scope, ids: readonly JobId[]): Promise<readonly AttemptRow[]> =>
  ids.length === 0 ? [] : [...(await scope.store.truthGet(ids)).values()];

async function* truthsOfSlot(scope: Scope, { bucket }: OwnedBucket, slot: Slot): AsyncGenerator<Truth> {
  let after: JobId | null = null;
  for (;;) {
    const page: readonly Truth[] = await scope.store.truthScan({ bucket, slot, after, limit: PAGE_ROWS });
    yield* page;
    after = page.at(-1)?.jobId ?? null;
    if (page.length < PAGE_ROWS) return;
  }
}
