// Who should own a bucket: rendezvous hashing over the live members that are willing. The lock decides who does.
import { hashText } from '../model/hash.ts';
import type { Bucket } from '../model/ids.ts';

export interface Candidate {
  readonly memberId: string;
  /** As in the member list: `0-3,7`. */
  readonly buckets: string;
}

/** Buckets that `memberId` should own. Each bucket goes to one willing candidate, and moves only if that one leaves. */
export const assignedBuckets = (
  memberId: string,
  buckets: readonly Bucket[],
  candidates: readonly Candidate[],
): ReadonlySet<Bucket> => {
  const willing = candidates.map((candidate) => ({ id: candidate.memberId, buckets: parseRanges(candidate.buckets) }));
  return new Set(
    buckets.filter((bucket) => {
      const score = scoreOf(memberId, bucket);
      return !willing.some(
        ({ id, buckets: theirs }) =>
          id !== memberId && theirs.has(bucket) && beats(id, scoreOf(id, bucket), memberId, score),
      );
    }),
  );
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

const parseRanges = (text: string): ReadonlySet<number> => {
  const buckets = new Set<number>();
  for (const range of text.split(',').filter((part) => part !== '')) {
    const [from = 0, to = from] = range.split('-').map(Number);
    for (let bucket = from; bucket <= to; bucket += 1) buckets.add(bucket);
  }
  return buckets;
};

const scoreOf = (memberId: string, bucket: number): number => hashText(`${memberId}/${bucket}`);

const beats = (id: string, score: number, otherId: string, otherScore: number): boolean =>
  score === otherScore ? id > otherId : score > otherScore;
