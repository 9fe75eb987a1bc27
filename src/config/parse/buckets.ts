// Bucket ranges: `0-15`, `0,3,5-7`, and `auto` for all of the store's.
import { usageError } from '../../core/model/errors.ts';
import { allBuckets, type Bucket } from '../../core/model/ids.ts';

/** Buckets of one store, at most; a bucket is 16 bits of a job's id. */
const BUCKETS_MAX = 65_536;

/** Ascending, each once. Throws BUCKET_RANGE_INVALID, also for a bucket that the store does not have. */
export const parseBuckets = (text: string, bucketCount: number): readonly Bucket[] => {
  if (text.trim() === 'auto') return allBuckets(bucketCount);
  const found = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^\s*(\d{1,5})(?:-(\d{1,5}))?\s*$/.exec(part);
    if (match === null) throw invalid(`"${text}" is not a bucket range`, bucketCount);
    const from = Number(match[1]);
    const to = Number(match[2] ?? from);
    if (from > to) throw invalid(`bucket range "${part.trim()}" runs backwards`, bucketCount);
    if (to >= Math.min(bucketCount, BUCKETS_MAX)) {
      throw invalid(`bucket ${to} is not one of the store's ${bucketCount}`, bucketCount);
    }
    for (let bucket = from; bucket <= to; bucket += 1) found.add(bucket);
  }
  return [...found].sort((left, right) => left - right) as Bucket[];
};

const invalid = (message: string, bucketCount: number): Error => {
  const ranges = bucketCount === BUCKETS_MAX ? 'a range is written as 0-15' : `use 0-${bucketCount - 1}`;
  return usageError('BUCKET_RANGE_INVALID', message, { hint: `${ranges}, a list as 0,3,5-7, or auto` });
};

/** As the API takes them; undefined for all. Which buckets there are it knows itself. */
export const bucketsText = (range: string | undefined): string | undefined =>
  range === undefined || range.trim() === 'auto' ? undefined : parseBuckets(range, BUCKETS_MAX).join(',');
