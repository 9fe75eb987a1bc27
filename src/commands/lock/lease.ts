// jobctl lock acquire, renew and release: a lock for scripts, kept by whoever has its handle.

import { EXIT } from '../../core/model/errors.ts';
import { LOCK_LEASE_DEFAULT_MS } from '../../core/model/limits.ts';
import { defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { handleOption, heldLock, leaseOption, lockAddress, lockDeps, noteOption, waitOption } from './options.ts';
import { leasedResult } from './views.ts';

const HANDLE = 'h1.3.0f2c9a4e-5d1b-4c3a-a7e6-1b2c3d4e5f60';

export const lockAcquire = defineCommand({
  name: 'lock acquire',
  summary: 'take a lock for one lease, and print its handle',
  arguments: '<name>',
  details: `Nobody renews it: act until \`until\` only, or extend it with \`jobctl lock renew\`. Exit code 4: somebody else holds it.
A lock whose holder crashed passes on to whoever has watched it for its lease and a tenth: without --wait nobody watches,
so a script that only tries again and again never gets it. For the life of a command use \`jobctl lock run\`.`,
  options: { lease: leaseOption('60s'), wait: waitOption, note: noteOption },
  examples: [
    { does: 'for a minute, keeping the handle', line: "jobctl lock acquire deploy -o json | jq -r '.handle'" },
    {
      does: 'wait for it, long enough to take it from a holder that crashed',
      line: "jobctl lock acquire deploy --lease 60s --wait 90s --note 'release 1.4'",
    },
  ],
  async run(context, [text = ''], { lease = LOCK_LEASE_DEFAULT_MS, wait = 0, note = '' }) {
    const { leasedView, lockLease } = await import('../../core/lock/lease.ts');
    const { assertLockNote, userLockName } = await import('../../core/lock/name.ts');
    const name = userLockName(text);
    const taken = await lockLease(await lockDeps(context), {
      name,
      leaseMs: lease,
      waitMs: wait,
      note: assertLockNote(note),
      address: lockAddress(),
      signal: wait === 0 ? undefined : context.shutdown().stop,
      onHeld: ({ owner, token }) => context.note(`waiting for ${owner} (token ${token})`),
    });
    context.out.result(leasedView(taken), leasedResult('acquired'));
    noteNext(context, taken.name);
    return EXIT.ok;
  },
});

export const lockRenew = defineCommand({
  name: 'lock renew',
  summary: 'start the lease of an acquired lock anew',
  arguments: '<name>',
  details: 'Exit code 4: the lock is no longer yours. Stop what is done under it.',
  options: { handle: handleOption },
  examples: [
    { does: 'for another lease', line: `jobctl lock renew deploy --handle ${HANDLE}` },
    { does: 'until when now', line: `jobctl lock renew deploy --handle ${HANDLE} -o json | jq -r '.until'` },
  ],
  async run(context, [text = ''], { handle }) {
    const { leasedView, leaseRenew } = await import('../../core/lock/lease.ts');
    const { name, given } = await heldLock(text, handle, 'renew');
    context.out.result(leasedView(await leaseRenew(await lockDeps(context), name, given)), leasedResult('renewed'));
    return EXIT.ok;
  },
});

export const lockRelease = defineCommand({
  name: 'lock release',
  summary: 'give an acquired lock back, before its lease is over',
  arguments: '<name>',
  details: 'Does nothing when it was given back already. Exit code 4: somebody else has it by now.',
  options: { handle: handleOption },
  examples: [
    { does: 'with the handle of acquire', line: `jobctl lock release deploy --handle ${HANDLE}` },
    { does: 'at the end of a script', line: 'jobctl lock release deploy --handle "$handle" --quiet' },
  ],
  async run(context, [text = ''], { handle }) {
    const { leaseRelease } = await import('../../core/lock/lease.ts');
    const { shownLockName } = await import('../../core/lock/name.ts');
    const { name, given } = await heldLock(text, handle, 'release');
    await leaseRelease(await lockDeps(context), name, given);
    context.out.result(
      { name: shownLockName(name), token: given.token, released: true as const },
      { name: (row) => `lock/${row.name}`, text: (row) => `lock/${row.name} released` },
    );
    return EXIT.ok;
  },
});

const noteNext = (context: Context, name: string): void => {
  if (!context.io.stderr.isTTY) return;
  context.note(
    `extend it: jobctl lock renew ${name} --handle ...; give it back: jobctl lock release ${name} --handle ...`,
  );
};
