// Where buckets are and where they should be; and an operator's orders to place them otherwise. An order is a wish: the
// workers obey within a third of a lease, and the lock of the bucket decides who owns it meanwhile.
import { conflictError, JobctlError, notFoundError, usageError } from '../model/errors.ts';
import { allBuckets, type Bucket } from '../model/ids.ts';
import { PLACEMENT_REASON_CHARACTERS_MAX, PLACEMENTS_MAX } from '../model/limits.ts';
import type { MemberRow } from '../model/lock.ts';
import { drainSubject, type PlacementRow, pinSubject, placementSubject } from '../model/placement.ts';
import { isoTime } from '../model/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import { assignBuckets, parseRanges } from '../worker/assignment.ts';
import { bucketOwners } from './buckets.ts';

/** A drain of a worker that is not alive is forgotten this long after it was ordered, ms: names may be made for one process. */
const DRAIN_KEPT_MS = 7 * 24 * 3_600_000;
const POLL_MS = 500;

export interface PlacementView {
  readonly kind: 'pin' | 'drain';
  /** The worker that is to own the bucket, or the one that is to own nothing. */
  readonly worker: string;
  readonly reason: string | null;
  readonly by: string;
  readonly at: string;
}

export interface OwnerView {
  readonly bucket: Bucket;
  /** The worker that holds the lock; null when nobody does. */
  readonly owner: string | null;
  /** The worker that should own it, of those that live and are willing; null when there is none. */
  readonly target: string | null;
  /** Fencing token of the last acquisition. */
  readonly token: number | null;
  /** The pin of this bucket, else the drain of its owner. */
  readonly placement: PlacementView | null;
}

export interface OwnerMap {
  readonly buckets: readonly OwnerView[];
  /** Workers that are to own nothing, alive or not. */
  readonly drained: readonly PlacementView[];
}

/** Of the buckets that are asked for, default all. For looking only. */
export const ownerMap = async (store: Store, only?: readonly Bucket[]): Promise<OwnerMap> => {
  const asked = only ?? allBuckets(store.bucketCount);
  const [members, placements, owners] = await Promise.all([
    store.memberList('worker'),
    store.placementList(),
    bucketOwners(store, asked),
  ]);
  const assignment = assignBuckets(asked, members, placements);
  const bySubject = new Map(placements.map((row) => [placementSubject(row), placementView(row)]));
  const buckets = asked.map((bucket): OwnerView => {
    const { lock = null, session = null } = owners.get(bucket) ?? {};
    const owner = session === null ? null : (lock?.note ?? null);
    const drain = owner === null ? undefined : bySubject.get(drainSubject(owner));
    return {
      ...{ bucket, owner, target: assignment.get(bucket) ?? null, token: lock?.token ?? null },
      placement: bySubject.get(pinSubject(bucket)) ?? drain ?? null,
    };
  });
  return { buckets, drained: [...bySubject.values()].filter(({ kind }) => kind === 'drain') };
};

const placementView = ({ kind, worker, reason, by, atMs }: PlacementRow): PlacementView => ({
  ...{ kind, worker, reason: reason === '' ? null : reason, by, at: isoTime(atMs) },
});

export interface PlacementOptions {
  /** Why, in the operator's words; up to PLACEMENT_REASON_CHARACTERS_MAX. */
  readonly reason: string;
  /** Who orders it. */
  readonly by: string;
}

/**
 * Buckets are to be owned by this worker for as long as it lives and is willing; later by whoever the assignment finds.
 * Throws WORKER_NOT_FOUND, PLACEMENT_CONFLICT.
 */
export const bucketMove = async (
  store: Store,
  { buckets, worker }: { readonly buckets: readonly Bucket[]; readonly worker: string },
  options: PlacementOptions,
): Promise<void> => {
  const order = await orderOf(store, worker, options);
  const placements = await store.placementList();
  const willing = parseRanges((await liveWorker(store, worker)).buckets);
  const unwilling = buckets.filter((bucket) => !willing.has(bucket));
  if (unwilling.length > 0) {
    throw conflictError('PLACEMENT_CONFLICT', `worker ${worker} does not take bucket ${unwilling.join(', ')}`, {
      hint: `start it with --buckets auto, or with a range that has them`,
    });
  }
  if (placements.some((row) => row.kind === 'drain' && row.worker === worker)) {
    throw conflictError('PLACEMENT_CONFLICT', `worker ${worker} is drained: it is to own nothing`, {
      hint: `take that back first: jobctl bucket drain ${worker} --undo`,
    });
  }
  assertRoom(placements, buckets.length);
  for (const bucket of buckets) await store.placementWrite({ kind: 'pin', bucket, ...order });
};

/** Back to the automatic assignment. */
export const bucketUnpin = async (store: Store, buckets: readonly Bucket[]): Promise<void> => {
  for (const bucket of buckets) await store.placementDelete(pinSubject(bucket));
};

/**
 * A worker is to own nothing, except what nobody else is willing to own. Stays so when the worker is started anew under the
 * same name, until it is undone. Throws WORKER_NOT_FOUND, PLACEMENT_CONFLICT.
 */
export const workerDrain = async (store: Store, worker: string, options: PlacementOptions): Promise<void> => {
  const order = await orderOf(store, worker, options);
  await liveWorker(store, worker);
  const placements = await forgetOldDrains(store, order.atMs);
  assertRoom(placements, 1);
  await store.placementWrite({ kind: 'drain', ...order });
};

export const workerUndrain = (store: Store, worker: string): Promise<void> =>
  store.placementDelete(drainSubject(worker));

/**
 * Waits until every bucket is where it should be; at once where nobody should own one. Resolves with the map of the buckets,
 * and whether it came to that in time.
 */
export const ownersSettle = async (
  clock: Clock,
  look: () => Promise<OwnerMap>,
  timeoutMs: number,
): Promise<{ readonly map: OwnerMap; readonly isSettled: boolean }> => {
  const endsMs = clock.monotonicMs() + timeoutMs;
  for (;;) {
    const isLast = clock.monotonicMs() >= endsMs;
    const map = await lookOrNull(look, isLast);
    const isSettled = map?.buckets.every(({ owner, target }) => target === null || owner === target) ?? false;
    if (map !== null && (isSettled || isLast)) return { map, isSettled };
    await clock.sleep(Math.max(0, Math.min(POLL_MS, endsMs - clock.monotonicMs())));
  }
};

/** Null: the store did not answer, and there is time to ask again. */
const lookOrNull = async (look: () => Promise<OwnerMap>, isLast: boolean): Promise<OwnerMap | null> => {
  try {
    return await look();
  } catch (error) {
    if (isLast || !(error instanceof JobctlError) || !error.retryable) throw error;
    return null;
  }
};

const orderOf = async (store: Store, worker: string, { reason, by }: PlacementOptions) => {
  if (reason.length > PLACEMENT_REASON_CHARACTERS_MAX) {
    const message = `--reason has ${reason.length} characters, at most ${PLACEMENT_REASON_CHARACTERS_MAX}`;
    throw usageError('OPTION_INVALID', message, { hint: 'shorten it' });
  }
  return { worker, reason, by, atMs: await store.wallMs() };
};

const liveWorker = async (store: Store, worker: string): Promise<MemberRow> => {
  const members = await store.memberList('worker');
  const found = members.find(({ memberId }) => memberId === worker);
  if (found !== undefined) return found;
  const names = members.map(({ memberId }) => memberId);
  throw notFoundError('WORKER_NOT_FOUND', `no live worker is called "${worker}"`, {
    ...(names.length === 0 ? {} : { detail: `there are: ${names.join(', ')}` }),
    hint: 'see them with `jobctl worker list`',
  });
};

const forgetOldDrains = async (store: Store, nowMs: number): Promise<readonly PlacementRow[]> => {
  const living = new Set((await store.memberList('worker')).map(({ memberId }) => memberId));
  const isOld = (row: PlacementRow): boolean =>
    row.kind === 'drain' && !living.has(row.worker) && nowMs - row.atMs > DRAIN_KEPT_MS;
  const placements = await store.placementList();
  for (const row of placements.filter(isOld)) await store.placementDelete(placementSubject(row));
  return placements.filter((row) => !isOld(row));
};

const assertRoom = (placements: readonly PlacementRow[], more: number): void => {
  if (placements.length + more <= PLACEMENTS_MAX) return;
  throw conflictError(
    'PLACEMENT_CONFLICT',
    `there are ${placements.length} pins and drains, at most ${PLACEMENTS_MAX}`,
    {
      hint: 'give buckets back with `jobctl bucket move BUCKETS --to auto`, and workers with `jobctl bucket drain ID --undo`',
    },
  );
};
