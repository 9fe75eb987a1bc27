// Everything that this process can run, by job type: `exec`, `http`, and what a handlers file exports.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { errorText, usageError } from '../core/model/errors.ts';
import type { HandlerContext, HandlerJob, Handlers, Outcome } from '../core/ports/handler.ts';
import { ModuleHandlers } from './module/module.ts';

export interface HandlerOptions {
  /** A TypeScript or JavaScript file whose default export maps types to handlers. */
  readonly file?: string | undefined;
  /** Only these of the known types. */
  readonly types?: readonly string[] | undefined;
}

type Run = (job: HandlerJob, context: HandlerContext) => Promise<Outcome>;

/** Loaded with their first job: a worker that runs a module only never pays for their libraries. */
const BUILT_IN: Readonly<Record<string, Run>> = {
  exec: async (job, context) => (await import('./exec.ts')).runExec(job, context),
  http: async (job, context) => (await import('./http.ts')).runHttp(job, context),
};

/** Throws HANDLERS_INVALID for a file that cannot be used, OPTION_INVALID for an unknown type. */
export const openHandlers = async ({ file, types }: HandlerOptions): Promise<Handlers> => {
  const module = file === undefined ? null : await loadModule(file);
  const known = new Map<string, Run>(Object.entries(BUILT_IN));
  for (const type of module?.types ?? [])
    known.set(type, (job, context) => (module as ModuleHandlers).run(job, context));
  const chosen = types ?? [...known.keys()];
  const unknown = chosen.find((type) => !known.has(type));
  if (unknown !== undefined) {
    await module?.[Symbol.asyncDispose]();
    throw usageError('OPTION_INVALID', `there is no handler for the type "${unknown}"`, {
      hint: `known types: ${[...known.keys()].join(', ')}`,
    });
  }
  return {
    types: chosen,
    run: async (job, context) => {
      try {
        const run = known.get(job.type);
        if (run === undefined) return { kind: 'failed', error: `no handler for "${job.type}"`, retryable: true };
        return await run(job, context);
      } catch (error) {
        return { kind: 'failed', error: errorText(error), retryable: true };
      }
    },
    [Symbol.asyncDispose]: async () => {
      await module?.[Symbol.asyncDispose]();
    },
  };
};

const loadModule = async (file: string): Promise<ModuleHandlers> => {
  const path = resolve(file);
  if (!existsSync(path)) {
    throw usageError('FILE_UNREADABLE', `there is no handlers file ${file}`, { hint: 'check the path' });
  }
  const module = await ModuleHandlers.load(path);
  const taken = module.types.find((type) => Object.hasOwn(BUILT_IN, type));
  if (taken === undefined) return module;
  await module[Symbol.asyncDispose]();
  throw usageError('HANDLERS_INVALID', `the handlers file ${file} defines "${taken}", which is built in`, {
    hint: 'give the type another name',
  });
};
