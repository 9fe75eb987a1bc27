// Who is alive, as far as a member can tell by what the others announce: those to whom the work is assigned.
import type { Watcher } from '../lock/watcher.ts';
import type { MemberRow } from '../model/lock.ts';
import type { Scope } from './scope.ts';

/** A member not heard of for this share of a lease is looked at: its announcements come twice a lease, and with each renewal. */
const SILENT_SHARE = 0.6;
/** Rounds of balancing per lease. */
const ROUNDS_PER_LEASE = 10;

/** How long to wait for the next round, ms: a session that fell silent is ended as soon as it may be. */
export const nextRoundMs = ({ session }: Scope, watcher: Watcher): number =>
  Math.min(session.leaseMs / ROUNDS_PER_LEASE, watcher.nextEndMs());

/** `me` and the others of the same role; a dead one is noticed, and its session ended, within its lease and a margin. */
export const livingMembers = async (scope: Scope, watcher: Watcher, me: MemberRow): Promise<readonly MemberRow[]> => {
  const living: MemberRow[] = [me];
  for (const other of await scope.store.memberList(me.role)) {
    if (other.memberId === scope.memberId) continue;
    watcher.hear(other.session, other.beat);
    const isWell = !watcher.isSilent(other.session, scope.session.leaseMs * SILENT_SHARE);
    if (isWell || !(await watcher.isEnded(other.session))) living.push(other);
  }
  return living;
};
