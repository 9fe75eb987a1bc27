// Rows as Cassandra keeps them: cells that carry the time of their writing, of which the later one wins, tombstones for rows,
// and cells that expire. Rows are never changed: replicas may share them.

export interface Cell {
  readonly value: unknown;
  /** Time of writing by the writer's clock, microseconds. */
  readonly timestampUs: number;
  /** By the clock of the node that reads it, ms. */
  readonly expiresMs: number;
}

export interface Row {
  readonly cells: ReadonlyMap<string, Cell>;
  /** Cells not written after this are gone. */
  readonly deletedUs: number;
  /** What came of the last row merged into this one: every replica merges the same, and shares the result. */
  merged: { readonly other: Row; readonly result: Row } | null;
}

/** A row without any cell would not be there: every INSERT writes this one. */
const MARKER = '';

/** An INSERT. What is null is not written (a null would be a tombstone in its cell). */
export const insertRow = (
  columns: Readonly<Record<string, unknown>>,
  timestampUs: number,
  expiresMs = Number.POSITIVE_INFINITY,
): Row => {
  const cells = new Map<string, Cell>([[MARKER, { value: null, timestampUs, expiresMs }]]);
  for (const [name, value] of Object.entries(columns)) {
    if (value !== null) cells.set(name, { value, timestampUs, expiresMs });
  }
  return { cells, deletedUs: 0, merged: null };
};

export const deletedRow = (timestampUs: number): Row => ({ cells: new Map(), deletedUs: timestampUs, merged: null });

export const mergeRows = (a: Row | undefined, b: Row): Row => {
  if (a === undefined || a === b) return b;
  if (a.merged?.other !== b) a.merged = { other: b, result: mergeCells(a, b) };
  return a.merged.result;
};

const mergeCells = (a: Row, b: Row): Row => {
  const cells = new Map(a.cells);
  for (const [name, cell] of b.cells) {
    const other = cells.get(name);
    if (other === undefined || isNewer(cell, other)) cells.set(name, cell);
  }
  return { cells, deletedUs: Math.max(a.deletedUs, b.deletedUs), merged: null };
};

/** Whether it says the same as the other, though it may be another object. */
export const isSameRow = (a: Row | undefined, b: Row): boolean => {
  if (a === b) return true;
  if (a === undefined || a.deletedUs !== b.deletedUs || a.cells.size !== b.cells.size) return false;
  for (const [name, cell] of b.cells) {
    const other = a.cells.get(name);
    if (other === undefined || other.timestampUs !== cell.timestampUs || isNewer(cell, other) || isNewer(other, cell))
      return false;
  }
  return true;
};

/** The columns that a reader sees; null when the row is deleted, expired or was never there. */
export const liveColumns = (row: Row, partitionDeletedUs: number, nowMs: number): Record<string, unknown> | null => {
  const deletedUs = Math.max(row.deletedUs, partitionDeletedUs);
  let columns: Record<string, unknown> | null = null;
  for (const [name, cell] of row.cells) {
    if (cell.timestampUs <= deletedUs || cell.expiresMs <= nowMs) continue;
    columns ??= {};
    if (name !== MARKER) columns[name] = cell.value;
  }
  return columns;
};

/** Equal times are decided by the value, each cell on its own. */
const isNewer = (a: Cell, b: Cell): boolean =>
  a.timestampUs === b.timestampUs
    ? a.value !== b.value && JSON.stringify(a.value) > JSON.stringify(b.value)
    : a.timestampUs > b.timestampUs;
