// The handle of a lock that outlives the process that took it: names the session and the token, so that `renew` and
// `release` touch nothing that has passed on since. It is no secret; whoever can read the store can make one.
import { usageError } from '../model/errors.ts';
import type { FencingToken, SessionId } from '../model/ids.ts';

export interface LockHandle {
  readonly session: SessionId;
  readonly token: FencingToken;
}

/** The first letters name the form, so that a later one can be told apart. */
const PATTERN = /^h1\.(\d{1,10})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

export const formatHandle = ({ session, token }: LockHandle): string => `h1.${token}.${session}`;

/** Throws LOCK_HANDLE_INVALID. */
export const parseHandle = (text: string): LockHandle => {
  const [, token = '', session = ''] = PATTERN.exec(text.trim()) ?? [];
  if (session === '') {
    throw usageError('LOCK_HANDLE_INVALID', `"${text.slice(0, 60)}" is not a handle of a lock`, {
      hint: "keep the one that acquire prints: handle=$(jobctl lock acquire NAME -o json | jq -r '.handle')",
    });
  }
  return { session: session as SessionId, token: Number(token) as FencingToken };
};
