// The handlers' thread: loads the user's file and runs its handlers, many at a time. It holds no lock and no session.
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { Outcome } from '../../core/ports/handler.ts';
import { resultText } from '../result.ts';
import { batched, type FromThread, type RunMessage, type ToThread } from './messages.ts';

type UserHandler = (job: unknown, context: unknown) => unknown;

const running = new Map<number, { readonly abort: (reason: string) => void }>();
const send = batched<FromThread>((messages) => parentPort?.postMessage(messages));

/** Thrown by ctx.fail and ctx.snooze, so that a handler ends there. */
class Decided extends Error {
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    super('the handler decided its outcome');
    this.outcome = outcome;
  }
}

const start = async (file: string): Promise<void> => {
  const handlers = await load(file);
  if (typeof handlers === 'string') return send({ kind: 'refused', error: handlers });
  parentPort?.on('message', (messages: readonly ToThread[]) => {
    for (const message of messages) {
      if (message.kind === 'run') void run(handlers, message);
      else if (message.kind === 'abort') running.get(message.call)?.abort(message.reason);
      else send({ kind: 'pong' });
    }
  });
  send({ kind: 'ready', types: [...handlers.keys()] });
};

/** The handlers by type, or what is wrong with the file. */
const load = async (file: string): Promise<ReadonlyMap<string, UserHandler> | string> => {
  try {
    const module = (await import(pathToFileURL(file).href)) as { readonly default?: unknown };
    const { default: exported } = module;
    if (typeof exported !== 'object' || exported === null)
      return 'it has no default export that maps types to handlers';
    const entries = Object.entries(exported);
    const wrong = entries.find(([, handler]) => typeof handler !== 'function');
    if (wrong !== undefined) return `the handler of "${wrong[0]}" is not a function`;
    return entries.length === 0 ? 'its default export is empty' : new Map(entries as [string, UserHandler][]);
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
};

const run = async (handlers: ReadonlyMap<string, UserHandler>, message: RunMessage): Promise<void> => {
  const { call, type } = message;
  const outcome = await outcomeOf(async () => handlers.get(type)?.(jobOf(message), contextOf(message)));
  running.delete(call);
  if (outcome.kind === 'failed' && outcome.stack !== undefined) {
    send({ kind: 'log', call, message: 'the handler threw', fields: { stack: outcome.stack } });
  }
  const { stack: _stack, ...plain } = outcome as Outcome & { readonly stack?: string };
  send({ kind: 'done', call, outcome: plain as Outcome });
};

type Ended = Outcome & { readonly stack?: string | undefined };

const outcomeOf = async (handle: () => Promise<unknown>): Promise<Ended> => {
  let value: unknown;
  try {
    value = await handle();
  } catch (error) {
    if (error instanceof Decided) return error.outcome;
    const text = error instanceof Error ? error.message || error.name : String(error);
    return { kind: 'failed', error: text, retryable: true, stack: error instanceof Error ? error.stack : undefined };
  }
  try {
    return { kind: 'succeeded', result: resultText(value) };
  } catch (error) {
    return { kind: 'failed', error: `the result cannot be kept as JSON: ${String(error)}`, retryable: false };
  }
};

const jobOf = ({ id, type, payload, attempt, maxAttempts, nominalMs }: RunMessage) => ({
  id,
  type,
  payload: JSON.parse(payload) as unknown,
  attempt,
  maxAttempts,
  nominalTime: new Date(nominalMs),
});

const contextOf = ({ call, fencingToken }: RunMessage) => {
  const controller = new AbortController();
  running.set(call, { abort: (reason) => controller.abort(new Error(reason)) });
  return {
    signal: controller.signal,
    fencingToken,
    log: (text: string, fields?: Readonly<Record<string, unknown>>) =>
      send({ kind: 'log', call, message: String(text), ...(fields === undefined ? {} : { fields: plainOf(fields) }) }),
    progress: (value: unknown) => send({ kind: 'progress', call, value: plainOf(value) }),
    fail: (error: string): never => {
      throw new Decided({ kind: 'failed', error: String(error), retryable: false });
    },
    snooze: (delayMs: number): never => {
      if (!(Number.isFinite(delayMs) && delayMs >= 0)) throw new TypeError(`snooze takes milliseconds, not ${delayMs}`);
      throw new Decided({ kind: 'snoozed', delayMs });
    },
  };
};

/** Functions and classes do not travel between threads. */
const plainOf = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value ?? null)) as Value;

await start((workerData as { readonly file: string }).file);
