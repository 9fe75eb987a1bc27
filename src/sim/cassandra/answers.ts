// What every part of the simulated store has in common: what it is made of, and how it asks and answers.
import type { Machine } from '../machine.ts';
import type { Cluster } from './cluster.ts';
import { storeError } from './errors.ts';
import type { Hints } from './hints.ts';
import type { Rows } from './merge.ts';
import type { Mutation, Write } from './replica.ts';

export interface SimulatedStoreOptions {
  readonly cluster: Cluster;
  readonly machine: Machine;
  readonly hints: Hints;
  readonly bucketCount: number;
}

export const known = async <Result>(answer: Promise<Result>): Promise<Result> => {
  try {
    return await answer;
  } catch (error) {
    throw storeError(error);
  }
};

export const mutationOf = (writes: readonly Write[]): Mutation => ({ writes, deletes: [] });
export const columnsOf = (rows: Rows | undefined): readonly Record<string, unknown>[] =>
  (rows ?? []).map(([, columns]) => columns);
