// What several replicas know together of one range: merged rows, what each of them lacks, and what a reader sees.
import { isSameRow, liveColumns, mergeRows, type Row } from './cells.ts';
import type { Slice } from './replica.ts';

/** Key and columns of the live rows of one range, in key order. */
export type Rows = readonly (readonly [key: string, columns: Record<string, unknown>])[];

const NO_ROWS: Rows = [];

/** What a reader sees when every replica says the same; null when one of them lacks something. */
export const agreedRows = (slices: readonly Slice[], nowMs: number): Rows | null => {
  const [first, ...others] = slices;
  if (first === undefined || others.some((other) => !isSame(first, other))) return null;
  return first.rows.length === 0 ? NO_ROWS : liveRows(first.rows, first.deletedUs, nowMs);
};

const isSame = (a: Slice, b: Slice): boolean =>
  a.deletedUs === b.deletedUs &&
  a.rows.length === b.rows.length &&
  a.rows.every(([key, row], index) => b.rows[index]?.[0] === key && b.rows[index]?.[1] === row);

export const mergeSlices = (
  slices: readonly Slice[],
): { readonly deletedUs: number; readonly rows: Map<string, Row> } => {
  const rows = new Map<string, Row>();
  let deletedUs = 0;
  for (const slice of slices) {
    deletedUs = Math.max(deletedUs, slice.deletedUs);
    for (const [key, row] of slice.rows) rows.set(key, mergeRows(rows.get(key), row));
  }
  return { deletedUs, rows };
};

export const staleRows = (slice: Slice, rows: ReadonlyMap<string, Row>): readonly (readonly [string, Row])[] => {
  if (rows.size === 0) return [];
  const own = new Map(slice.rows);
  return [...rows].filter(([key, row]) => !isSameRow(own.get(key), row));
};

/** In key order, whatever the order given. */
export const liveRows = (rows: Iterable<readonly [string, Row]>, deletedUs: number, nowMs: number): Rows => {
  const live: [string, Record<string, unknown>][] = [];
  for (const [key, row] of rows) {
    const columns = liveColumns(row, deletedUs, nowMs);
    if (columns !== null) live.push([key, columns]);
  }
  return live.sort(([left], [right]) => (left < right ? -1 : 1));
};
