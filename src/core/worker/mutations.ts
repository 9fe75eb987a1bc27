// Packs rows into as few mutations as the limits allow: one partition each, bounded rows and bytes.
import { jobBucket, jobSlot, slotOf } from '../model/ids.ts';
import type { AttemptRow, Partition, PointerRow } from '../model/job.ts';
import { MUTATION_BYTES_MAX, MUTATION_ROWS_MAX } from '../model/limits.ts';
import type { Mutation } from '../ports/store.ts';

interface Open extends Partition {
  readonly attempts: AttemptRow[];
  readonly pointers: PointerRow[];
  bytes: number;
}

export const packRows = (attempts: readonly AttemptRow[], pointers: readonly PointerRow[]): readonly Mutation[] => {
  const packer = new Packer();
  for (const row of attempts) {
    const bytes = (row.result?.length ?? 0) + (row.error?.length ?? 0);
    packer.open({ bucket: jobBucket(row.jobId), slot: jobSlot(row.jobId) }, bytes).attempts.push(row);
  }
  for (const row of pointers) {
    packer.open({ bucket: jobBucket(row.jobId), slot: slotOf(row.dueMs) }, 0).pointers.push(row);
  }
  return packer.mutations;
};

class Packer {
  readonly mutations: Open[] = [];
  readonly #open = new Map<number, Open>();

  open({ bucket, slot }: Partition, bytes: number): Open {
    const key = slot * 2 ** 16 + bucket;
    const current = this.#open.get(key);
    if (current !== undefined && !isFull(current, bytes)) {
      current.bytes += bytes;
      return current;
    }
    const next: Open = { bucket, slot, attempts: [], pointers: [], bytes };
    this.#open.set(key, next);
    this.mutations.push(next);
    return next;
  }
}

const isFull = ({ attempts, pointers, bytes }: Open, more: number): boolean =>
  attempts.length + pointers.length >= MUTATION_ROWS_MAX || bytes + more > MUTATION_BYTES_MAX;
