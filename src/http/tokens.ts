// Who may do what: tokens with roles, from a file that holds their hashes only. A token is random and long, so a plain hash is
// enough: there is nothing to guess.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { EXIT, errorText, JobctlError, usageError } from '../core/model/errors.ts';
import { ROLES, type Role } from '../core/model/role.ts';

const TOKEN_BYTES = 32;
/** Tokens of one file: all of them are compared at every request. */
const TOKENS_MAX = 1_000;

export interface Token {
  /** Shown in the audit log. */
  readonly name: string;
  readonly role: Role;
  readonly sha256: string;
}

const file = z.strictObject({
  tokens: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[\w.@-]{1,64}$/, 'is not a name'),
        role: z.enum(ROLES),
        sha256: z.string().regex(/^[0-9a-f]{64}$/, 'is not 64 hexadecimal digits'),
      }),
    )
    .min(1)
    .max(TOKENS_MAX),
});

/** Throws CONFIG_INVALID. */
export const readTokens = async (path: string): Promise<readonly Token[]> => {
  const { parse } = await import('yaml');
  try {
    return parseTokens(parse(readFileSync(path, 'utf8')), path);
  } catch (cause) {
    throw cause instanceof JobctlError ? cause : unreadable(path, errorText(cause), cause);
  }
};

/** Throws CONFIG_INVALID. */
export const parseTokens = (given: unknown, where: string): readonly Token[] => {
  const found = file.safeParse(given);
  if (found.success) return found.data.tokens;
  throw unreadable(where, z.prettifyError(found.error), found.error);
};

const unreadable = (where: string, detail: string, cause: unknown): JobctlError =>
  usageError('CONFIG_INVALID', `there are no tokens to be read in ${where}`, {
    detail,
    hint: 'make an entry with `jobctl api token NAME --role operate`',
    cause,
  });

export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

export const makeSecret = (): string => `jobctl_${randomBytes(TOKEN_BYTES).toString('base64url')}`;

/** Takes as long for every token. Throws API_TOKEN_INVALID. */
export const identify = (tokens: readonly Token[], authorization: string | undefined): Token => {
  const secret = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
  const given = Buffer.from(hashOf(secret), 'hex');
  let found: Token | null = null;
  for (const token of tokens) if (timingSafeEqual(Buffer.from(token.sha256, 'hex'), given)) found = token;
  if (found !== null && secret !== '') return found;
  throw new JobctlError(
    'API_TOKEN_INVALID',
    EXIT.usage,
    secret === '' ? 'a token is needed' : 'the token is not known',
    {
      hint: 'send it as `Authorization: Bearer TOKEN`; jobctl reads it from the file that JOBCTL_API_TOKEN_FILE names',
    },
  );
};

/** Throws API_DENIED. */
export const assertRole = ({ name, role }: Pick<Token, 'name' | 'role'>, needed: Role): void => {
  if (ROLES.indexOf(role) >= ROLES.indexOf(needed)) return;
  throw usageError('API_DENIED', `the token "${name}" may ${role}, and this takes ${needed}`, {
    hint: 'use a token with that role',
  });
};
