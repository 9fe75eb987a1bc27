// The handlers' thread: loads the user's file and runs its handlers, many at a time. It holds no lock and no session.
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { JobId } from '../../core/model/ids.ts';
import { runUserHandler, thrownText, type UserHandler } from '../user-handler.ts';
import { batched, type FromThread, type RunMessage, type ToThread } from './messages.ts';

const running = new Map<number, { readonly abort: (reason: string) => void }>();
const send = batched<FromThread>((messages) => parentPort?.postMessage(messages));

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
    return `${name}${thrownText(error)}${lineOf(error, file)}`;
  }
};

/** Where in the user's file it went wrong, as far as the stack says. */
const lineOf = (error: unknown, file: string): string => {
  const parts = error instanceof Error ? String(error.stack).split(file).slice(1) : [];
  const [line] = parts.flatMap((part) => /^:(\d+)/.exec(part)?.[1] ?? []);
  return line === undefined ? '' : ` (line ${line})`;
};

const run = async (handlers: ReadonlyMap<string, UserHandler>, message: RunMessage): Promise<void> => {
  const { call, type, fencingToken } = message;
  const controller = new AbortController();
  running.set(call, { abort: (reason) => controller.abort(new Error(reason)) });
  const handle = handlers.get(type) ?? gone(type);
  const { stack, ...outcome } = await runUserHandler(
    handle,
    { ...message, id: message.id as JobId },
    {
      signal: controller.signal,
      fencingToken,
      log: (text, fields) => send({ kind: 'log', call, message: text, ...(fields === undefined ? {} : { fields }) }),
      progress: (value) => send({ kind: 'progress', call, value }),
    },
  );
  running.delete(call);
  if (stack !== undefined) send({ kind: 'log', call, message: 'the handler threw', fields: { stack } });
  send({ kind: 'done', call, outcome });
};

const gone =
  (type: string): UserHandler =>
  () => {
    throw new Error(`the handlers file no longer has "${type}"`);
  };

await start((workerData as { readonly file: string }).file);
