// Orders of operators about buckets: a few rows of one partition, written and read at quorum. The later write wins.
import { PLACEMENTS_MAX } from '../../core/model/limits.ts';
import { placementOf, placementSubject } from '../../core/model/placement.ts';
import type { PlacementStore } from '../../core/ports/store.ts';
import type { Cql } from './client.ts';
import { numberOf } from './values.ts';

const SCOPE = 'buckets';

export const createPlacementStore = (cql: Cql): PlacementStore => ({
  placementWrite: (row) =>
    cql.write([
      {
        query: 'INSERT INTO placements (scope, subject, worker, reason, who, at_ms) VALUES (?, ?, ?, ?, ?, ?)',
        params: [SCOPE, placementSubject(row), row.worker, row.reason, row.by, row.atMs],
      },
    ]),
  placementDelete: (subject) =>
    cql.write([{ query: 'DELETE FROM placements WHERE scope = ? AND subject = ?', params: [SCOPE, subject] }]),
  placementList: async () => {
    const rows = await cql.read(`SELECT * FROM placements WHERE scope = ? LIMIT ${PLACEMENTS_MAX}`, [SCOPE]);
    return rows.map(({ subject, worker, reason, who, at_ms }) =>
      placementOf(subject, { worker, reason, by: who, atMs: numberOf(at_ms) }),
    );
  },
});
