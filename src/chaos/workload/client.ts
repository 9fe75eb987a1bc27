// A client that submits jobs, gives orders about them, places buckets and keeps schedules, and writes down what it was told.
import {
  SCHEDULE_DEFAULTS,
  scheduleBackfill,
  scheduleCreate,
  schedulePause,
  scheduleResume,
} from '../../core/cron/manage.ts';
import { jobCancel, jobRetry } from '../../core/job/control.ts';
import { createSubmitter, type Submitter } from '../../core/job/submit.ts';
import type { JobId, Random } from '../../core/model/ids.ts';
import { placementSubject } from '../../core/model/placement.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { EventSink } from '../../core/ports/events.ts';
import type { Store } from '../../core/ports/store.ts';
import type { Recorder } from '../history/history.ts';
import type { ClientStep, OrderStep, PlaceStep, ScheduleStep, SubmitStep } from './plan.ts';
import type { Script } from './script.ts';

const ORDER_TIMEOUT_MS = 8_000;
const BACKOFF_MAX_MS = 15_000;

export interface ActorDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventSink;
  readonly recorder: Recorder;
  /** Its name in the history. */
  readonly who: string;
}

/** Whatever it throws is a bug: that nobody answered, or that nothing came of it, is in the history. */
export class Client {
  readonly #deps: ActorDeps;
  readonly #submitter: Submitter;
  /** Backfills begin there, ms since the epoch. */
  readonly #sinceMs: number;

  constructor(deps: ActorDeps, sinceMs: number) {
    this.#deps = deps;
    this.#submitter = createSubmitter(deps);
    this.#sinceMs = sinceMs;
  }

  /** `idOf`: what was submitted with a tag; an order about what was not comes to nothing. */
  async take(
    step: ClientStep,
    idOf: (tag: string) => JobId | undefined,
    acknowledged: (id: JobId, tag: string) => void,
  ): Promise<void> {
    switch (step.do) {
      case 'submit': {
        const id = await this.#submit(step);
        if (id !== null) acknowledged(id, step.script.tag);
        return;
      }
      case 'cancel':
      case 'retry': {
        const id = idOf(step.tag);
        return id === undefined ? undefined : this.#order(step, id);
      }
      case 'place':
        return this.#place(step);
      case 'schedule':
        return this.#schedule(step);
      default:
        step satisfies never;
    }
  }

  /** Null: nobody knows whether it was submitted. */
  async #submit(step: SubmitStep): Promise<JobId | null> {
    const { recorder, who, clock } = this.#deps;
    const { script, delayMs, priority, maxAttempts, backoffMs, onCrash, key } = step;
    const maxMs = Math.max(BACKOFF_MAX_MS, backoffMs);
    const backoff = { kind: 'exponential', baseMs: backoffMs, maxMs, jitter: 0.2 } as const;
    const operation = recorder.begin(who, 'submit', { tag: script.tag, key, dueMs: clock.wallMs() + delayMs });
    try {
      const submitted = await this.#submitter.submit({
        type: 'do',
        payload: JSON.stringify(script),
        delayMs,
        priority,
        spec: { maxAttempts, backoff, onCrash },
        ...(key === null ? {} : { key }),
      });
      recorder.end(operation, 'ok', submitted);
      return submitted.id;
    } catch (error) {
      recorder.end(operation, 'info', null);
      if (!isExpected(error)) throw error;
      return null;
    }
  }

  async #order(step: OrderStep, id: JobId): Promise<void> {
    const { recorder, who, store, clock } = this.#deps;
    const operation = recorder.begin(who, 'order', { op: step.do, tag: step.tag, id });
    const order = step.do === 'cancel' ? jobCancel : jobRetry;
    try {
      recorder.end(operation, 'ok', await order({ store, clock }, id, { timeoutMs: ORDER_TIMEOUT_MS }));
    } catch {
      recorder.end(operation, 'info', null); // refused, too late or unanswered: an order may come to nothing
    }
  }

  async #place({ row, undo }: PlaceStep): Promise<void> {
    const { recorder, who, store } = this.#deps;
    const subject = placementSubject(row);
    const operation = recorder.begin(who, 'place', { subject, worker: row.worker, undo });
    try {
      await (undo ? store.placementDelete(subject) : store.placementWrite(row));
      recorder.end(operation, 'ok', null);
    } catch (error) {
      recorder.end(operation, 'info', null);
      if (!isExpected(error)) throw error;
    }
  }

  async #schedule({ name, what, cron, rules, runMs, fatal }: ScheduleStep): Promise<void> {
    const { recorder, who, store } = this.#deps;
    const operation = recorder.begin(who, 'schedule', { name, what, rules });
    const script: Script = { tag: name, ms: runMs, fail: 0, fatal, deaf: false, snoozeMs: 0 };
    const job = { queue: 'default', type: 'do', payload: JSON.stringify(script), priority: 9, spec: {} };
    const fields = { ...SCHEDULE_DEFAULTS, misfire: 'all', ...rules, cron, job } as const;
    const past = { fromMs: this.#sinceMs, toMs: Number.MAX_SAFE_INTEGER, everyMs: 0 };
    try {
      if (what === 'create') await scheduleCreate(store, name, fields);
      else if (what === 'pause') await schedulePause(store, name, 'a test');
      else if (what === 'backfill') await scheduleBackfill(store, name, past);
      else await scheduleResume(store, name);
      recorder.end(operation, 'ok', null);
    } catch {
      recorder.end(operation, 'info', null); // no such schedule, or no answer
    }
  }
}

/** The store did not answer, or this machine's clock was set wrong: faults explain it. */
export const isExpected = (error: unknown): boolean => {
  const { retryable, code } = error as { readonly retryable?: boolean; readonly code?: string };
  return retryable === true || code === 'CLOCK_SKEW';
};
