// Names of locks as people write them. In the store a user's lock is `user/NAME`, beside the locks that jobctl keeps for
// itself; those can be looked at, never taken by hand.
import { usageError } from '../model/errors.ts';

/** Longest name of a lock, characters: it is a partition key, a line of a table, and part of error messages. */
const LOCK_NAME_CHARACTERS_MAX = 200;
/** Longest note on a lock, characters. */
const LOCK_NOTE_CHARACTERS_MAX = 500;
const USER = 'user/';
/** First parts of names that mean something else: jobctl's own locks, and the prefixes of store and output. */
const RESERVED = ['bucket', 'cron', 'jobctl', 'lock', 'user'];
/** No blanks, quotes or wildcards, so that a name needs no quoting in a shell; no leading `-`, which would be a flag. */
const PATTERN = /^[\p{L}\p{N}_][\p{L}\p{N}._:@/+-]*$/u;

/** The name in the store. Takes `NAME`, and `lock/NAME` as `-o name` prints it. Throws LOCK_NAME_INVALID. */
export const userLockName = (text: string): string => {
  const name = withoutPrefix(text);
  if (name === '' || name.length > LOCK_NAME_CHARACTERS_MAX || !PATTERN.test(name)) {
    throw usageError('LOCK_NAME_INVALID', `"${text.slice(0, 60)}" is not a name for a lock`, {
      detail: `it has 1 to ${LOCK_NAME_CHARACTERS_MAX} letters, digits and . _ : @ / + -, and starts with a letter, a digit or _`,
      hint: 'as in nightly, billing/close or tenant:42',
    });
  }
  if (isReserved(name)) {
    throw usageError('LOCK_NAME_INVALID', `the lock "${name}" is jobctl's own`, {
      detail: `names that start with ${RESERVED.join('/, ')}/ cannot be taken by hand`,
      hint: `look at it with \`jobctl lock get ${name}\`, or choose another name`,
    });
  }
  return USER + name;
};

/** As userLockName, but jobctl's own locks are fine, too: for looking only. */
export const anyLockName = (text: string): string => {
  const name = withoutPrefix(text);
  return isReserved(name) && PATTERN.test(name) && name.length <= LOCK_NAME_CHARACTERS_MAX ? name : userLockName(text);
};

/** What people call the lock that the store has under this name. */
export const shownLockName = (stored: string): string => (stored.startsWith(USER) ? stored.slice(USER.length) : stored);

/** Where lists of user locks start. */
export const USER_LOCK_PREFIX = USER;

/** Throws OPTION_INVALID for a note that is too long. */
export const assertLockNote = (note: string): string => {
  if (note.length <= LOCK_NOTE_CHARACTERS_MAX) return note;
  throw usageError('OPTION_INVALID', `the note has ${note.length} characters, at most ${LOCK_NOTE_CHARACTERS_MAX}`, {
    hint: 'shorten it',
  });
};

const withoutPrefix = (text: string): string => text.trim().replace(/^lock\//, '');
const isReserved = (name: string): boolean => RESERVED.some((first) => name.startsWith(`${first}/`));
