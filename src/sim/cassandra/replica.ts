// What one node stores: partitions of rows in key order. A mutation of one partition is applied as a whole.
import { mergeRows, type Row } from './cells.ts';

export interface Write {
  /** Table and partition key. */
  readonly partition: string;
  /** Sorts as the clustering columns do. */
  readonly key: string;
  readonly row: Row;
}

export interface Mutation {
  readonly writes: readonly Write[];
  /** Partitions deleted as a whole, at this time. */
  readonly deletes: readonly { readonly partition: string; readonly timestampUs: number }[];
}

/** Rows with from <= key < to of one partition. */
export interface Range {
  readonly partition: string;
  readonly from: string;
  readonly to: string;
  /** Only these of them. */
  readonly wants?: (key: string) => boolean;
}

/** What one replica answers for a range. */
export interface Slice {
  readonly deletedUs: number;
  readonly rows: readonly (readonly [key: string, row: Row])[];
}

const NOTHING: Slice = { deletedUs: 0, rows: [] };

interface Partition {
  deletedUs: number;
  readonly keys: string[];
  readonly rows: Map<string, Row>;
}

export class Replica {
  readonly name: string;
  /** Its wall clock minus the true time, ms. */
  readonly skewMs: number;
  isUp = true;
  readonly #partitions = new Map<string, Partition>();

  constructor(name: string, skewMs: number) {
    this.name = name;
    this.skewMs = skewMs;
  }

  apply({ writes, deletes }: Mutation): void {
    for (const { partition: name, timestampUs } of deletes) {
      const partition = this.#partition(name);
      partition.deletedUs = Math.max(partition.deletedUs, timestampUs);
    }
    for (const { partition: name, key, row } of writes) {
      const partition = this.#partition(name);
      const before = partition.rows.get(key);
      if (before === undefined) partition.keys.splice(placeOf(partition.keys, key), 0, key);
      partition.rows.set(key, mergeRows(before, row));
    }
  }

  read({ partition: name, from, to, wants }: Range): Slice {
    const partition = this.#partitions.get(name);
    if (partition === undefined) return NOTHING;
    const rows: (readonly [string, Row])[] = [];
    for (let index = placeOf(partition.keys, from); index < partition.keys.length; index += 1) {
      const key = partition.keys[index] as string;
      if (key >= to) break;
      if (wants?.(key) === false) continue;
      rows.push([key, partition.rows.get(key) as Row]);
    }
    return { deletedUs: partition.deletedUs, rows };
  }

  #partition(name: string): Partition {
    let partition = this.#partitions.get(name);
    if (partition === undefined) {
      partition = { deletedUs: 0, keys: [], rows: new Map() };
      this.#partitions.set(name, partition);
    }
    return partition;
  }
}

/** Index of the first key that is not before the given one. */
const placeOf = (keys: readonly string[], key: string): number => {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
};
