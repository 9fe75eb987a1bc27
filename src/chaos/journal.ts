// What is broken now and how to mend it, and everything that was done: written before it is done, so that whoever comes next can
// mend it.
import { appendFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { RUNTIMES } from '../core/model/cluster.ts';
import { conflictError, EXIT, errorText, JobctlError } from '../core/model/errors.ts';
import { isoTime } from '../core/model/time.ts';
import type { Clock } from '../core/ports/clock.ts';
import { ACT } from './acts.ts';

const FAULT = z.strictObject({
  /** `pause-node`. */
  fault: z.string(),
  target: z.string(),
  startedAt: z.string(),
  /** In this order. */
  mend: z.array(ACT),
});
const RUN = z.strictObject({
  run: z.string(),
  cluster: z.string(),
  runtime: z.enum(RUNTIMES),
  /** When all of it is to be over. */
  untilMs: z.number(),
  faults: z.array(FAULT),
});
export type ActiveFault = Readonly<z.infer<typeof FAULT>>;
export type ActiveRun = Readonly<z.infer<typeof RUN>>;

export class Journal {
  /** Everything of chaos is kept there. */
  readonly folder: string;
  readonly #clock: Clock;

  constructor(folder: string, clock: Clock) {
    this.folder = folder;
    this.#clock = clock;
  }

  get #active(): string {
    return join(this.folder, 'active.json');
  }

  /** Throws CHAOS_ACTIVE while another one is not over: one at a time. */
  async begin(run: ActiveRun): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    try {
      await writeFile(this.#active, JSON.stringify(run), { flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      throw activeError(await this.active());
    }
    const { faults, ...rest } = run;
    await this.note({ did: 'begin', ...rest });
  }

  /** Replaces what is said of it. */
  async update(run: ActiveRun): Promise<void> {
    const next = `${this.#active}.${process.pid}`;
    await writeFile(next, JSON.stringify(run));
    await rename(next, this.#active);
  }

  /** Null: nothing is broken on purpose. Throws CHAOS_JOURNAL_INVALID. */
  async active(): Promise<ActiveRun | null> {
    const text = await readFile(this.#active, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (text === null) return null;
    try {
      return RUN.parse(JSON.parse(text));
    } catch (cause) {
      throw new JobctlError('CHAOS_JOURNAL_INVALID', EXIT.failed, `cannot read ${this.#active}`, {
        detail: errorText(cause),
        hint: 'mend the cluster with `jobctl cluster up`, then delete that file',
        cause,
      });
    }
  }

  async end(run: string): Promise<void> {
    if ((await this.active())?.run === run) await rm(this.#active, { force: true });
    await this.note({ did: 'end', run });
  }

  /** One line of the audit log. */
  async note(line: Readonly<Record<string, unknown>>): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const at = isoTime(this.#clock.wallMs());
    await appendFile(join(this.folder, 'audit.jsonl'), `${JSON.stringify({ at, pid: process.pid, ...line })}\n`);
  }
}

/** `kill-node of cassandra-2`. */
export const activeText = ({ run, faults }: ActiveRun): string =>
  faults.length === 0 ? `run ${run}` : faults.map(({ fault, target }) => `${fault} of ${target}`).join(', ');

const activeError = (run: ActiveRun | null): JobctlError =>
  conflictError('CHAOS_ACTIVE', run === null ? 'another fault has just begun' : `${activeText(run)} is not over`, {
    hint: 'wait until it is, or mend it: jobctl chaos heal',
  });
