// What the commands about locks have in common: options, and what the core needs to act.
import { hostname } from 'node:os';
import { parseDuration } from '../../config/parse/duration.ts';
import { parseText } from '../../config/parse/values.ts';
import { usageError } from '../../core/model/errors.ts';
import { LEASE_MIN_MS, LOCK_LEASE_MAX_MS } from '../../core/model/limits.ts';
import { option } from '../command.ts';
import type { Context } from '../context.ts';

const parseLease = (text: string): number => {
  const leaseMs = parseDuration(text);
  if (leaseMs >= LEASE_MIN_MS && leaseMs <= LOCK_LEASE_MAX_MS) return leaseMs;
  throw usageError(
    'OPTION_INVALID',
    `a lease of ${text.trim()} is ${leaseMs < LEASE_MIN_MS ? 'too short' : 'too long'}`,
    {
      detail:
        'it must outlast pauses of the machine and the store, and a holder that crashed blocks the lock for so long',
      hint: 'use 1s to 1d',
    },
  );
};

export const LOCK_RUN_LEASE_MS = 10_000;

export const waitOption = option(
  '<duration>',
  'how long to wait while somebody else holds it (default: not at all)',
  parseDuration,
);
export const leaseOption = (fallback: string) =>
  option('<duration>', `how long it lasts without renewal (default ${fallback})`, parseLease);
export const noteOption = option('<text>', 'why, for those who look: shown by get and list', parseText);
export const handleOption = option('<handle>', 'the handle that acquire printed', parseText);

/** For people: which process holds it. */
export const lockAddress = (): string => `${hostname()}-${process.pid}`;

export const lockDeps = async ({ store, clock, random, events }: Context) => ({
  store: await store(),
  clock,
  random,
  events,
});

/** The handle of what only the holder of a lock may do. */
export const givenHandle = (name: string, handle: string | undefined, verb: string): string => {
  if (handle !== undefined) return handle;
  throw usageError('OPTION_INVALID', `--handle is missing: ${verb} is for whoever acquired the lock`, {
    hint: `--handle HANDLE, as \`jobctl lock acquire ${name} -o json\` printed it`,
  });
};
