// A real worker, with handlers that do what the payload says and touch a resource that checks fencing tokens.

import { type Script, scriptEnd } from '../../chaos/workload/script.ts';
import { allBuckets } from '../../core/model/ids.ts';
import type { HandlerContext, HandlerJob, Handlers, Outcome } from '../../core/ports/handler.ts';
import { Worker } from '../../core/worker/worker.ts';
import { type Life, Process } from './process.ts';

const START_AGAIN_MS = 500;
const DRAIN_MS = 30_000;

export class WorkerProcess extends Process {
  #worker: Worker | null = null;
  readonly #snoozed = new Set<string>();

  protected async live(life: Life): Promise<void> {
    this.#worker = null;
    const { plan } = this.scene;
    const deps = { ...life, clock: life.machine, random: life.machine.random, handlers: this.#handlers(life) };
    const options = {
      memberId: life.who,
      buckets: allBuckets(plan.buckets),
      concurrency: plan.concurrency,
      leaseMs: plan.leaseMs,
      drainMs: DRAIN_MS,
      retentionMs: plan.retentionMs,
      address: '',
      version: '0',
    };
    while (this.life === life) {
      try {
        this.#worker = await Worker.start(deps, options);
        return;
      } catch {
        await life.machine.sleep(START_AGAIN_MS);
      }
    }
  }

  /** False when there is nothing to drain. `done` is called once it ended, if it ever does. */
  drain(done: () => void): boolean {
    const { life } = this;
    const worker = this.#worker;
    if (life === null || worker === null) return false;
    life.machine.deliver(() => {
      void worker.drain(new AbortController().signal).then(() => {
        if (this.life !== life) return;
        this.end(life);
        done();
      });
    });
    return true;
  }

  #handlers(life: Life): Handlers {
    return {
      types: ['do'],
      run: (job, context) => this.#run(life, job, context),
      [Symbol.asyncDispose]: async () => {},
    };
  }

  async #run(life: Life, job: HandlerJob, context: HandlerContext): Promise<Outcome> {
    const { history } = this.scene;
    const script = JSON.parse(job.payload) as Script;
    const { fencingToken: fence } = context;
    const { id, attempt, maxAttempts } = job;
    const operation = history.begin(life.who, 'run', { id, tag: script.tag, fence, attempt, maxAttempts });
    await life.machine.sleep(script.ms, script.deaf ? undefined : context.signal);
    const outcome = this.#outcome(job, script, context);
    if (outcome.kind === 'succeeded') {
      const effect = { resource: `job/${script.tag}`, token: fence, once: `${id}/${fence}` };
      this.scene.resource.request(life.machine, life.who, effect);
    }
    history.end(operation, 'ok', outcome.kind);
    return outcome;
  }

  #outcome(job: HandlerJob, script: Script, { signal }: HandlerContext): Outcome {
    const call = { attempt: job.attempt, isAborted: signal.aborted, hasSnoozed: this.#snoozed.has(job.id) };
    const end = scriptEnd(script, call);
    switch (end) {
      case 'snoozed':
        this.#snoozed.add(job.id);
        return { kind: 'snoozed', delayMs: script.snoozeMs };
      case 'succeeded':
        return { kind: 'succeeded', result: null };
      default:
        return { kind: 'failed', error: end, retryable: end !== 'fatal' };
    }
  }
}
