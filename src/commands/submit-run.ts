// The work of jobctl submit. A file is read twice: every line is checked before the first job is written, and nothing is
// held in memory. A pipe can only be read once: it is checked and submitted line by line.
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseJsonText } from '../config/parse/values.ts';
import { createSubmitter } from '../core/job/submit.ts';
import { assertRequest, type SubmitRequest } from '../core/job/submit-request.ts';
import { type SubmittedView, submittedView } from '../core/job/submitted-view.ts';
import { EXIT, usageError } from '../core/model/errors.ts';
import type { JobState } from '../core/model/job.ts';
import { type ApiValues, asker } from './ask.ts';
import { type Context, OutputClosed } from './context.ts';
import { inputLines, inputName, inputText } from './input.ts';
import { exitOf, outcomeOf, WAIT_DEFAULT_MS } from './job/outcome.ts';
import { InOrder } from './output/in-order.ts';
import type { ResultView } from './output/out.ts';
import { assertSends, showPlans } from './plan.ts';
import { parseJobLine } from './submit-lines.ts';
import { bodyOf, type RequestValues, toRequest } from './submit-request.ts';

interface SubmitOptions extends Partial<RequestValues>, ApiValues {
  readonly payload?: string | undefined;
  readonly allowUnknownType?: boolean | undefined;
  readonly wait?: boolean | undefined;
  readonly waitTimeout?: number | undefined;
}

/** With its outcome, when that was waited for. */
type SubmittedRow = SubmittedView & { readonly state?: JobState };

export const SUBMITTED: ResultView<SubmittedRow> = {
  name: ({ id }) => `job/${id}`,
  text: ({ id, duplicate, state }) => `job/${id} ${state ?? (duplicate ? 'was submitted before' : 'submitted')}`,
};

export const submitOne = async (context: Context, type: string, options: SubmitOptions): Promise<number> => {
  const request = toRequest(type, await payloadOf(context, options.payload), options);
  assertRequest(request);
  const ask = await asker(context, options);
  const { allowUnknownType, wait, waitTimeout = WAIT_DEFAULT_MS } = options;
  const submitted = await ask<SubmittedView>('jobSubmit', { body: { ...bodyOf(request), allowUnknownType } });
  const state = wait === true ? await outcomeOf(context, ask, submitted.id, waitTimeout) : undefined;
  context.out.result({ ...submitted, ...(state === undefined ? {} : { state }) }, SUBMITTED);
  if (context.io.stderr.isTTY && state === undefined) context.note(`watch it: jobctl job watch ${submitted.id}`);
  return state === undefined ? EXIT.ok : exitOf([state]);
};

export const submitFile = async (context: Context, file: string, options: SubmitOptions): Promise<number> => {
  const given = Object.entries(options).find(([name, value]) => value !== undefined && !BULK_OPTIONS.includes(name));
  if (given !== undefined) {
    throw usageError('OPTION_INVALID', `-f takes no --${given[0]}`, { hint: 'write it as a field of each line' });
  }
  if (context.flags.dryRun) return checkOnly(context, file);
  assertSends(context, { method: 'POST', path: '/v1/jobs/bulk', body: undefined });
  const types = isRegularFile(context, file) ? await checkLines(context, file) : new Set<string>();
  const { assertHandled, submit } =
    options.api === undefined ? await here(context, options) : await there(context, options);
  for (const type of types) assertHandled(type);
  return submitLines(context, { file, assertHandled, submit });
};

const BULK_OPTIONS = ['file', 'allowUnknownType', 'api'];

export const payloadOf = async (context: Context, payload: string | undefined): Promise<string> => {
  if (payload === undefined) return 'null';
  if (payload !== '-' && !payload.startsWith('@')) return parseJsonText(payload);
  return parseJsonText(await inputText(context, payload.replace(/^@/, '')));
};

const isRegularFile = (context: Context, file: string): boolean =>
  file !== '-' && (statSync(resolve(context.io.cwd, file), { throwIfNoEntry: false })?.isFile() ?? true);

/** Throws at the first bad line; returns the types that occur. */
const checkLines = async (context: Context, file: string): Promise<ReadonlySet<string>> => {
  const types = new Set<string>();
  for await (const line of inputLines(context, file)) {
    if (line.text.trim() !== '') types.add(parseJobLine(line, file).type);
  }
  return types;
};

/** Every line is read as it would be. */
const checkOnly = async (context: Context, file: string): Promise<number> => {
  const counts = new Map<string, number>();
  for await (const line of inputLines(context, file)) {
    if (line.text.trim() === '') continue;
    const { type } = parseJobLine(line, inputName(file));
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  const plans = [...counts].map(([type, jobs]) => ({ method: 'POST', path: '/v1/jobs/bulk', body: { type, jobs } }));
  return showPlans(context, plans);
};

interface Target {
  readonly assertHandled: (type: string) => void;
  readonly submit: (request: SubmitRequest) => Promise<SubmittedView>;
}

const here = async (context: Context, { allowUnknownType }: SubmitOptions): Promise<Target> => {
  const { typeGuard } = await import('../core/job/known-types.ts');
  const { clock, random, events } = context;
  const store = await context.store();
  const submitter = createSubmitter({ store, clock, random, events });
  return {
    assertHandled: allowUnknownType === true ? () => {} : await typeGuard(store),
    submit: async (request) => submittedView(request.type, await submitter.submit(request)),
  };
};

/** The scheduler knows which types are handled. */
const there = async (context: Context, options: SubmitOptions): Promise<Target> => {
  const { InBulk } = await import('./in-bulk.ts');
  const bulk = new InBulk(await asker(context, options), options.allowUnknownType);
  return { assertHandled: () => {}, submit: (request) => bulk.submit(request) };
};

interface LineSource extends Target {
  readonly file: string;
}

/** Prints in the order of the lines. The first error ends the reading; what is on its way by then is still printed. */
const submitLines = async (context: Context, source: LineSource): Promise<number> => {
  const printer = new InOrder(context.out.results('many', SUBMITTED));
  try {
    for await (const line of inputLines(context, source.file)) {
      if (line.text.trim() === '') continue;
      const request = parseJobLine(line, inputName(source.file));
      source.assertHandled(request.type);
      if (!(await printer.add(source.submit(request)))) break;
    }
  } catch (error) {
    printer.failed(error);
  }
  const count = await printer.end();
  if (printer.failure === null) {
    context.note(`${count} jobs submitted`);
    return EXIT.ok;
  }
  const { error } = printer.failure;
  if (!(error instanceof OutputClosed)) context.note(`${count} jobs were submitted before the error`);
  throw error;
};
