// A client that submits jobs, and gives orders about them.
import {
  SCHEDULE_DEFAULTS,
  scheduleBackfill,
  scheduleCreate,
  schedulePause,
  scheduleResume,
} from '../../../src/core/cron/manage.ts';
import { jobCancel, jobRetry } from '../../../src/core/job/control.ts';
import { createSubmitter, type Submitter } from '../../../src/core/job/submit.ts';
import type { JobId } from '../../../src/core/model/ids.ts';
import { placementSubject } from '../../../src/core/model/placement.ts';
import { START_MS } from '../machine.ts';
import type { OrderStep, PlaceStep, ScheduleStep, SubmitStep } from '../plan.ts';
import { isExpected, type Life, Process } from './process.ts';

const ORDER_TIMEOUT_MS = 8_000;

/** All of its past, as quickly as its jobs end. */
const BACKFILL = { fromMs: START_MS, toMs: Number.MAX_SAFE_INTEGER, everyMs: 0 };

export class SubmitProcess extends Process {
  #submitter: Submitter | null = null;

  protected async live(life: Life): Promise<void> {
    this.#submitter = createSubmitter({ ...life, clock: life.machine, random: life.machine.random });
  }

  submit(step: SubmitStep, acknowledged: (id: JobId) => void): void {
    const { life } = this;
    const submitter = this.#submitter;
    if (life === null || submitter === null) return;
    life.machine.deliver(() => void this.#submit(life, submitter, step, acknowledged));
  }

  order(step: OrderStep, id: JobId): void {
    const { life } = this;
    if (life !== null) life.machine.deliver(() => void this.#order(life, step, id));
  }

  schedule(step: ScheduleStep): void {
    const { life } = this;
    if (life !== null) life.machine.deliver(() => void this.#schedule(life, step));
  }

  place(step: PlaceStep): void {
    const { life } = this;
    if (life !== null) life.machine.deliver(() => void this.#place(life, step));
  }

  async #submit(
    { who, machine }: Life,
    submitter: Submitter,
    step: SubmitStep,
    acknowledged: (id: JobId) => void,
  ): Promise<void> {
    const { history } = this.scene;
    const { script, delayMs, priority, maxAttempts, backoffMs, onCrash, key } = step;
    const backoff = {
      kind: 'exponential',
      baseMs: backoffMs,
      maxMs: Math.max(15_000, backoffMs),
      jitter: 0.2,
    } as const;
    const given = { tag: script.tag, key, dueMs: machine.wallMs() + delayMs };
    const operation = history.begin(who, 'submit', given);
    try {
      const submitted = await submitter.submit({
        type: 'do',
        payload: JSON.stringify(script),
        delayMs,
        priority,
        spec: { maxAttempts, backoff, onCrash },
        ...(key === null ? {} : { key }),
      });
      history.end(operation, 'ok', submitted);
      acknowledged(submitted.id);
    } catch (error) {
      history.end(operation, 'info', null);
      if (!isExpected(error)) throw error;
    }
  }

  async #order({ who, machine, store }: Life, step: OrderStep, id: JobId): Promise<void> {
    const { history } = this.scene;
    const operation = history.begin(who, 'order', { op: step.do, tag: step.tag, id });
    const order = step.do === 'cancel' ? jobCancel : jobRetry;
    try {
      history.end(operation, 'ok', await order({ store, clock: machine }, id, { timeoutMs: ORDER_TIMEOUT_MS }));
    } catch {
      history.end(operation, 'info', null); // refused, too late or unanswered: an order may come to nothing
    }
  }

  async #place({ who, store }: Life, { row, undo }: PlaceStep): Promise<void> {
    const { history } = this.scene;
    const subject = placementSubject(row);
    const operation = history.begin(who, 'place', { subject, worker: row.worker, undo });
    try {
      await (undo ? store.placementDelete(subject) : store.placementWrite(row));
      history.end(operation, 'ok', null);
    } catch (error) {
      history.end(operation, 'info', null);
      if (!isExpected(error)) throw error;
    }
  }

  async #schedule({ who, store }: Life, { name, what, cron, rules, runMs, fatal }: ScheduleStep): Promise<void> {
    const { history } = this.scene;
    const operation = history.begin(who, 'schedule', { name, what, rules });
    const script = { tag: name, ms: runMs, fail: 0, fatal, deaf: false, snoozeMs: 0 };
    const job = { queue: 'default', type: 'do', payload: JSON.stringify(script), priority: 9, spec: {} };
    const fields = { ...SCHEDULE_DEFAULTS, misfire: 'all', ...rules, cron, job } as const;
    try {
      if (what === 'create') await scheduleCreate(store, name, fields);
      else if (what === 'pause') await schedulePause(store, name, 'a test');
      else if (what === 'backfill') await scheduleBackfill(store, name, BACKFILL);
      else await scheduleResume(store, name);
      history.end(operation, 'ok', null);
    } catch {
      history.end(operation, 'info', null); // no such schedule, or no answer
    }
  }
}
