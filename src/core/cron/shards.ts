// Owning shards of schedules under one session: takes those that are assigned to this scheduler, gives back those that are not
// any more. As with buckets, rendezvous hashing says who should own a shard, and the lock who does.
import { lockAcquire, lockRelease } from '../lock/acquire.ts';
import { StrayLocks } from '../lock/stray.ts';
import { Watcher } from '../lock/watcher.ts';
import { allBuckets, type Bucket } from '../model/ids.ts';
import { cronLockName, type MemberRow } from '../model/lock.ts';
import { assignBuckets } from '../worker/assignment.ts';
import { livingMembers, nextRoundMs } from '../worker/living-members.ts';
import { persist, type Scope } from '../worker/scope.ts';
import { OwnedShard, type ShardDeps } from './owned-shard.ts';

export const SCHEDULER_ROLE = 'scheduler';

export interface ShardsDeps {
  readonly scope: Scope;
  readonly submitter: ShardDeps['submitter'];
  /** This scheduler as others see it, now. */
  readonly member: () => MemberRow;
  /** A shard was taken: its schedules may be due. */
  readonly taken: () => void;
}

export class Shards {
  readonly owned = new Map<Bucket, OwnedShard>();
  readonly #deps: ShardsDeps;
  readonly #watcher: Watcher;
  readonly #strays: StrayLocks;
  #isClosed = false;

  constructor(deps: ShardsDeps) {
    this.#deps = deps;
    this.#watcher = new Watcher(deps.scope);
    this.#strays = new StrayLocks(deps.scope, deps.scope.session.id);
  }

  /** One round: who is alive, what is mine, take and give back. Returns how long to wait for the next, ms. */
  async balance(): Promise<number> {
    if (!this.#isClosed) await this.#balance();
    return nextRoundMs(this.#deps.scope, this.#watcher);
  }

  async #balance(): Promise<void> {
    const { scope, member } = this.#deps;
    const shards = allBuckets(scope.store.bucketCount);
    const assignment = assignBuckets(shards, await livingMembers(scope, this.#watcher, member()), []);
    const isMine = (shard: Bucket): boolean => assignment.get(shard) === scope.memberId;
    for (const owned of [...this.owned.values()]) if (!isMine(owned.shard)) await this.#leave(owned);
    await this.#strays.release();
    for (const shard of shards) {
      if (this.#isClosed) return;
      if (isMine(shard) && !this.owned.has(shard)) await this.#take(shard);
    }
  }

  async leaveAll(): Promise<void> {
    this.#isClosed = true;
    const { scope } = this.#deps;
    await persist(scope, 'leave', () => scope.store.memberDelete(SCHEDULER_ROLE, scope.memberId));
    await Promise.all([...this.owned.values()].map((owned) => this.#leave(owned)));
  }

  async #take(shard: Bucket): Promise<void> {
    const { scope, submitter, taken } = this.#deps;
    const name = cronLockName(shard);
    this.#strays.note(name); // until it is known to be held
    const request = { name, session: scope.session.id, note: scope.memberId };
    const acquisition = await lockAcquire({ ...scope, watcher: this.#watcher }, request);
    if (acquisition.kind === 'held' && acquisition.by !== null) this.#strays.forget(name);
    if (acquisition.kind !== 'acquired') return;
    const owned = new OwnedShard({ scope, submitter, shard, token: acquisition.token });
    await owned.load(); // when it fails the lock is a stray, and given back
    if (!scope.session.isTrusted()) return;
    this.#strays.forget(name);
    this.owned.set(shard, owned);
    taken();
  }

  /** Resolves when nothing of it is being decided any more. */
  async #leave(owned: OwnedShard): Promise<void> {
    const { scope } = this.#deps;
    this.owned.delete(owned.shard);
    await owned.close();
    const name = cronLockName(owned.shard);
    this.#strays.note(name);
    const lock = { name, session: scope.session.id, token: owned.token };
    if (await lockRelease(scope, lock)) this.#strays.forget(name);
  }
}
