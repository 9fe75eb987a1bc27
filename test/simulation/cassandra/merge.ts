// What several replicas know together of one range: merged rows, what each of them lacks, and what a reader sees.
import { isSameRow, liveColumns, mergeRows, type Row } from './cells.ts';
import type { Slice } from './replica.ts';

/** Key and columns of the live rows of one range, in key order. */
export type Rows = readonly (readonly [key: string, columns: Record<string, unknown>])[];

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

export const liveRows = (rows: ReadonlyMap<string, Row>, deletedUs: number, nowMs: number): Rows => {
  if (rows.size === 0) return [];
  const live: [string, Record<string, unknown>][] = [];
  for (const [key, row] of rows) {
    const columns = liveColumns(row, deletedUs, nowMs);
    if (columns !== null) live.push([key, columns]);
  }
  return live.sort(([left], [right]) => (left < right ? -1 : 1));
};
