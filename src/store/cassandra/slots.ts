// Which slots hold rows: the keys of all partitions, by a scan of the cluster. Owners take the word of a quorum and no other.
import type { Bucket, Slot } from '../../core/model/ids.ts';
import { jointRun } from '../joint-run.ts';
import type { Cql, Row } from './client.ts';

export type Slots = ReadonlyMap<Bucket, readonly Slot[]>;

/** A scan that has no answer after so long is made anew, by so many nodes, each of which may take so long; ms. */
const QUORUM_WITHIN_MS = 1_000;
const NODES_ASKED = 3;
const NODE_WITHIN_MS = 1_500;

export const createSlotScans = (cql: Cql, tables: readonly string[]) => {
  const scan = async (read: (query: string) => Promise<readonly Row[]>): Promise<Slots> => {
    const found = await Promise.all(tables.map((table) => read(`SELECT DISTINCT bucket, slot FROM ${table}`)));
    return byBucket(found.flat().map((row) => [row.bucket as Bucket, [row.slot as Slot]]));
  };
  const forOwners = jointRun(() => scan((query) => cql.read(query)));
  const ofNodes = async (): Promise<Slots> => {
    const known = await cql.eachNode(NODES_ASKED, (read) => scan((query) => read(query, NODE_WITHIN_MS, 'one')));
    return known.length === 0 ? forOwners() : byBucket(known.flatMap((slots) => [...slots]));
  };
  /**
   * Where a replica hangs that was chosen for a scan, Cassandra asks no other one until gossip has taken it out, some 20 s later.
   * People want to see something before: what some nodes know by themselves.
   */
  const forPeople = jointRun(async (): Promise<Slots> => {
    const byQuorum = forOwners();
    const waited = Promise.withResolvers<void>();
    const timer = setTimeout(waited.resolve, QUORUM_WITHIN_MS);
    try {
      return await Promise.any([byQuorum, waited.promise.then(ofNodes)]);
    } catch {
      return await byQuorum; // its error says more
    } finally {
      clearTimeout(timer);
    }
  });
  return { forOwners, forPeople };
};

const byBucket = (found: readonly (readonly [Bucket, readonly Slot[]])[]): Slots => {
  const groups = Map.groupBy(found, ([bucket]) => bucket);
  return new Map([...groups].map(([bucket, each]) => [bucket, ascending(each.flatMap(([, slots]) => slots))]));
};

const ascending = (slots: readonly Slot[]): readonly Slot[] => [...new Set(slots)].sort((left, right) => left - right);
