// Takes due rows in hand: jobs become ready, pointers are judged against the truth. Whatever is in hand already is not
// taken twice, and what was taken is remembered, so rows may be handed in again and again.
import { attemptRow } from '../job/rows.ts';
import { type DeadLetterKey, deadLetterKey } from '../model/dead-letter.ts';
import { fenceToken, type JobId, jobDueMs, makeFence } from '../model/ids.ts';
import type { AttemptRow, JobRow, PointerRow } from '../model/job.ts';
import type { Truth } from '../ports/store.ts';
import { stopItem } from './dispatcher.ts';
import { type Judgement, judgePointer } from './judge.ts';
import { makeItem, nextSequence, type OwnedBucket, type WorkItem } from './owned-bucket.ts';
import type { ReadyQueue } from './ready-queue.ts';
import type { Recorder } from './recorder.ts';
import { momentOf, type Scope } from './scope.ts';

export interface IntakeDeps {
  readonly scope: Scope;
  readonly ready: ReadyQueue;
  readonly recorder: Recorder;
}

export class RowIntake {
  readonly #deps: IntakeDeps;
  /** Jobs taken in hand since the start: shows whether there is work. */
  admitted = 0;

  constructor(deps: IntakeDeps) {
    this.#deps = deps;
  }

  async admitJobs(owner: OwnedBucket, jobs: readonly JobRow[]): Promise<void> {
    if (jobs.every(({ jobId }) => owner.isKnown(jobId))) return;
    await owner.exclusive(async () => {
      const fresh = jobs.filter(({ jobId }) => !owner.isKnown(jobId));
      if (fresh.length === 0 || !owner.isOpen) return;
      const nowMs = this.#deps.scope.time.nowMs();
      const doubtful = fresh.filter(({ jobId }) => jobDueMs(jobId) <= owner.verifyToMs).map(({ jobId }) => jobId);
      const truths = doubtful.length === 0 ? null : await this.#deps.scope.store.truthGet(doubtful);
      for (const job of fresh) {
        owner.remember(job.jobId, nowMs);
        const truth = truths?.get(job.jobId);
        if (truth !== undefined && isOrphan(owner, truth)) this.declareLost(owner, job, truth);
        if (owner.decided.delete(job.jobId) || truth !== undefined) continue;
        this.#take({ owner, job, truth: undefined, foundMs: jobDueMs(job.jobId) });
      }
    });
  }

  admitPointers(owner: OwnedBucket, pointers: readonly PointerRow[]): Promise<void> {
    return owner.exclusive(async () => {
      const fresh = pointers.filter((pointer) => !owner.isKnown(pointerKey(pointer)));
      await this.#judgeAll(owner, fresh);
      const nowMs = this.#deps.scope.time.nowMs();
      for (const pointer of fresh) owner.remember(pointerKey(pointer), nowMs);
    });
  }

  /**
   * An attempt that an earlier owner began and nobody will finish. The takeover finds them; but a claim that was never
   * acknowledged may be on one replica only and appear later.
   */
  declareLost(owner: OwnedBucket, job: JobRow, truth: Truth): void {
    if (owner.items.has(job.jobId)) return;
    const item = makeItem({ owner, job, truth, foundMs: Math.min(jobDueMs(job.jobId), truth.startedMs) });
    owner.items.set(job.jobId, item);
    this.#deps.recorder.record(item, lostRow(this.#deps.scope, owner, truth, job));
  }

  /** Judges pointers that were read before it could be done. */
  judgeAgain(owner: OwnedBucket, pointers: readonly PointerRow[]): Promise<void> {
    return owner.exclusive(() => this.#judgeAll(owner, pointers));
  }

  async #judgeAll(owner: OwnedBucket, pointers: readonly PointerRow[]): Promise<void> {
    const open = pointers.filter((pointer) => !this.#isInHand(owner, pointer));
    if (open.length === 0 || !owner.isOpen) return;
    const { store, events } = this.#deps.scope;
    const truths = await store.truthGet([...new Set(open.map(({ jobId }) => jobId))]);
    const judged = open.map((pointer) => ({ pointer, judgement: judgePointer(pointer, truths.get(pointer.jobId)) }));
    const orphans = [...truths.values()].filter((truth) => isOrphan(owner, truth)).map(({ jobId }) => jobId);
    const acting = judged.filter(({ judgement }) => isActing(judgement)).map(({ pointer }) => pointer.jobId);
    const jobs =
      acting.length + orphans.length === 0
        ? new Map<JobId, JobRow>()
        : await store.jobGet([...new Set([...acting, ...orphans])]);
    for (const jobId of orphans) {
      const [job, truth] = [jobs.get(jobId), truths.get(jobId)];
      if (job !== undefined && truth !== undefined) this.declareLost(owner, job, truth);
    }
    for (const { pointer, judgement } of judged) {
      if (judgement.kind === 'ghost') {
        owner.counters.ghosts += 1;
        events.emit({ type: 'pointer.ghost', jobId: pointer.jobId, fence: pointer.fence, op: pointer.op });
      }
      if (judgement.kind === 'pass-over') owner.decided.add(pointer.jobId);
      const job = jobs.get(pointer.jobId);
      if (job !== undefined && !owner.items.has(pointer.jobId)) {
        this.#act({ owner, job, pointer, truth: truths.get(pointer.jobId), judgement });
      }
    }
  }

  #act(found: {
    readonly owner: OwnedBucket;
    readonly job: JobRow;
    readonly pointer: PointerRow;
    readonly truth: AttemptRow | undefined;
    readonly judgement: Judgement;
  }): void {
    const { owner, job, pointer, truth, judgement } = found;
    const foundMs = pointer.dueMs;
    owner.remember(job.jobId, this.#deps.scope.time.nowMs());
    // Its own row is still to be read, perhaps when the id has long been forgotten: it is passed over then.
    if (isActing(judgement) && jobDueMs(job.jobId) > owner.jobs.readToMs()) owner.decided.add(job.jobId);
    if (judgement.kind === 'run') this.#take({ owner, job, truth, foundMs });
    if (judgement.kind === 'replay') {
      const deadLetter = letterOf(job, truth);
      this.#take({ owner, job, truth, foundMs, deadLetter });
    }
    if (judgement.kind === 'cancel' || judgement.kind === 'reschedule') {
      const item = makeItem({ owner, job, truth, foundMs });
      owner.items.set(job.jobId, item);
      this.#decideNow(item, judgement.kind === 'reschedule' ? judgement.targetMs : null);
    }
  }

  #take(found: Parameters<typeof makeItem>[0]): void {
    const item = makeItem(found);
    this.admitted += 1;
    found.owner.items.set(found.job.jobId, item);
    this.#deps.ready.push(item);
  }

  /** A person's order about a job that is not running: cancelled, or due at another time. */
  #decideNow(item: WorkItem, targetMs: number | null): void {
    const { scope, recorder } = this.#deps;
    const nowMs = scope.time.nowMs();
    const fence = makeFence(item.owner.token, nextSequence(item.fence));
    item.fence = fence;
    item.startedMs = nowMs;
    recorder.record(item, {
      jobId: item.job.jobId,
      fence,
      attempt: item.attemptsUsed,
      state: targetMs === null ? 'cancelled' : 'rescheduled',
      worker: scope.memberId,
      startedMs: nowMs,
      endedMs: nowMs,
      nextDueMs: targetMs,
      error: targetMs === null ? 'cancelled' : null,
      result: null,
    });
  }

  /** True when the job is in hand, and the pointer dealt with. */
  #isInHand(owner: OwnedBucket, pointer: PointerRow): boolean {
    const item = owner.items.get(pointer.jobId);
    if (item === undefined) return false;
    if (item.fence !== pointer.fence) return true;
    if (item.stage === 'recording') item.deferred.push(pointer);
    else if (item.stage === 'ready') this.#orderReady(item, pointer);
    else if (pointer.op === 'cancel') stopItem(item, 'cancelled');
    return true;
  }

  #orderReady(item: WorkItem, pointer: PointerRow): void {
    if (pointer.op === 'cancel') this.#decideNow(item, null);
    else if (pointer.op === 'reschedule' && pointer.targetMs !== null) this.#decideNow(item, pointer.targetMs);
  }
}

const letterOf = ({ queue, jobId }: JobRow, truth: AttemptRow | undefined): DeadLetterKey | null =>
  truth?.state === 'dead' ? deadLetterKey({ queue, jobId, fence: truth.fence, failedMs: truth.endedMs ?? 0 }) : null;

/** Running under an earlier owner, and not left to its worker. */
export const isOrphan = (owner: OwnedBucket, { state, fence, jobId }: Truth): boolean =>
  state === 'running' && fenceToken(fence) < owner.token && !owner.foreign.has(jobId);

const lostRow = (scope: Scope, owner: OwnedBucket, truth: Truth, job: JobRow): AttemptRow => {
  const { attempt, worker, startedMs } = truth;
  const fence = makeFence(owner.token, nextSequence(truth.fence));
  const ending = { kind: 'lost', worker } as const;
  return attemptRow({ job, fence, attempt, worker, startedMs }, ending, momentOf(scope));
};

const isActing = ({ kind }: Judgement): boolean =>
  kind === 'run' || kind === 'replay' || kind === 'cancel' || kind === 'reschedule';

const pointerKey = ({ dueMs, jobId, fence, op }: PointerRow): string => `${jobId}/${dueMs}/${fence}/${op}`;
