// The command that `lock run` runs: a process with the terminal and the pipes of this one, which is stopped with all that
// it started, and which does not outlive this process either, however that ends.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { isatty } from 'node:tty';
import { EXIT, errorText, JobctlError } from '../../core/model/errors.ts';
import type { ShutdownSignal } from '../context.ts';

const STDIN = 0;
const SIGNAL_EXIT_BASE = 128;

export type CommandEnd = { readonly code: number } | { readonly signal: NodeJS.Signals };

/** What happens to the command when this process dies without a word (`kill -9`): nothing can be asked any more. */
export type OrphanFate = 'kill' | 'signal' | 'ignore';

export interface CommandOptions {
  readonly command: readonly [file: string, ...args: string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly orphaned: OrphanFate;
}

export class CommandProcess implements Disposable {
  /** Rejects with EXEC_FAILED when it cannot be started. */
  readonly ended: Promise<CommandEnd>;
  readonly #child: ChildProcess;
  /** In a group of its own, so that everything it started can be reached; a terminal, though, talks to one group only. */
  readonly #ownGroup: boolean;
  readonly #guard: ChildProcess | null;
  /** Reached by a signal so far: whoever ignored it may have lost its parent since, and no tree leads there any more. */
  readonly #reached = new Set<number>();

  constructor({ command: [file, ...args], env, cwd, orphaned }: CommandOptions) {
    this.#ownGroup = !isatty(STDIN);
    this.#guard = startGuard(orphaned); // before the command: there is to be no moment in which nobody watches
    this.#child = spawn(file, args, { stdio: 'inherit', detached: this.#ownGroup, cwd, env });
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', (error) => reject(cannotStart(file, error)));
      this.#child.once('exit', (code, signal) => resolve(signal === null ? { code: code ?? EXIT.failed } : { signal }));
    });
    const { pid } = this.#child;
    if (pid !== undefined) this.#guard?.stdin?.write(`${this.#ownGroup ? -pid : pid}\n`);
  }

  /** Passes on a signal that this process got. On a terminal Ctrl-C has reached the command already. */
  forward(signal: ShutdownSignal): void {
    if (this.#ownGroup || signal === 'SIGTERM') this.stop(signal);
  }

  /** To the command and everything that it started. */
  stop(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    for (const target of this.#ownGroup ? [-pid] : processTree(pid)) this.#reached.add(target);
    for (const target of this.#reached) send(target, signal);
  }

  [Symbol.dispose](): void {
    this.#guard?.kill('SIGKILL');
  }
}

/** 128 + n, as shells say it. */
export const exitCodeOf = (end: CommandEnd): number =>
  'code' in end ? end.code : SIGNAL_EXIT_BASE + constants.signals[end.signal];

const GUARD: Readonly<Record<Exclude<OrphanFate, 'ignore'>, string>> = {
  signal: 'kill -s TERM -- "$target"',
  kill: 'kill -s TERM -- "$target"; sleep 1; kill -s KILL -- "$target"',
};

/**
 * A shell that is told on a pipe whom to watch, and then waits for the end of the pipe: only this process holds it open, and
 * the kernel closes it, whatever happens.
 */
const startGuard = (fate: OrphanFate): ChildProcess | null => {
  if (fate === 'ignore') return null;
  const script = `read -r target || exit; while read -r line; do :; done; ${GUARD[fate]}`;
  const guard = spawn('/bin/sh', ['-c', script, 'jobctl-guard'], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true, // a Ctrl-C is not for it
  });
  guard.on('error', () => undefined); // without a shell the command outlives a `kill -9`: the token still protects
  guard.stdin?.on('error', () => undefined);
  guard.unref();
  return guard;
};

/** The process and its descendants, as Linux lists them; elsewhere the process alone. */
const processTree = (pid: number): readonly number[] => {
  const found = new Set([pid]);
  // A set visits what is added while it is walked.
  for (const each of found) {
    try {
      const children = readFileSync(`/proc/${each}/task/${each}/children`, 'utf8').trim();
      for (const child of children.split(' ')) if (child !== '') found.add(Number(child));
    } catch {
      // It has ended, or this is no Linux.
    }
  }
  return [...found];
};

const send = (target: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(target, signal);
  } catch {
    // It has ended already.
  }
};

const cannotStart = (file: string, cause: NodeJS.ErrnoException): JobctlError =>
  new JobctlError('EXEC_FAILED', EXIT.cannotExecute, `cannot start "${file}"`, {
    detail: cause.code === 'ENOENT' ? 'there is no such command, or no such folder' : errorText(cause),
    hint: "check the command and the PATH; for shell syntax write: -- sh -c 'one; two'",
    cause,
  });
