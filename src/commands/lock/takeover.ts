// jobctl lock takeover: takes a lock from a holder that does not give it back. He may be alive; only fencing stops him at once.
import { parseText } from '../../config/parse/values.ts';
import type { LeasedView } from '../../core/lock/lease.ts';
import type { LockView } from '../../core/lock/lock-view.ts';
import { EXIT, usageError } from '../../core/model/errors.ts';
import { LOCK_LEASE_DEFAULT_MS } from '../../core/model/limits.ts';
import { API_OPTIONS, asker } from '../ask.ts';
import { defineCommand, option } from '../command.ts';
import { confirmName } from '../confirm.ts';
import { leaseOption } from './options.ts';
import { leasedResult } from './views.ts';

export const lockTakeover = defineCommand({
  name: 'lock takeover',
  summary: 'end the session of whoever holds a lock, and take it under a new token',
  arguments: '<name>',
  details: `For a holder that is known to be gone, when nobody wants to wait for its lease. One that lives finds out at its next
renewal, a third of its lease later at most if it reaches the store, and may act until then: only a resource that compares
fencing tokens refuses it at once. Prints a handle, as acquire does.`,
  options: {
    reason: option('<text>', 'why; kept as the note of the lock', parseText),
    lease: leaseOption('60s'),
    confirm: option('<name>', 'the name of the lock again, where nobody can be asked; with --yes', parseText),
    ...API_OPTIONS,
  },
  examples: [
    { does: 'asks for the name', line: "jobctl lock takeover nightly --reason 'its machine burnt down'" },
    {
      does: 'in a script',
      line: "jobctl lock takeover nightly --reason 'deploy 1.4 hangs' --yes --confirm nightly -o json",
    },
  ],
  async run(context, [text = ''], { reason, lease = LOCK_LEASE_DEFAULT_MS, confirm, api }) {
    if (reason === undefined) {
      throw usageError('OPTION_INVALID', '--reason is missing', { hint: "say why: --reason 'its machine burnt down'" });
    }
    const ask = await asker(context, { api });
    const params = { name: text };
    const { name, owner, token, note } = await ask<LockView>('lockGet', { params });
    const holder = `the lock "${name}" is ${owner === null ? 'free' : `held by ${owner} (token ${token})`}`;
    const why = note === null ? holder : `${holder}, note: ${note}`;
    if (!(await confirmName(context, { what: why, does: 'take it over', name, given: confirm }))) return EXIT.ok;
    const body = { expectedToken: token, reason, leaseMs: lease };
    const { previous, ...leased } = await ask<TakenOver>('lockTakeover', { params, body });
    context.out.result({ ...leased, previous }, leasedResult('taken over'));
    if (previous !== null) context.note(stillActing(previous.mayActForMs));
    return EXIT.ok;
  },
});

interface TakenOver extends LeasedView {
  readonly previous: { readonly mayActForMs: number } | null;
}

const stillActing = (leaseMs: number): string =>
  `the old holder finds out at its next renewal, within ${Math.ceil(leaseMs / 300) / 10}s, or, cut off from the store, when its lease is over, within ${leaseMs / 1_000}s; until then only its lower token stops it`;
