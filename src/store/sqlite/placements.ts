// Orders of operators about buckets: a few rows, read as a whole.
import type { DatabaseSync } from 'node:sqlite';
import { PLACEMENTS_MAX } from '../../core/model/limits.ts';
import { type PlacementRow, placementSubject } from '../../core/model/placement.ts';
import type { PlacementStore } from '../../core/ports/store.ts';
import type { Writer } from './writer.ts';

export const createPlacementStore = (db: DatabaseSync, writer: Writer): PlacementStore => {
  const insert = db.prepare('INSERT OR REPLACE INTO placements VALUES (?, ?)');
  const remove = db.prepare('DELETE FROM placements WHERE subject = ?');
  const list = db.prepare(`SELECT row FROM placements ORDER BY subject LIMIT ${PLACEMENTS_MAX}`);
  return {
    placementWrite: (row) =>
      writer.write(1, () => {
        insert.run(placementSubject(row), JSON.stringify(row));
      }),
    placementDelete: (subject) =>
      writer.write(1, () => {
        remove.run(subject);
      }),
    placementList: async () => list.all().map((found) => JSON.parse(found.row as string) as PlacementRow),
  };
};
