// Who should own a bucket: by rendezvous hashing over the live members that are willing, unless an operator placed it
// otherwise. The lock decides who does own it, so members that compute from different lists do no harm, for a while.
import { hashText } from '../model/hash.ts';
import type { Bucket } from '../model/ids.ts';
import type { PlacementRow } from '../model/placement.ts';

export interface Candidate {
  readonly memberId: string;
  /** As in the member list: `0-3,7`. */
  readonly buckets: string;
}

/**
 * Who should own each of the buckets, null where no candidate is willing. A bucket moves only if its candidate leaves, or by a
 * placement; and no placement can leave a bucket without an owner: a pin to somebody who is not there or not willing counts
 * for nothing, and a drained candidate keeps what nobody else is willing to own.
 */
export const assignBuckets = (
  buckets: readonly Bucket[],
  candidates: readonly Candidate[],
  placements: readonly PlacementRow[],
): ReadonlyMap<Bucket, string | null> => {
  const drained = new Set<string>();
  const pins = new Map<Bucket, string>();
  for (const row of placements) {
    if (row.kind === 'drain') drained.add(row.worker);
    else pins.set(row.bucket, row.worker);
  }
  const all = candidates.map(({ memberId, buckets: text }) => ({ memberId, buckets: parseRanges(text) }));
  return new Map(
    buckets.map((bucket) => {
      const willing = all.filter((candidate) => candidate.buckets.has(bucket)).map(({ memberId }) => memberId);
      const free = willing.filter((memberId) => !drained.has(memberId));
      const pool = free.length > 0 ? free : willing;
      const pin = pins.get(bucket);
      return [bucket, pin !== undefined && pool.includes(pin) ? pin : byRendezvous(bucket, pool)];
    }),
  );
};

/** The highest score, of equal ones the higher name. */
const byRendezvous = (bucket: Bucket, memberIds: readonly string[]): string | null => {
  let best: { readonly id: string; readonly score: number } | null = null;
  for (const id of memberIds) {
    const score = hashText(`${id}/${bucket}`);
    if (best === null || score > best.score || (score === best.score && id > best.id)) best = { id, score };
  }
  return best?.id ?? null;
};

/** `0-3,7` for 0, 1, 2, 3, 7. */
export const formatRanges = (buckets: readonly number[]): string => {
  const sorted = [...buckets].sort((left, right) => left - right);
  const ranges: { from: number; to: number }[] = [];
  for (const bucket of sorted) {
    const last = ranges.at(-1);
    if (last !== undefined && bucket === last.to + 1) last.to = bucket;
    else ranges.push({ from: bucket, to: bucket });
  }
  return ranges.map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`)).join(',');
};

/** The other way round. */
export const parseRanges = (text: string): ReadonlySet<number> => {
  const buckets = new Set<number>();
  for (const range of text.split(',').filter((part) => part !== '')) {
    const [from = 0, to = from] = range.split('-').map(Number);
    for (let bucket = from; bucket <= to; bucket += 1) buckets.add(bucket);
  }
  return buckets;
};
