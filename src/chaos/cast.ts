// The processes of a run, and the stand-in of a single fault: started by this one, each with a log of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { EXIT, JobctlError } from '../core/model/errors.ts';
import type { Clock } from '../core/ports/clock.ts';
import { listMembers, type Member, type MemberRole } from './members.ts';

/** A process has so long until it says that it runs, ms. */
const STARTED_WITHIN_MS = 60_000;
const LOOK_MS = 100;

export interface CastOptions {
  /** `node .../bin/jobctl.js`. */
  readonly program: readonly string[];
  readonly run: string;
  readonly membersFolder: string;
  readonly clock: Clock;
}

export interface Part {
  readonly role: MemberRole;
  readonly id: string;
  readonly argv: readonly string[];
  readonly log: string;
  readonly env?: Readonly<Record<string, string>>;
}

export class Cast {
  readonly #options: CastOptions;
  readonly #children = new Map<string, ChildProcess>();

  constructor(options: CastOptions) {
    this.#options = options;
  }

  /** Resolves once it has announced itself. Throws CHAOS_PROCESS_FAILED. */
  async start({ role, id, argv, log, env = {} }: Part): Promise<Member> {
    const { program, run, membersFolder, clock } = this.#options;
    mkdirSync(dirname(log), { recursive: true });
    const output = openSync(log, 'a');
    const [file = '', ...args] = [...program, ...argv];
    const child = spawn(file, args, {
      env: { ...process.env, ...env, JOBCTL_CHAOS_RUN: run },
      stdio: ['ignore', output, output],
      detached: true, // a Ctrl-C is for the run, which ends them in its own order
    });
    closeSync(output);
    child.on('error', () => {}); // seen as its not coming up
    this.#children.set(id, child);
    const endsMs = clock.monotonicMs() + STARTED_WITHIN_MS;
    for (;;) {
      const member = (await listMembers(membersFolder)).find((each) => each.pid === child.pid);
      if (member !== undefined) return member;
      if (child.exitCode !== null || child.signalCode !== null || clock.monotonicMs() > endsMs) {
        throw new JobctlError('CHAOS_PROCESS_FAILED', EXIT.failed, `the ${role} ${id} did not start`, {
          hint: `it says why in ${log}`,
        });
      }
      await clock.sleep(LOOK_MS);
    }
  }

  /** Tells them to end, and waits; also what a fault killed and started again. Returns those that had to be killed. */
  async end(ids: readonly string[], withinMs: number): Promise<readonly string[]> {
    const { clock } = this.#options;
    const endsMs = clock.monotonicMs() + withinMs;
    for (const { pid } of await this.#living(ids)) kill(pid, 'SIGTERM');
    while ((await this.#living(ids)).length > 0 && clock.monotonicMs() < endsMs) await clock.sleep(LOOK_MS);
    const left = await this.#living(ids);
    for (const { pid } of left) kill(pid, 'SIGKILL');
    return [...new Set(left.map(({ id }) => id))];
  }

  async #living(ids: readonly string[]): Promise<readonly { readonly id: string; readonly pid: number }[]> {
    const { membersFolder, run } = this.#options;
    const own = [...this.#children].flatMap(([id, { pid, exitCode, signalCode }]) =>
      pid === undefined || exitCode !== null || signalCode !== null ? [] : [{ id, pid }],
    );
    const announced = (await listMembers(membersFolder)).filter((member) => member.run === run);
    return [...own, ...announced].filter(({ id }) => ids.includes(id));
  }
}

const kill = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};
