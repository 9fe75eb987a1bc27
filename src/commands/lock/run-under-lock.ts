// The work of jobctl lock run: acquire, start, watch, judge, give back. The command's success counts only if the lock was
// held until it had ended: first by this process's clock, then by a linearizable read, which no pause can deceive.

import { type HeldLock, lockHold, lockLost } from '../../core/lock/held-lock.ts';
import { assertLockNote, shownLockName, userLockName } from '../../core/lock/name.ts';
import { leaseMarginMs } from '../../core/lock/session.ts';
import { EXIT, errorText, JobctlError } from '../../core/model/errors.ts';
import type { Context, ShutdownSignal } from '../context.ts';
import { type CommandEnd, CommandProcess, exitCodeOf, type OrphanFate } from './command-process.ts';
import { lockAddress, lockDeps } from './options.ts';

export interface RunUnderLock {
  /** As typed. */
  readonly name: string;
  readonly leaseMs: number;
  readonly waitMs: number;
  readonly note: string;
  readonly onLost: OrphanFate;
  readonly command: readonly [file: string, ...args: string[]];
}

export const runUnderLock = async (context: Context, request: RunUnderLock): Promise<number> => {
  const name = userLockName(request.name);
  const note = assertLockNote(request.note);
  const deps = await lockDeps(context);
  const signals = new Signals();
  const stopListening = context.io.onSignal((signal) => signals.take(signal));
  try {
    await using lock = await lockHold(deps, {
      name,
      note,
      leaseMs: request.leaseMs,
      waitMs: request.waitMs,
      address: lockAddress(),
      signal: signals.early,
      onHeld: ({ owner, token }) => {
        if (request.waitMs > 0) context.note(`waiting for ${owner} (token ${token})`);
      },
    });
    if (signals.early.aborted) throw interrupted(name, signals.early.reason);
    using command = new CommandProcess({
      command: request.command,
      cwd: context.io.cwd,
      env: {
        ...context.io.env,
        JOBCTL_FENCING_TOKEN: String(lock.token),
        JOBCTL_LOCK_NAME: lock.name,
      },
      orphaned: request.onLost,
    });
    signals.command = command;
    stopWhenLost(context, lock, command, request.onLost);
    return await judge(context, lock, await command.ended, request.onLost);
  } finally {
    stopListening();
  }
};

/** Signals end the wait for the lock; from the start of the command on they are the command's. */
class Signals {
  command: CommandProcess | null = null;
  readonly #early = new AbortController();

  get early(): AbortSignal {
    return this.#early.signal;
  }

  take(signal: ShutdownSignal): void {
    if (this.command === null) this.#early.abort(signal);
    else this.command.forward(signal);
  }
}

/** The holder stops trusting itself two margins before anybody may take over: half of one is for the command to end by itself. */
const KILL_GRACE_SHARE = 0.5;

const stopWhenLost = (context: Context, lock: HeldLock, command: CommandProcess, onLost: OrphanFate): void => {
  const stop = (): void => {
    context.note(`lost the lock "${lock.name}": ${errorText(lock.lost.reason)}${CONSEQUENCE[onLost]}`);
    if (onLost === 'ignore') return;
    command.stop('SIGTERM');
    if (onLost === 'signal') return;
    const cancel = context.clock.after(leaseMarginMs(lock.leaseMs) * KILL_GRACE_SHARE, () => command.stop('SIGKILL'));
    // What it leaves behind has lost the lock as well.
    void command.ended.then(
      () => {
        cancel();
        command.stop('SIGKILL');
      },
      () => cancel(),
    );
  };
  if (lock.lost.aborted) stop();
  else lock.lost.addEventListener('abort', stop, { once: true });
};

const CONSEQUENCE: Readonly<Record<OrphanFate, string>> = {
  kill: '; killing the command',
  signal: '; the command gets SIGTERM',
  ignore: '; the command goes on',
};

const judge = async (context: Context, lock: HeldLock, end: CommandEnd, onLost: OrphanFate): Promise<number> => {
  const code = exitCodeOf(end);
  if (onLost === 'ignore') return code;
  lock.assertHeld();
  if (code === EXIT.ok && !(await isOwnerStill(context, lock))) {
    throw lockLost(lock.name, new Error('the store says that it has passed on'));
  }
  return code;
};

/** Without an answer the clock's word stands: it was held when the command ended. */
const isOwnerStill = async (context: Context, lock: HeldLock): Promise<boolean> => {
  try {
    return await lock.isOwner();
  } catch (error) {
    if (!(error instanceof JobctlError) || !error.retryable) throw error;
    context.note(`the store did not confirm that the lock was held to the end: ${errorText(error)}`);
    return true;
  }
};

const interrupted = (name: string, reason: unknown): JobctlError =>
  new JobctlError(
    'INTERRUPTED',
    reason === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted,
    `stopped before the command was started (${errorText(reason)})`,
    { hint: `the lock "${shownLockName(name)}" was given back; repeat it` },
  );
