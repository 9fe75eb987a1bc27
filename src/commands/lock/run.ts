// jobctl lock run: a command that runs only while a lock is held.
import { oneOf } from '../../config/parse/values.ts';
import { usageError } from '../../core/model/errors.ts';
import { defineCommand, option } from '../command.ts';
import { LOCK_RUN_LEASE_MS, leaseOption, noteOption, waitOption } from './options.ts';

const ON_LOST = ['kill', 'signal', 'ignore'] as const;

export const lockRun = defineCommand({
  name: 'lock run',
  changes: 'itself',
  summary: 'run a command while holding a lock',
  arguments: '<name> -- <command...>',
  details: `The command gets JOBCTL_FENCING_TOKEN and JOBCTL_LOCK_NAME, the terminal, and SIGINT and SIGTERM. Exit codes: the command's
own, 128+n when signal n ended it; 4 somebody else holds the lock and nothing was run; 6 the lock was lost while the
command ran; 127 the command cannot be started. When the lock is lost (no renewal in time, or a takeover), --on-lost
decides: kill (default) sends SIGTERM and, soon enough that nobody else can have the lock yet, SIGKILL, to the command and all it
started; signal sends SIGTERM only; ignore says so and returns the command's own exit code.`,
  options: {
    lease: leaseOption('10s'),
    wait: waitOption,
    onLost: option('<what>', `${ON_LOST.join(', ')} (default kill)`, oneOf(ON_LOST)),
    note: noteOption,
  },
  examples: [
    {
      does: 'only once at a time, wherever cron starts it',
      line: "jobctl lock run nightly --lease 10s -- sh -c 'echo token $JOBCTL_FENCING_TOKEN'",
    },
    {
      does: 'one after the other',
      line: 'jobctl lock run deploy --wait 5m --note "release 1.4" -- ./deploy.sh --all',
    },
  ],
  async run(context, [text = '', file, ...args], { lease = LOCK_RUN_LEASE_MS, wait = 0, onLost = 'kill', note = '' }) {
    if (file === undefined) {
      throw usageError('OPTION_INVALID', 'the command is missing', { hint: 'as in: jobctl lock run NAME -- COMMAND' });
    }
    const { runUnderLock } = await import('./run-under-lock.ts');
    return runUnderLock(context, { name: text, leaseMs: lease, waitMs: wait, note, onLost, command: [file, ...args] });
  },
});
