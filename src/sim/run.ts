// One run: the plan is carried out with faults, then everything is mended and must come to rest within a deadline.

import type { History, Seen } from '../chaos/history/history.ts';
import { CLOCK_STEP_UNSEEN_MAX_MS } from '../chaos/workload/steps.ts';
import { auditSchedule } from '../core/cron/audit.ts';
import { scheduleAll } from '../core/cron/manage.ts';
import type { JobId } from '../core/model/ids.ts';
import { isTerminal } from '../core/model/job.ts';
import type { Store } from '../core/ports/store.ts';
import { openSimulatedStore } from './cassandra/store.ts';
import { Faults } from './faults.ts';
import { Machine } from './machine.ts';
import { CALM } from './network.ts';
import { type DrainStep, type FaultStep, isFault, LOCKS_BACK_MS, type Plan, type Step } from './plan.ts';
import { HolderProcess } from './processes/holder-process.ts';
import { LockProcess } from './processes/lock-process.ts';
import type { Process } from './processes/process.ts';
import { SchedulerProcess } from './processes/scheduler-process.ts';
import { SubmitProcess } from './processes/submit-process.ts';
import { WorkerProcess } from './processes/worker-process.ts';
import { Scene } from './scene.ts';

/** Everything must be at rest so long after the faults, ms: the audit of the last slot is 10 minutes after its end. */
const CONVERGE_MS = 15 * 60_000;
const LOOK_EVERY_MS = 60_000;
const LOOK_HEALED_MS = 5_000;
/** Jobs asked about in one read. */
const LOOK_AT = 100;

export const runPlan = async (plan: Plan): Promise<History> => {
  const run = new Run(plan);
  await run.withFaults();
  await run.healed();
  return run.history;
};

class Run {
  readonly #scene: Scene;
  readonly #processes = new Map<string, Process>();
  readonly #faults: Faults;
  readonly #onlooker: Store;
  /** What was submitted with a tag. */
  readonly #ids = new Map<string, JobId>();
  /** Acknowledged, and not known to be over. */
  readonly #open = new Set<JobId>();
  #looks = 0;

  constructor(plan: Plan) {
    const scene = new Scene(plan);
    this.#scene = scene;
    const add = (count: number, prefix: string, create: (name: string) => Process): void => {
      for (let index = 0; index < count; index += 1) {
        this.#processes.set(`${prefix}${index}`, create(`${prefix}${index}`));
      }
    };
    add(plan.workers, 'w', (name) => new WorkerProcess(scene, name));
    add(plan.schedulers, 'c', (name) => new SchedulerProcess(scene, name));
    add(plan.submitters, 's', (name) => new SubmitProcess(scene, name));
    const Holder = plan.areHoldersPrograms ? HolderProcess : LockProcess;
    add(plan.holders, 'h', (name) => new Holder(scene, name));
    this.#faults = new Faults(scene, this.#processes);
    const machine = new Machine(scene.kernel, 'onlooker', { seed: plan.seed, rate: 1, skewMs: 0 });
    const { cluster, hints } = scene;
    this.#onlooker = openSimulatedStore({ cluster, machine, hints, bucketCount: plan.buckets });
    scene.history.skewMs = 2 * plan.skewMs + stepsOf(plan);
  }

  get history(): History {
    return this.#scene.history;
  }

  async withFaults(): Promise<void> {
    const { kernel, plan } = this.#scene;
    for (const process of this.#processes.values()) kernel.schedule(kernel.between(0, 200), () => process.boot());
    for (const step of plan.steps) kernel.schedule(step.atMs, () => this.#do(step));
    for (let atMs = LOOK_EVERY_MS; atMs < plan.faultMs; atMs += LOOK_EVERY_MS) {
      kernel.schedule(atMs, () => this.#look([...this.#open]));
    }
    await kernel.run(plan.faultMs);
  }

  async healed(): Promise<void> {
    const { kernel, network, history, plan } = this.#scene;
    network.weather = CALM;
    this.#faults.mendAll();
    for (const process of this.#processes.values()) if (process.life === null) process.boot();
    history.healedMs = kernel.nowMs;
    history.effects = new Map(network.effects);
    const deadlineMs = kernel.nowMs + CONVERGE_MS;
    if (plan.holders > 0) await kernel.run(kernel.nowMs + LOCKS_BACK_MS);
    do {
      while (this.#open.size > 0 && kernel.nowMs < deadlineMs) {
        this.#look([...this.#open]);
        await kernel.run(kernel.nowMs + LOOK_HEALED_MS);
      }
      // What was over may have been ordered to run again.
      const before = this.#looks;
      this.#look([...new Set(this.#ids.values())]);
      await kernel.run(kernel.nowMs + LOOK_HEALED_MS, () => this.#looks > before);
    } while (this.#open.size > 0 && kernel.nowMs < deadlineMs);
    if (plan.schedulers > 0) await this.#audit(deadlineMs);
  }

  /** Until every slot is accounted for, or it is too late. */
  async #audit(deadlineMs: number): Promise<void> {
    const { kernel, history } = this.#scene;
    for (;;) {
      await kernel.run(kernel.nowMs + LOOK_EVERY_MS);
      let problems: readonly string[] | null = null;
      void auditAll(this.#onlooker).then((found) => {
        problems = found;
      });
      await kernel.run(kernel.nowMs + LOOK_HEALED_MS, () => problems !== null);
      const found = problems as readonly string[] | null;
      if (found?.length !== 0 && kernel.nowMs < deadlineMs) continue;
      history.note('onlooker', 'audit', found ?? ['the audit']);
      return;
    }
  }

  #do(step: Step): void {
    if (isFault(step)) {
      this.#faults.inject(step);
      return;
    }
    if (step.do === 'drain') {
      this.#drain(step);
      return;
    }
    // Only those that submit are told by whom.
    const process = this.#processes.get(step.do === 'submit' ? step.by : 's0');
    if (!(process instanceof SubmitProcess)) return;
    process.take(
      step,
      (tag) => this.#ids.get(tag),
      (id) => this.#acknowledged(step.do === 'submit' ? step.script.tag : '', id),
    );
  }

  #drain(step: DrainStep): void {
    const process = this.#processes.get(step.who);
    const bootAgain = (): void => {
      if (process?.life === null) process.boot();
    };
    if (process instanceof WorkerProcess) process.drain(() => this.#scene.kernel.schedule(step.forMs, bootAgain));
  }

  #acknowledged(tag: string, id: JobId): void {
    this.#ids.set(tag, id);
    this.#open.add(id);
  }

  /** Reads the truths of jobs; what is over is looked at once more, at the end. */
  #look(ids: readonly JobId[]): void {
    void (async () => {
      for (let from = 0; from < ids.length; from += LOOK_AT) await this.#lookAt(ids.slice(from, from + LOOK_AT));
      this.#looks += 1;
    })();
  }

  async #lookAt(ids: readonly JobId[]): Promise<void> {
    const { history } = this.#scene;
    const operation = history.begin('onlooker', 'truth', ids);
    try {
      const truths = await this.#onlooker.truthGet(ids);
      const seen: Seen[] = [...truths.values()].map(({ jobId, fence, state }) => ({ id: jobId, fence, state }));
      history.end(operation, 'ok', seen);
      for (const { id, state } of seen) {
        if (isTerminal(state)) this.#open.delete(id);
        else this.#open.add(id);
      }
    } catch {
      history.end(operation, 'info', null);
    }
  }
}

const RUNS_MAX = 10_000;
/** A slot waits for a job or two before it, ms. */
const BUFFERED_MAX_MS = 90_000;

/** Slots that nobody accounts for, or that wait for ever, of every schedule. */
const auditAll = async (store: Store): Promise<readonly string[]> => {
  const whole = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };
  const nowMs = await store.wallMs();
  const audits = (await scheduleAll(store)).map(async (row) => {
    const { gaps, strays, unconfirmed } = await auditSchedule(store, row, whole);
    const old = { schedule: row.name, fromMs: row.fromMs, toMs: nowMs - BUFFERED_MAX_MS, limit: RUNS_MAX };
    const buffered = (await store.runList(old)).filter(({ state }) => state === 'buffered');
    const waiting = buffered.map(({ slotMs }) => slotMs);
    return [...gaps, ...strays, ...unconfirmed, ...waiting].map((slotMs) => `${row.name}/${slotMs}`);
  });
  return (await Promise.all(audits)).flat();
};

/** How far clock steps may have moved the worst clock. */
const stepsOf = ({ steps }: Plan): number => {
  const moved = new Map<string, number>();
  for (const step of steps) {
    if (step.do === 'clock-step') moved.set(step.who, (moved.get(step.who) ?? 0) + unseenMs(step));
  }
  return Math.max(0, ...moved.values());
};

const unseenMs = ({ how: [byMs = 0] }: FaultStep): number =>
  Math.abs(byMs) > CLOCK_STEP_UNSEEN_MAX_MS ? 0 : Math.abs(byMs);
