// Runs the handlers of a user's file in a thread of their own: one that burns CPU costs no lock, one that crashes the
// thread costs the attempts that ran in it.
import { extname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { errorText, JobctlError, usageError } from '../../core/model/errors.ts';
import type { HandlerContext, HandlerJob, Outcome } from '../../core/ports/handler.ts';
import { batched, type FromThread, type ToThread } from './messages.ts';

/** While an aborted handler has not ended, its thread is asked this often; one that does not answer for as long is replaced. ms */
const BLOCKED_MS = 2_000;
/** How long an aborted handler may take to end, ms. After that its attempt is over, whatever it still does. */
const ABORT_GRACE_MS = 5_000;
/** Wait before a thread that crashed is replaced, ms: doubles with each crash that follows at once. */
const RESTART_FIRST_MS = 100;
const RESTART_MAX_MS = 10_000;

interface Call {
  readonly type: string;
  readonly context: HandlerContext;
  readonly end: (outcome: Outcome) => void;
}

export class ModuleHandlers implements AsyncDisposable {
  readonly #file: string;
  readonly #calls = new Map<number, Call>();
  #types: readonly string[] = [];
  #lastCall = 0;
  #thread: Thread | null = null;
  #starting: Promise<Thread> | null = null;
  #crashes = 0;
  readonly #closing = new AbortController();

  private constructor(file: string) {
    this.#file = file;
  }

  /** Throws HANDLERS_INVALID when the file cannot be loaded or exports no handlers. */
  static async load(file: string): Promise<ModuleHandlers> {
    const handlers = new ModuleHandlers(file);
    await handlers.#ready();
    return handlers;
  }

  get types(): readonly string[] {
    return this.#types;
  }

  async run(job: HandlerJob, context: HandlerContext): Promise<Outcome> {
    let thread: Thread;
    try {
      thread = this.#thread ?? (await this.#ready());
    } catch (error) {
      return failed(reasonOf(error));
    }
    if (this.#closing.signal.aborted) return failed(STOPPING);
    this.#lastCall += 1;
    const call = this.#lastCall;
    const { id, type, payload, attempt, maxAttempts, nominalMs } = job;
    const { fencingToken, signal } = context;
    return new Promise((resolve) => {
      const abort = (): void => void this.#abort(thread, call, errorText(signal.reason));
      const end = (outcome: Outcome): void => {
        signal.removeEventListener('abort', abort);
        this.#calls.delete(call);
        resolve(outcome);
      };
      this.#calls.set(call, { type, context, end });
      thread.send({ kind: 'run', call, id, type, payload, attempt, maxAttempts, nominalMs, fencingToken });
      signal.addEventListener('abort', abort);
      if (signal.aborted) abort();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    for (const call of [...this.#calls.values()]) call.end(failed(STOPPING));
    await this.#starting?.catch(() => null);
    await this.#thread?.terminate();
  }

  /** A handler may take its time to end; a thread that does not even answer is blocked by one of them. */
  async #abort(thread: Thread, call: number, reason: string): Promise<void> {
    thread.send({ kind: 'abort', call, reason });
    const type = this.#calls.get(call)?.type;
    const giveUp = setTimeout(() => {
      this.#calls.get(call)?.end(failed(`${reason}; the handler did not end within ${ABORT_GRACE_MS} ms after that`));
    }, ABORT_GRACE_MS).unref();
    while (this.#calls.has(call)) {
      if (!(await thread.answers(BLOCKED_MS))) {
        this.#replace(thread, `the handlers' thread was blocked, probably by "${type}", and was replaced`);
        await thread.terminate();
        break;
      }
      if (this.#calls.has(call)) await sleep(BLOCKED_MS, undefined, { ref: false });
    }
    clearTimeout(giveUp);
  }

  #ready(): Promise<Thread> {
    this.#starting ??= this.#start().finally(() => {
      this.#starting = null;
    });
    return this.#starting;
  }

  async #start(): Promise<Thread> {
    if (this.#crashes > 0) {
      const delayMs = Math.min(RESTART_FIRST_MS * 2 ** (this.#crashes - 1), RESTART_MAX_MS);
      await sleep(delayMs, undefined, { signal: this.#closing.signal });
    }
    const thread = new Thread(this.#file, {
      message: (message) => this.#receive(message),
      died: (reason) => this.#replace(thread, `the handlers' thread ended: ${reason}`),
    });
    try {
      this.#types = await thread.types;
    } catch (error) {
      this.#crashes += 1; // a file that has become unusable must not start a thread for every job
      throw error;
    }
    this.#thread = thread;
    return thread;
  }

  #receive(message: FromThread): void {
    if (!('call' in message)) return;
    const call = this.#calls.get(message.call);
    if (message.kind === 'done') {
      this.#crashes = 0;
      call?.end(message.outcome);
    } else if (message.kind === 'log') call?.context.log(message.message, message.fields);
    else call?.context.progress(message.value);
  }

  /** Every attempt that ran in it has failed; the next one starts a new thread. */
  #replace(thread: Thread, error: string): void {
    if (this.#closing.signal.aborted || this.#thread !== thread) return;
    this.#thread = null;
    this.#crashes += 1;
    for (const call of [...this.#calls.values()]) call.end(failed(error));
  }
}

const STOPPING = 'the worker is stopping';
/** An attempt keeps one text: what, and why. */
const reasonOf = (error: unknown): string =>
  error instanceof JobctlError && error.detail !== undefined ? `${error.message}: ${error.detail}` : errorText(error);
const failed = (error: string): Outcome => ({ kind: 'failed', error, retryable: true });

interface ThreadListeners {
  readonly message: (message: FromThread) => void;
  readonly died: (reason: string) => void;
}

class Thread {
  readonly send: (message: ToThread) => void;
  /** Rejects when the file is refused. */
  readonly types: Promise<readonly string[]>;
  readonly #worker: Worker;
  readonly #answered: (() => void)[] = [];

  constructor(file: string, listeners: ThreadListeners) {
    // thread.ts from the source, thread.js from the build.
    const program = new URL(`./thread${extname(import.meta.url)}`, import.meta.url);
    this.#worker = new Worker(program, {
      workerData: { file },
      stdout: true,
      resourceLimits: { maxYoungGenerationSizeMb: 8 },
    });
    this.#worker.stdout.pipe(process.stderr, { end: false }); // stdout belongs to the command
    this.send = batched((messages) => this.#worker.postMessage(messages));
    this.types = new Promise((resolve, reject) => {
      this.#worker.on('message', (messages: readonly FromThread[]) => {
        for (const resolve of this.#answered.splice(0)) resolve();
        for (const message of messages) {
          if (message.kind === 'ready') resolve(message.types);
          else if (message.kind === 'refused') reject(refusal(file, message.error));
          else listeners.message(message);
        }
      });
      this.#worker.on('error', (error) => {
        listeners.died(errorText(error));
        reject(refusal(file, errorText(error)));
      });
      this.#worker.on('exit', (code) => {
        listeners.died(`exit code ${code}`);
        reject(refusal(file, `it ended the thread with exit code ${code}`));
      });
    });
    this.types.catch(() => void this.terminate());
  }

  /** False when nothing comes from it within `ms`. */
  answers(ms: number): Promise<boolean> {
    this.send({ kind: 'ping' });
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ms).unref();
      this.#answered.push(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }
}

const refusal = (file: string, error: string): Error =>
  usageError('HANDLERS_INVALID', `the handlers file ${file} cannot be used`, {
    detail: error,
    hint: "it should be as `export default { 'email.send': async (job, ctx) => ({ sent: true }) }`; see docs/handlers.md",
  });
