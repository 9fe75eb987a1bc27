// The work of jobctl submit. A file is read twice: every line is checked before the first job is written, and nothing is
// held in memory. A pipe can only be read once: it is checked and submitted line by line.
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseJsonText } from '../config/parse/values.ts';
import { createSubmitter, type Submitted, type Submitter } from '../core/job/submit.ts';
import { assertRequest } from '../core/job/submit-request.ts';
import { type SubmittedView, submittedView } from '../core/job/submitted-view.ts';
import { EXIT, usageError } from '../core/model/errors.ts';
import type { JobState } from '../core/model/job.ts';
import type { Store } from '../core/ports/store.ts';
import { type Context, OutputClosed } from './context.ts';
import { inputLines, inputName, inputText } from './input.ts';
import { exitOf, WAIT_DEFAULT_MS } from './job/outcome.ts';
import { InOrder } from './output/in-order.ts';
import type { ResultView } from './output/out.ts';
import { parseJobLine } from './submit-lines.ts';
import { type RequestValues, toRequest } from './submit-request.ts';

interface SubmitOptions extends Partial<RequestValues> {
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
  const store = await context.store();
  (await guardOf(store, options))(type);
  const submitted = await submitterOf(context, store).submit(request);
  const state = options.wait === true ? await waitFor(context, store, submitted, options) : undefined;
  context.out.result({ ...submittedView(type, submitted), ...(state === undefined ? {} : { state }) }, SUBMITTED);
  if (context.io.stderr.isTTY && state === undefined) context.note(`watch it: jobctl job watch ${submitted.id}`);
  return state === undefined ? EXIT.ok : exitOf([state]);
};

export const submitFile = async (context: Context, file: string, options: SubmitOptions): Promise<number> => {
  const given = Object.entries(options).find(([name, value]) => value !== undefined && !BULK_OPTIONS.includes(name));
  if (given !== undefined) {
    throw usageError('OPTION_INVALID', `-f takes no --${given[0]}`, { hint: 'write it as a field of each line' });
  }
  const types = isRegularFile(context, file) ? await checkLines(context, file) : new Set<string>();
  const store = await context.store();
  const assertHandled = await guardOf(store, options);
  for (const type of types) assertHandled(type);
  return submitLines(context, store, { file, assertHandled });
};

const BULK_OPTIONS = ['file', 'allowUnknownType'];

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

interface LineSource {
  readonly file: string;
  readonly assertHandled: (type: string) => void;
}

/** Prints in the order of the lines. The first error ends the reading; what is on its way by then is still printed. */
const submitLines = async (context: Context, store: Store, source: LineSource): Promise<number> => {
  const printer = new InOrder(context.out.results('many', SUBMITTED));
  const submitter = submitterOf(context, store);
  try {
    for await (const line of inputLines(context, source.file)) {
      if (line.text.trim() === '') continue;
      const request = parseJobLine(line, inputName(source.file));
      source.assertHandled(request.type);
      const row = submitter.submit(request).then((submitted) => submittedView(request.type, submitted));
      if (!(await printer.add(row))) break;
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

export const submitterOf = (context: Context, store: Store): Submitter =>
  createSubmitter({ store, clock: context.clock, random: context.random, events: context.events });

const waitFor = async (
  context: Context,
  store: Store,
  { id }: Submitted,
  { waitTimeout = WAIT_DEFAULT_MS }: SubmitOptions,
): Promise<JobState> => {
  const { jobWait } = await import('../core/job/control.ts');
  return jobWait({ store, clock: context.clock }, id, { timeoutMs: waitTimeout });
};

const guardOf = async (store: Store, { allowUnknownType }: SubmitOptions): Promise<(type: string) => void> => {
  if (allowUnknownType === true) return () => {};
  const { typeGuard } = await import('../core/job/known-types.ts');
  return typeGuard(store);
};
