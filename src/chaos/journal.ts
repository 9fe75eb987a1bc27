// What is broken now, and everything that was done: written before it is done, so that whoever comes next can mend it.
import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { RUNTIMES } from '../core/model/cluster.ts';
import { conflictError, EXIT, errorText, JobctlError } from '../core/model/errors.ts';
import { isoTime } from '../core/model/time.ts';
import type { Clock } from '../core/ports/clock.ts';

const FAULT = z.strictObject({
  run: z.string(),
  /** `pause-node`. */
  fault: z.string(),
  cluster: z.string(),
  runtime: z.enum(RUNTIMES),
  target: z.string(),
  startedAt: z.string(),
  /** When it ends by itself. */
  untilMs: z.number(),
});
export type ActiveFault = Readonly<z.infer<typeof FAULT>>;

export class Journal {
  readonly #folder: string;
  readonly #clock: Clock;

  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  get #active(): string {
    return join(this.#folder, 'active.json');
  }

  /** Throws CHAOS_ACTIVE while another one is not mended: one at a time. */
  async begin(fault: ActiveFault): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    try {
      await writeFile(this.#active, JSON.stringify(fault), { flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      throw activeError(await this.active());
    }
    await this.note({ did: 'begin', ...fault });
  }

  /** Null: nothing is broken on purpose. Throws CHAOS_JOURNAL_INVALID. */
  async active(): Promise<ActiveFault | null> {
    const text = await readFile(this.#active, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (text === null) return null;
    try {
      return FAULT.parse(JSON.parse(text));
    } catch (cause) {
      throw new JobctlError('CHAOS_JOURNAL_INVALID', EXIT.failed, `cannot read ${this.#active}`, {
        detail: errorText(cause),
        hint: 'mend the cluster with `jobctl cluster up`, then delete that file',
        cause,
      });
    }
  }

  async end({ run }: ActiveFault): Promise<void> {
    if ((await this.active())?.run === run) await rm(this.#active, { force: true });
    await this.note({ did: 'end', run });
  }

  /** One line of the audit log. */
  async note(line: Readonly<Record<string, unknown>>): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const at = isoTime(this.#clock.wallMs());
    await appendFile(join(this.#folder, 'audit.jsonl'), `${JSON.stringify({ at, pid: process.pid, ...line })}\n`);
  }
}

const activeError = (fault: ActiveFault | null): JobctlError =>
  conflictError(
    'CHAOS_ACTIVE',
    fault === null
      ? 'another fault has just begun'
      : `${fault.fault} of ${fault.target}, since ${fault.startedAt}, is not mended`,
    { hint: 'wait until it is, or mend it: jobctl chaos heal' },
  );
