// Who was granted which lock under which token, and which sessions ended: what the history says about possession.

import { type Fence, fenceToken, type JobId, jobBucket, type SessionId } from '../../core/model/ids.ts';
import { bucketLockName } from '../../core/model/lock.ts';
import type { History, Operation } from '../history/history.ts';

export interface Grant {
  readonly name: string;
  readonly token: number;
  readonly session: SessionId;
  readonly who: string;
  readonly take: Operation<'lockTake'>;
  /** Position from which its owner knew. */
  readonly known: number;
}

export interface Possession {
  /** By lock and token: `name#token`. */
  readonly grants: ReadonlyMap<string, readonly Grant[]>;
  /** In the order in which they were known. */
  readonly inOrder: readonly Grant[];
  /** Applied, by whomever. */
  readonly ended: ReadonlyMap<SessionId, Operation<'sessionEnd'>>;
}

const cache = new WeakMap<History, Possession>();

export const possessionOf = (history: History): Possession => {
  const known = cache.get(history);
  if (known !== undefined) return known;
  const possession = readPossession(history);
  cache.set(history, possession);
  return possession;
};

/** The newest grant of each lock, as one walks along the history. */
export class Newest {
  readonly #inOrder: readonly Grant[];
  readonly #grants = new Map<string, Grant>();
  #next = 0;

  constructor(history: History) {
    this.#inOrder = possessionOf(history).inOrder;
  }

  /** Positions must not go back. */
  before(name: string, position: number): Grant | undefined {
    for (; (this.#inOrder[this.#next]?.known ?? Number.POSITIVE_INFINITY) < position; this.#next += 1) {
      const grant = this.#inOrder[this.#next] as Grant;
      if (grant.token > (this.#grants.get(grant.name)?.token ?? 0)) this.#grants.set(grant.name, grant);
    }
    return this.#grants.get(name);
  }
}

export const grantName = (name: string, token: number): string => `${name}#${token}`;

/** The lock of the bucket of a job, and the token under which a fence was made. */
export const fenceGrant = (id: JobId, fence: number): { readonly name: string; readonly token: number } => ({
  name: bucketLockName(jobBucket(id)),
  token: fenceToken(fence as Fence),
});

const readPossession = (history: History): Possession => {
  const grants = new Map<string, Grant[]>();
  const inOrder: Grant[] = [];
  const reads = groupReads(history);
  for (const take of history.of('lockTake')) {
    const known = knownAt(take, reads);
    if (known === null) continue;
    const { name, session, expected } = take.given;
    const token = known.token ?? (expected?.token ?? 0) + 1;
    const grant = { name, token, session, who: take.who, take, known: known.at };
    inOrder.push(grant);
    const same = grants.get(grantName(name, token)) ?? [];
    grants.set(grantName(name, token), [...same, grant]);
  }
  inOrder.sort((left, right) => left.known - right.known);
  const ended = new Map<SessionId, Operation<'sessionEnd'>>();
  for (const end of history.of('sessionEnd')) {
    const before = ended.get(end.given.id);
    if (end.result === 'applied' && (before === undefined || end.end < before.end)) ended.set(end.given.id, end);
  }
  return { grants, inOrder, ended };
};

/** Applied, or unknown and found applied when its author read the row. */
const knownAt = (
  take: Operation<'lockTake'>,
  reads: ReadonlyMap<string, readonly Operation<'lockGet'>[]>,
): { readonly at: number; readonly token?: number } | null => {
  if (take.result === 'applied') return { at: take.end };
  if (take.outcome !== 'info') return null;
  const { name, operationId } = take.given;
  const read = (reads.get(`${take.who}/${name}`) ?? []).find(
    ({ start, result }) => start > take.start && result?.operationId === operationId && result.session !== null,
  );
  return read?.result ? { at: read.end, token: read.result.token } : null;
};

const groupReads = (history: History): ReadonlyMap<string, readonly Operation<'lockGet'>[]> => {
  const reads = new Map<string, Operation<'lockGet'>[]>();
  for (const read of history.of('lockGet')) {
    const key = `${read.who}/${read.given}`;
    const list = reads.get(key);
    if (list === undefined) reads.set(key, [read]);
    else list.push(read);
  }
  return reads;
};
