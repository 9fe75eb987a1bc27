// Looks once more at slots that are over. Closing (10 s after its end) and audit (10 min after) find job rows that no
// attempt was ever written for and give each a LATE pointer; purging removes whole slots whose jobs all ended long ago.
import { mergeSlot } from '../job/merge.ts';
import { type JobId, NO_FENCE, type Slot, slotOf, slotStartMs } from '../model/ids.ts';
import { isTerminal, type PointerRow } from '../model/job.ts';
import { PAGE_ROWS } from '../model/limits.ts';
import { slotEndMs } from './frontier.ts';
import type { RowIntake } from './intake.ts';
import { packRows } from './mutations.ts';
import type { OwnedBucket } from './owned-bucket.ts';
import { persist, type Scope } from './scope.ts';

/** Time after the end of a slot, ms. */
const CLOSE_AFTER_MS = 10_000;
const AUDIT_AFTER_MS = 600_000;
/** Slots looked at in one step, each bucket. */
const SLOTS_PER_STEP = 10;
/** Slots that may be held back by an unfinished job; when there are more, purging stops there. */
const HELD_SLOTS_MAX = 1_000;
/** How often held slots are looked at again, ms. */
const HELD_EVERY_MS = 3_600_000;

export interface AuditorDeps {
  readonly scope: Scope;
  readonly intake: RowIntake;
  /** How long rows of ended jobs are kept, ms. */
  readonly retentionMs: number;
}

export class Auditor {
  readonly #deps: AuditorDeps;
  readonly #heldMs = new WeakMap<OwnedBucket, number>();

  constructor(deps: AuditorDeps) {
    this.#deps = deps;
  }

  async step(owner: OwnedBucket): Promise<void> {
    const nowMs = this.#deps.scope.time.nowMs();
    const readTo = slotOf(owner.readToMs());
    const closeTo = Math.min(readTo, slotOf(nowMs - CLOSE_AFTER_MS));
    owner.closedTo(
      await this.#eachSlot(owner, owner.closedSlot, closeTo, (slot) => this.#findMissed(owner, slot, 'close')),
    );
    owner.auditedSlot = await this.#eachSlot(
      owner,
      owner.auditedSlot,
      Math.min(owner.closedSlot, slotOf(nowMs - AUDIT_AFTER_MS)),
      (slot) => this.#findMissed(owner, slot, 'audit'),
    );
    await this.#purge(owner, nowMs);
  }

  /** Returns the slot to go on with: all before it are done. */
  async #eachSlot(
    owner: OwnedBucket,
    from: number,
    end: number,
    work: (slot: Slot) => Promise<boolean>,
  ): Promise<number> {
    if (from >= end) return from;
    const range = { bucket: owner.bucket, from: from as Slot, to: (end - 1) as Slot, limit: SLOTS_PER_STEP };
    const slots = await this.#deps.scope.store.slotScan(range);
    for (const slot of slots) if (!(await work(slot))) return slot;
    const last = slots.at(-1);
    return last === undefined || slots.length < SLOTS_PER_STEP ? end : last + 1;
  }

  async #findMissed(owner: OwnedBucket, slot: Slot, step: 'close' | 'audit'): Promise<boolean> {
    const { scope, intake } = this.#deps;
    const missed: JobId[] = [];
    await this.#scan(owner, slot, (jobId, isAttempted) => {
      if (!isAttempted && !owner.items.has(jobId) && !owner.decided.has(jobId)) missed.push(jobId);
      return true;
    });
    if (missed.length > 0) {
      const dueMs = scope.time.nowMs();
      const pointers = missed.map(
        (jobId): PointerRow => ({ dueMs, jobId, fence: NO_FENCE, op: 'late', targetMs: null }),
      );
      for (const mutation of packRows([], pointers)) {
        if (!(await persist(scope, 'audit', () => scope.store.append(mutation)))) return false;
      }
      await intake.admitPointers(owner, pointers);
      if (step === 'audit') owner.counters.audited += missed.length;
    }
    scope.events.emit({ type: 'bucket.audited', bucket: owner.bucket, slot, found: missed.length, step });
    return true;
  }

  async #purge(owner: OwnedBucket, nowMs: number): Promise<void> {
    const endedBeforeMs = nowMs - this.#deps.retentionMs;
    const end = Math.min(slotOf(owner.checkpoint(nowMs).lowWaterMs), slotOf(endedBeforeMs), owner.auditedSlot);
    const held = new Set(owner.heldSlots);
    if (nowMs - (this.#heldMs.get(owner) ?? 0) >= HELD_EVERY_MS) {
      this.#heldMs.set(owner, nowMs);
      for (const slot of owner.heldSlots) {
        if (await this.#purgeSlot(owner, slot as Slot, endedBeforeMs)) held.delete(slot);
      }
    }
    owner.purgedSlot = await this.#eachSlot(owner, owner.purgedSlot, end, async (slot) => {
      if (await this.#purgeSlot(owner, slot, endedBeforeMs)) return true;
      if (held.size >= HELD_SLOTS_MAX) return false;
      held.add(slot);
      return true;
    });
    owner.heldSlots = [...held];
  }

  async #purgeSlot(owner: OwnedBucket, slot: Slot, endedBeforeMs: number): Promise<boolean> {
    const { store, events } = this.#deps.scope;
    let isOver = slotEndMs(slot) < endedBeforeMs;
    await this.#scan(owner, slot, (_jobId, _isAttempted, endedMs) => {
      isOver &&= endedMs !== null && endedMs < endedBeforeMs;
      return isOver;
    });
    if (!isOver || slotStartMs(slot) >= endedBeforeMs || !this.#deps.scope.session.isTrusted()) return false;
    await store.partitionDelete({ bucket: owner.bucket, slot });
    events.emit({ type: 'bucket.purged', bucket: owner.bucket, slot });
    return true;
  }

  /** A pause after each page: a slot may hold a million jobs, and others want to run meanwhile. */
  async #scan(
    { bucket }: OwnedBucket,
    slot: Slot,
    visit: (jobId: JobId, isAttempted: boolean, endedMs: number | null) => boolean,
  ): Promise<void> {
    let visited = 0;
    for await (const { jobId, truth } of mergeSlot(this.#deps.scope.store, { bucket, slot })) {
      const endedMs = truth !== undefined && isTerminal(truth.state) ? truth.endedMs : null;
      if (!visit(jobId, truth !== undefined, endedMs)) return;
      visited += 1;
      if (visited % PAGE_ROWS === 0) await this.#deps.scope.clock.sleep(1);
    }
  }
}
