// How a protected resource checks fencing tokens. Whoever holds a lock may be paused, lose it, and go on; no client can
// know that in time, but the resource can: it remembers the highest token that it has seen and refuses lower ones.
import { conflictError } from '../core/model/errors.ts';

export interface SqlGuardOptions {
  /** The column of your table that remembers the token: a 64-bit integer, not null, default 0. Default `fence`. */
  readonly column?: string;
  /** As your driver writes a parameter: `?` takes one parameter at each place, `$3` or `:fence` one for both. Default `?`. */
  readonly placeholder?: string;
}

export interface SqlGuard {
  /** `fence = ?`: goes behind SET. */
  readonly set: string;
  /** `fence <= ?`: goes behind WHERE, with AND. */
  readonly where: string;
  /** The parameter of each place. */
  readonly token: number;
  /** Give it the number of changed rows. Throws TOKEN_STALE for 0: a higher token was there before, or the row is not there. */
  assertChanged(rows: number | bigint): void;
}

/**
 * `UPDATE accounts SET balance = ?, ${set} WHERE id = ? AND ${where}`: check and change are one statement, so nothing can
 * come in between. Throws a TypeError for a column that is no plain name.
 */
export const sqlGuard = (token: number, { column = 'fence', placeholder = '?' }: SqlGuardOptions = {}): SqlGuard => {
  if (!/^[A-Za-z_][\w.]*$/.test(column)) throw new TypeError(`"${column}" is no plain name of a column`);
  return {
    set: `${column} = ${placeholder}`,
    where: `${column} <= ${placeholder}`,
    token,
    assertChanged: (rows) => {
      if (Number(rows) > 0) return;
      throw conflictError('TOKEN_STALE', `no row was changed under token ${token}`, {
        detail: 'a higher token has changed it before, or there is no such row',
        hint: 'stop: whoever holds the lock now has a higher token',
      });
    },
  };
};

/** Carries the token of whoever calls. Also sent by jobs of type `http`. */
export const FENCING_HEADER = 'Jobctl-Fencing-Token';

/** `fetch(url, { headers: fencingHeaders(lock) })`. */
export const fencingHeaders = ({ token }: { readonly token: number }): Readonly<Record<string, string>> => ({
  [FENCING_HEADER]: String(token),
});

/** Remembers the highest token of each resource: a Map, or your own. */
export interface TokenMemory {
  get(resource: string): number | undefined;
  set(resource: string, token: number): unknown;
  /** Resources remembered, where there is a limit to keep. */
  readonly size?: number;
}

export type HttpVerdict =
  | { readonly ok: true; readonly token: number }
  /** 412 a higher token was seen; 428 there is none; 400 it is no token; 503 no room to remember another resource. */
  | { readonly ok: false; readonly status: 400 | 412 | 428 | 503; readonly message: string };

/** As Node's `request.headers`, or the Headers of fetch. */
export type GuardedHeaders =
  | Readonly<Record<string, string | readonly string[] | undefined>>
  | { get(name: string): string | null };

/** Resources that the default memory holds. It must not forget one, so it refuses more. */
const RESOURCES_MAX = 100_000;

/**
 * For a server: call it first, and answer with `status` unless `ok`. The default memory is that of this process: where a
 * restart or a second server must not forget, give one that lies with the resource, and check in the same transaction.
 */
export const httpGuard = (memory: TokenMemory = new Map<string, number>()) => ({
  check: (resource: string, headers: GuardedHeaders): HttpVerdict => {
    const text = headerOf(headers);
    if (text === undefined) return { ok: false, status: 428, message: `the header ${FENCING_HEADER} is missing` };
    const token = /^\d{1,16}$/.test(text) ? Number(text) : 0;
    if (token < 1) return { ok: false, status: 400, message: `"${text.slice(0, 40)}" is not a fencing token` };
    const highest = memory.get(resource);
    if (highest !== undefined && token < highest) {
      return { ok: false, status: 412, message: `token ${token} is stale: ${highest} was here before` };
    }
    if (highest === undefined && (memory.size ?? 0) >= RESOURCES_MAX) {
      return { ok: false, status: 503, message: 'too many resources to remember their tokens' };
    }
    memory.set(resource, token);
    return { ok: true, token };
  },
});

const headerOf = (headers: GuardedHeaders): string | undefined => {
  if (isHeaders(headers)) return headers.get(FENCING_HEADER) ?? undefined;
  const name = FENCING_HEADER.toLowerCase();
  const found = Object.entries(headers).find(([each]) => each.toLowerCase() === name)?.[1];
  return typeof found === 'string' ? found : found?.[0];
};

const isHeaders = (headers: GuardedHeaders): headers is { get(name: string): string | null } =>
  typeof (headers as { readonly get?: unknown }).get === 'function';
