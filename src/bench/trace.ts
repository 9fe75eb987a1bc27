// When jobs were started, as the handlers of all workers wrote it down: read while they go on.
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT, JobctlError } from '../core/model/errors.ts';
import type { Clock } from '../core/ports/clock.ts';
import { parseStart, type Start } from './trace-format.ts';

/** Looking takes the processor from what is measured. */
const LOOK_MS = 100;
/** A start is written down at the latest, ms. */
const WRITTEN_WITHIN_MS = 2_000;
/** Read at once, bytes. */
const CHUNK = 1 << 20;

export class Trace {
  readonly folder: string;
  readonly #clock: Clock;
  readonly #read = new Map<string, { offset: number; rest: string }>();
  readonly #buffer = Buffer.alloc(CHUNK);
  readonly #starts: Start[] = [];
  /** Lines of jobs with a number: read while jobs run, understood when somebody wants them. */
  readonly #lines: string[] = [];
  /** Jobs with a number that were started at least once. */
  readonly #seen = new Set<number>();

  constructor(folder: string, clock: Clock) {
    this.folder = folder;
    this.#clock = clock;
  }

  get starts(): readonly Start[] {
    for (const line of this.#lines.splice(0)) this.#starts.push(parseStart(line));
    return this.#starts;
  }

  /** Forgets what it has read: the next repetition counts its jobs from 0 again. */
  async clear(): Promise<void> {
    await this.poll();
    this.#starts.length = 0;
    this.#lines.length = 0;
    this.#seen.clear();
  }

  /** Resolves once so many jobs were started. Throws BENCH_STALLED when none is for a while before that. */
  async until(
    jobs: number,
    { stalledMs, signal }: { readonly stalledMs: number; readonly signal: AbortSignal },
  ): Promise<void> {
    let [count, sinceMs] = [-1, this.#clock.monotonicMs()];
    while (!signal.aborted) {
      await this.poll();
      if (this.#seen.size >= jobs) return;
      const nowMs = this.#clock.monotonicMs();
      if (this.#seen.size > count) [count, sinceMs] = [this.#seen.size, nowMs];
      if (nowMs - sinceMs > stalledMs) throw stalled(count, jobs, stalledMs);
      await this.#clock.sleep(LOOK_MS, signal);
    }
  }

  /** How many starts were written down, once there are so many: handlers write a little later than they start. */
  async settled(starts: number): Promise<number> {
    const endsMs = this.#clock.monotonicMs() + WRITTEN_WITHIN_MS;
    for (;;) {
      await this.poll();
      const count = this.#starts.length + this.#lines.length;
      if (count >= starts || this.#clock.monotonicMs() >= endsMs) return count;
      await this.#clock.sleep(LOOK_MS);
    }
  }

  async poll(): Promise<void> {
    for (const name of await readdir(this.folder)) await this.#readOn(join(this.folder, name));
  }

  async #readOn(file: string): Promise<void> {
    const state = this.#read.get(file) ?? { offset: 0, rest: '' };
    this.#read.set(file, state);
    await using handle = await open(file);
    for (;;) {
      const { bytesRead } = await handle.read(this.#buffer, 0, CHUNK, state.offset);
      if (bytesRead === 0) return;
      state.offset += bytesRead;
      const lines = (state.rest + this.#buffer.toString('utf8', 0, bytesRead)).split('\n');
      state.rest = lines.pop() ?? '';
      for (const line of lines) this.#add(line);
    }
  }

  #add(line: string): void {
    const n = Number.parseInt(line, 10);
    if (n < 0) return;
    this.#lines.push(line);
    this.#seen.add(n);
  }
}

const stalled = (count: number, jobs: number, stalledMs: number): JobctlError =>
  new JobctlError('BENCH_STALLED', EXIT.failed, `no job was started for ${stalledMs / 1_000} s`, {
    detail: `${count} of ${jobs} were`,
    hint: 'the workers wrote why into the folder that --keep leaves behind',
  });
