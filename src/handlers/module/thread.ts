// The handlers' thread: loads the user's file and runs its handlers, many at a time. It holds no lock and no session.
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { Outcome } from '../../core/ports/handler.ts';
import { resultText } from '../result.ts';
import { snoozeMs } from './delay.ts';
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
    const name = error instanceof Error ? `${error.name}: ` : '';
    return `${name}${textOf(error)}${lineOf(error, file)}`;
  }
};

/** Where in the user's file it went wrong, as far as the stack says. */
const lineOf = (error: unknown, file: string): string => {
  const parts = error instanceof Error ? String(error.stack).split(file).slice(1) : [];
  const [line] = parts.flatMap((part) => /^:(\d+)/.exec(part)?.[1] ?? []);
  return line === undefined ? '' : ` (line ${line})`;
};

const run = async (handlers: ReadonlyMap<string, UserHandler>, message: RunMessage): Promise<void> => {
  const { call, type } = message;
  const handle = handlers.get(type);
  const outcome = await outcomeOf(async () => {
    if (handle === undefined) throw new Error(`the handlers file no longer has "${type}"`);
    return handle(jobOf(message), contextOf(message));
  });
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
    const stack = error instanceof Error ? String(error.stack) : undefined;
    return { kind: 'failed', error: textOf(error), retryable: true, stack };
  }
  try {
    return { kind: 'succeeded', result: resultText(value) };
  } catch (error) {
    return { kind: 'failed', error: `the result cannot be kept as JSON: ${textOf(error)}`, retryable: false };
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
    snooze: (delay: number | string): never => {
      throw new Decided({ kind: 'snoozed', delayMs: snoozeMs(delay) });
    },
  };
};

/** Functions and classes do not travel between threads. What is no JSON is named: a log line never fails an attempt. */
const plainOf = <Value>(value: Value): Value | { readonly unreadable: string } => {
  try {
    return JSON.parse(JSON.stringify(value ?? null)) as Value;
  } catch (error) {
    return { unreadable: textOf(error) };
  }
};

/** Anything can be thrown, also what has no text. */
const textOf = (thrown: unknown): string => {
  try {
    return thrown instanceof Error ? String(thrown.message || thrown.name) : String(thrown);
  } catch {
    return 'the handler threw something that cannot be written as text';
  }
};

await start((workerData as { readonly file: string }).file);
