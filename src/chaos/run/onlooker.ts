// Looks from outside, once the workload has ended, until everything is at rest: what became of the jobs, and whether every slot
// of every schedule is accounted for.
import { auditSchedule } from '../../core/cron/audit.ts';
import { scheduleAll, schedulePause } from '../../core/cron/manage.ts';
import type { JobId } from '../../core/model/ids.ts';
import { isTerminal } from '../../core/model/job.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Store } from '../../core/ports/store.ts';
import type { Recorder, Seen } from '../history/history.ts';

/** Jobs asked about in one read. */
const LOOK_AT = 100;
const LOOK_EVERY_MS = 1_000;
const RUNS_MAX = 10_000;

export const ONLOOKER = 'onlooker';

export class Onlooker {
  readonly #store: Store;
  readonly #recorder: Recorder;
  readonly #clock: Clock;

  constructor(store: Store, recorder: Recorder, clock: Clock) {
    this.#store = store;
    this.#recorder = recorder;
    this.#clock = clock;
  }

  /** False: some were not over in time. All are looked at once more at the end: what was over may have been ordered to run again. */
  async untilOver(ids: readonly JobId[], withinMs: number): Promise<boolean> {
    const endsMs = this.#clock.monotonicMs() + withinMs;
    let open: readonly JobId[] = ids;
    for (;;) {
      open = await this.#open(open);
      if (open.length === 0) open = await this.#open(ids);
      if (open.length === 0) return true;
      if (this.#clock.monotonicMs() >= endsMs) return false;
      await this.#clock.sleep(LOOK_EVERY_MS);
    }
  }

  /** Those that are not over. A read that fails says nothing about any. */
  async #open(ids: readonly JobId[]): Promise<readonly JobId[]> {
    const open: JobId[] = [];
    for (let from = 0; from < ids.length; from += LOOK_AT) {
      const page = ids.slice(from, from + LOOK_AT);
      const operation = this.#recorder.begin(ONLOOKER, 'truth', page);
      try {
        const truths = await this.#store.truthGet(page);
        const seen: Seen[] = [...truths.values()].map(({ jobId, fence, state }) => ({ id: jobId, fence, state }));
        this.#recorder.end(operation, 'ok', seen);
        const over = new Set(seen.filter(({ state }) => isTerminal(state)).map(({ id }) => id));
        open.push(...page.filter((id) => !over.has(id)));
      } catch {
        this.#recorder.end(operation, 'info', null);
        open.push(...page);
      }
    }
    return open;
  }

  /** Pauses the schedules, and notes which of their slots nobody accounts for, in the end. */
  async untilAccounted(withinMs: number): Promise<void> {
    const endsMs = this.#clock.monotonicMs() + withinMs;
    for (const { name } of await scheduleAll(this.#store)) await schedulePause(this.#store, name, 'the run has ended');
    for (;;) {
      const problems = await this.#audit().catch(() => ['the audit']);
      if (problems.length > 0 && this.#clock.monotonicMs() < endsMs) {
        await this.#clock.sleep(LOOK_EVERY_MS);
        continue;
      }
      this.#recorder.note(ONLOOKER, 'audit', problems);
      return;
    }
  }

  async #audit(): Promise<readonly string[]> {
    const problems: string[] = [];
    for (const row of await scheduleAll(this.#store)) {
      const range = { fromMs: row.fromMs, toMs: row.paused?.atMs ?? (await this.#store.wallMs()) };
      const { gaps, strays, unconfirmed, open } = await auditSchedule(this.#store, row, range);
      const all = await this.#store.runList({ schedule: row.name, ...range, limit: RUNS_MAX });
      const waiting = all.filter(({ state }) => state === 'buffered' || state === 'firing');
      const slots = [...gaps, ...strays, ...unconfirmed, ...waiting.map(({ slotMs }) => slotMs)];
      problems.push(...slots.map((slotMs) => `${row.name}/${slotMs}`));
      if (open > 0) problems.push(`${row.name}: ${open} slots are not decided yet`);
    }
    return problems;
  }
}
