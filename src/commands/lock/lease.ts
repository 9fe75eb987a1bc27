// jobctl lock acquire, renew and release: a lock for scripts, kept by whoever has its handle.

import type { LeasedView } from '../../core/lock/lease.ts';
import { EXIT, usageError } from '../../core/model/errors.ts';
import { LOCK_LEASE_DEFAULT_MS, REQUEST_WAIT_MAX_MS } from '../../core/model/limits.ts';
import { API_OPTIONS, asker } from '../ask.ts';
import { defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { assertSends } from '../plan.ts';
import { givenHandle, handleOption, leaseOption, lockAddress, lockDeps, noteOption, waitOption } from './options.ts';
import { leasedResult } from './views.ts';

const HANDLE = 'h1.3.0f2c9a4e-5d1b-4c3a-a7e6-1b2c3d4e5f60';

export const lockAcquire = defineCommand({
  name: 'lock acquire',
  summary: 'take a lock for one lease, and print its handle',
  arguments: '<name>',
  details: `Nobody renews it: act until \`until\` only, or extend it with \`jobctl lock renew\`. Exit code 4: somebody else holds it.
A lock whose holder crashed passes on to whoever has watched it for its lease and a tenth: without --wait nobody watches,
so a script that only tries again and again never gets it. For the life of a command use \`jobctl lock run\`.`,
  options: { lease: leaseOption('60s'), wait: waitOption, note: noteOption, ...API_OPTIONS },
  examples: [
    { does: 'for a minute, keeping the handle', line: "jobctl lock acquire deploy -o json | jq -r '.handle'" },
    {
      does: 'wait for it, long enough to take it from a holder that crashed',
      line: "jobctl lock acquire deploy --lease 60s --wait 90s --note 'release 1.4'",
    },
  ],
  async run(context, [text = ''], { lease = LOCK_LEASE_DEFAULT_MS, wait = 0, note = '', api }) {
    const request = { name: text, leaseMs: lease, waitMs: wait, note };
    const path = `/v1/locks/${encodeURIComponent(text)}/acquire`;
    assertSends(context, { method: 'POST', path, body: { leaseMs: lease, waitMs: wait, note } });
    const leased = api === undefined ? await acquireHere(context, request) : await acquireThere(context, api, request);
    context.out.result(leased, leasedResult('acquired'));
    noteNext(context, leased.name);
    return EXIT.ok;
  },
});

interface Wanted {
  readonly name: string;
  readonly leaseMs: number;
  readonly waitMs: number;
  readonly note: string;
}

/** Says for whom it waits, and ends the wait when a signal comes. */
const acquireHere = async (context: Context, { name, note, ...request }: Wanted): Promise<LeasedView> => {
  const { leasedView, lockLease } = await import('../../core/lock/lease.ts');
  const { assertLockNote, userLockName } = await import('../../core/lock/name.ts');
  const taken = await lockLease(await lockDeps(context), {
    ...request,
    name: userLockName(name),
    note: assertLockNote(note),
    address: lockAddress(),
    signal: request.waitMs === 0 ? undefined : context.shutdown().stop,
    onHeld: ({ owner, token }) => context.note(`waiting for ${owner} (token ${token})`),
  });
  return leasedView(taken);
};

const acquireThere = async (context: Context, api: string, { name, ...body }: Wanted): Promise<LeasedView> => {
  if (body.waitMs > REQUEST_WAIT_MAX_MS) {
    throw usageError('OPTION_INVALID', `through the API a lock is waited for ${REQUEST_WAIT_MAX_MS / 1_000}s at most`, {
      hint: `--wait ${REQUEST_WAIT_MAX_MS / 1_000}s, or without --api`,
    });
  }
  const ask = await asker(context, { api });
  return ask<LeasedView>('lockAcquire', { params: { name }, body, waitMs: body.waitMs });
};

export const lockRenew = defineCommand({
  name: 'lock renew',
  summary: 'start the lease of an acquired lock anew',
  arguments: '<name>',
  details: 'Exit code 4: the lock is no longer yours. Stop what is done under it.',
  options: { handle: handleOption, ...API_OPTIONS },
  examples: [
    { does: 'for another lease', line: `jobctl lock renew deploy --handle ${HANDLE}` },
    { does: 'until when now', line: `jobctl lock renew deploy --handle ${HANDLE} -o json | jq -r '.until'` },
  ],
  async run(context, [name = ''], { handle, api }) {
    const body = { handle: givenHandle(name, handle, 'renew') };
    const ask = await asker(context, { api });
    const leased = await ask<LeasedView>('lockRenew', { params: { name }, body });
    context.out.result(leased, leasedResult('renewed'));
    return EXIT.ok;
  },
});

export const lockRelease = defineCommand({
  name: 'lock release',
  summary: 'give an acquired lock back, before its lease is over',
  arguments: '<name>',
  details: 'Does nothing when it was given back already. Exit code 4: somebody else has it by now.',
  options: { handle: handleOption, ...API_OPTIONS },
  examples: [
    { does: 'with the handle of acquire', line: `jobctl lock release deploy --handle ${HANDLE}` },
    { does: 'at the end of a script', line: 'jobctl lock release deploy --handle "$handle" --quiet' },
  ],
  async run(context, [name = ''], { handle, api }) {
    const body = { handle: givenHandle(name, handle, 'release') };
    const ask = await asker(context, { api });
    const released = await ask<{ readonly name: string; readonly token: number }>('lockRelease', {
      params: { name },
      body,
    });
    context.out.result(released, { name: (row) => `lock/${row.name}`, text: (row) => `lock/${row.name} released` });
    return EXIT.ok;
  },
});

const noteNext = (context: Context, name: string): void => {
  if (!context.io.stderr.isTTY) return;
  context.note(
    `extend it: jobctl lock renew ${name} --handle ...; give it back: jobctl lock release ${name} --handle ...`,
  );
};
