// Owning buckets under one session: takes those that are assigned to this worker, hands over those that are not any more,
// and keeps checkpoints. Everybody listens to everybody's announcements, so that a dead worker is noticed within its lease.
import { lockAcquire, lockRelease } from '../lock/acquire.ts';
import { StrayLocks } from '../lock/stray.ts';
import { Watcher } from '../lock/watcher.ts';
import type { Bucket, FencingToken } from '../model/ids.ts';
import { bucketLockName, type CheckpointRow, type MemberRow } from '../model/lock.ts';
import { assignBuckets } from './assignment.ts';
import type { RowIntake } from './intake.ts';
import { livingMembers, nextRoundMs } from './living-members.ts';
import { OwnedBucket } from './owned-bucket.ts';
import { KnownPlacements } from './placements.ts';
import { persist, type Scope } from './scope.ts';
import { type TakeoverDeps, takeOver, watchForeign } from './takeover.ts';

/** Buckets taken at the same time. */
const TAKE_CONCURRENCY = 8;
/** An idle bucket's low-water mark is written when it has moved this far, ms: what a takeover would read in vain. */
const IDLE_CHECKPOINT_MS = 30_000;

export interface OwnershipDeps {
  readonly scope: Scope;
  readonly intake: RowIntake;
  /** This worker as others see it, now. */
  readonly member: () => MemberRow;
  /** Buckets it is willing to own. */
  readonly buckets: readonly Bucket[];
  /** A bucket was taken: there may be work. */
  readonly taken: () => void;
}

export class Ownership {
  readonly owners = new Map<Bucket, OwnedBucket>();
  readonly #deps: OwnershipDeps;
  readonly #takeover: TakeoverDeps;
  readonly #watcher: Watcher;
  readonly #placements: KnownPlacements;
  readonly #checkpoints = new Map<OwnedBucket, CheckpointRow>();
  readonly #strays: StrayLocks;
  #isClosed = false;

  constructor(deps: OwnershipDeps) {
    this.#deps = deps;
    this.#watcher = new Watcher(deps.scope);
    this.#placements = new KnownPlacements(deps.scope, deps.scope.session.leaseMs);
    this.#takeover = { ...deps, watcher: this.#watcher };
    this.#strays = new StrayLocks(deps.scope, deps.scope.session.id);
  }

  /** One round: who is alive, what is mine, take and hand over. Returns how long to wait for the next, ms. */
  async balance(): Promise<number> {
    const { scope } = this.#deps;
    if (!this.#isClosed) await this.#balance();
    return nextRoundMs(scope, this.#watcher);
  }

  async #balance(): Promise<void> {
    const { scope, buckets, member } = this.#deps;
    const placements = await this.#placements.list();
    const assignment = assignBuckets(buckets, await livingMembers(scope, this.#watcher, member()), placements);
    for (const owner of [...this.owners.values()]) {
      const next = assignment.get(owner.bucket) ?? null;
      if (next !== scope.memberId) await this.#leave(owner, `worker ${next} is to own it`);
    }
    await this.#strays.release();
    const wanted = buckets.filter((bucket) => assignment.get(bucket) === scope.memberId && !this.owners.has(bucket));
    for (let from = 0; from < wanted.length && !this.#isClosed; from += TAKE_CONCURRENCY) {
      await allOf(wanted.slice(from, from + TAKE_CONCURRENCY).map((bucket) => this.#take(bucket)));
    }
    for (const owner of this.owners.values()) await watchForeign(this.#takeover, owner);
  }

  /** Tells the others that this worker is alive. */
  async announce(): Promise<void> {
    if (this.#isClosed) return;
    const { scope, member } = this.#deps;
    await scope.store.memberWrite(member(), scope.session.leaseMs);
  }

  /** Writes the checkpoints of buckets that moved. */
  async checkpoint(): Promise<void> {
    const nowMs = this.#deps.scope.time.nowMs();
    await Promise.all([...this.owners.values()].map((owner) => this.#checkpoint(owner, owner.checkpoint(nowMs))));
  }

  /** Hands over everything. Handlers that still run go on under this session. */
  async leaveAll(reason: string): Promise<void> {
    this.#isClosed = true;
    const { scope } = this.#deps;
    await persist(scope, 'leave', () => scope.store.memberDelete('worker', scope.memberId));
    await Promise.all([...this.owners.values()].map((owner) => this.#leave(owner, reason)));
  }

  async #take(bucket: Bucket): Promise<void> {
    const { scope, taken } = this.#deps;
    const { clock, events, session, memberId } = scope;
    const name = bucketLockName(bucket);
    const sentMs = clock.monotonicMs();
    this.#strays.note(name); // until it is known to be held
    const acquisition = await lockAcquire(
      { ...scope, watcher: this.#watcher },
      { name, session: session.id, note: memberId },
    );
    // Refused, it may be for an earlier try of mine that came late: then the row names my session.
    if (acquisition.kind === 'held' && acquisition.by !== null) this.#strays.forget(name);
    if (acquisition.kind !== 'acquired') return;
    const { token } = acquisition;
    try {
      const { owner, lost } = await this.#prepare(bucket, token);
      if (!session.isTrusted()) return;
      this.#strays.forget(name);
      owner.isOpen = true;
      this.owners.set(bucket, owner);
      events.emit({ type: 'bucket.owned', bucket, token, lost, durationMs: clock.monotonicMs() - sentMs });
      taken();
    } catch (error) {
      // Nothing was dispatched under this token: give the lock back and start over with the next.
      await lockRelease(scope, { name, session: session.id, token });
      throw error;
    }
  }

  async #prepare(bucket: Bucket, token: FencingToken): Promise<{ readonly owner: OwnedBucket; readonly lost: number }> {
    const { store, time, session } = this.#deps.scope;
    const checkpoint = await store.checkpointGet(bucket);
    const owner = new OwnedBucket(bucket, token, checkpoint, time.nowMs());
    try {
      const lost = await takeOver(this.#takeover, owner, checkpoint);
      // What could not be declared lost was dropped with the session: a checkpoint without it would pass it.
      if (session.isTrusted()) await store.checkpointWrite(owner.checkpoint(time.nowMs()));
      return { owner, lost };
    } finally {
      await owner.writesDone(); // nothing may be written under this token once it is given back
    }
  }

  async #leave(owner: OwnedBucket, reason: string): Promise<void> {
    const { scope } = this.#deps;
    owner.close();
    this.owners.delete(owner.bucket);
    await owner.exclusive(() => Promise.resolve());
    await owner.writesDone();
    const checkpoint = owner.checkpoint(scope.time.nowMs(), scope.session.id);
    this.#checkpoints.delete(owner);
    if (!(await persist(scope, 'checkpoint', () => scope.store.checkpointWrite(checkpoint)))) return;
    const name = bucketLockName(owner.bucket);
    this.#strays.note(name);
    if (await lockRelease(scope, { name, session: scope.session.id, token: owner.token })) this.#strays.forget(name);
    scope.events.emit({ type: 'bucket.left', bucket: owner.bucket, reason });
  }

  async #checkpoint(owner: OwnedBucket, row: CheckpointRow): Promise<void> {
    // What was dropped with a lost session is in nobody's hands: its low-water mark would pass it.
    if (!this.#deps.scope.session.isTrusted()) return;
    if (!owner.isOpen || !hasMoved(this.#checkpoints.get(owner), row)) return;
    await this.#deps.scope.store.checkpointWrite(row);
    this.#checkpoints.set(owner, row);
  }
}

/** Waits for the slowest before it throws: a round that begins while a take is under way would take the bucket twice. */
const allOf = async (takes: readonly Promise<void>[]): Promise<void> => {
  const failed = (await Promise.allSettled(takes)).find((take) => take.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
};

const hasMoved = (before: CheckpointRow | undefined, after: CheckpointRow): boolean =>
  before === undefined ||
  after.lowWaterMs - before.lowWaterMs >= IDLE_CHECKPOINT_MS ||
  substance(before) !== substance(after);

const substance = ({ exceptions, inFlight, counters, heldSlots }: CheckpointRow): string =>
  JSON.stringify([exceptions, inFlight, counters, heldSlots]);
