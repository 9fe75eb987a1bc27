// What an operator wants to become of buckets, beside the automatic assignment: a pin (this worker is to own the bucket) or
// a drain (this worker is to own nothing). A wish, never possession: it changes who should own a bucket, the lock decides
// who does.
import type { Bucket } from './ids.ts';

interface Order {
  readonly worker: string;
  /** Why, in the operator's words; empty when nothing was said. */
  readonly reason: string;
  /** Who gave it, for people. */
  readonly by: string;
  /** By the store's clock, for people. */
  readonly atMs: number;
}

export type PlacementRow =
  | ({ readonly kind: 'pin'; readonly bucket: Bucket } & Order)
  | ({ readonly kind: 'drain' } & Order);

/** What a placement is about, and its key: `bucket/3` for a pin, `worker/NAME` for a drain. The later one replaces it. */
export type PlacementSubject = `bucket/${number}` | `worker/${string}`;

export const pinSubject = (bucket: Bucket): PlacementSubject => `bucket/${bucket}`;
export const drainSubject = (worker: string): PlacementSubject => `worker/${worker}`;
export const placementSubject = (row: PlacementRow): PlacementSubject =>
  row.kind === 'pin' ? pinSubject(row.bucket) : drainSubject(row.worker);

/** The row of a subject, from a store that keeps the two apart. */
export const placementOf = (subject: string, order: Order): PlacementRow => {
  const bucket = /^bucket\/(\d+)$/.exec(subject)?.[1];
  return bucket === undefined
    ? { kind: 'drain', ...order }
    : { kind: 'pin', bucket: Number(bucket) as Bucket, ...order };
};
