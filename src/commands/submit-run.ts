// The work of jobctl submit. A file is read twice: every line is checked before the first job is written, and nothing is
// held in memory. A pipe can only be read once: it is checked and submitted line by line.
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { didYouMean } from '../config/parse/suggest.ts';
import { parseJsonText } from '../config/parse/values.ts';
import { createSubmitter, type SubmitRequest, type Submitted, type Submitter } from '../core/job/submit.ts';
import { EXIT, usageError } from '../core/model/errors.ts';
import { jobBucket } from '../core/model/ids.ts';
import type { JobState } from '../core/model/job.ts';
import { PAYLOAD_BYTES_MAX } from '../core/model/limits.ts';
import type { Store } from '../core/ports/store.ts';
import { type Context, OutputClosed } from './context.ts';
import { fileText, inputLines, inputName, inputText } from './input.ts';
import { exitOf, WAIT_DEFAULT_MS } from './job/outcome.ts';
import type { ResultView } from './output/out.ts';
import { parseJobLine } from './submit-lines.ts';
import { type RequestValues, toRequest } from './submit-request.ts';

/** Jobs on their way at once: fills several batches, bounds memory. */
const IN_FLIGHT_MAX = 2_000;

interface SubmitOptions extends Partial<RequestValues> {
  readonly payload?: string | undefined;
  readonly allowUnknownType?: boolean | undefined;
  readonly wait?: boolean | undefined;
  readonly waitTimeout?: number | undefined;
}

interface SubmittedRow {
  readonly id: string;
  readonly duplicate: boolean;
  readonly type: string;
  readonly state?: JobState;
  readonly dueAt: string;
  readonly bucket: number;
}

const VIEW: ResultView<SubmittedRow> = {
  name: ({ id }) => `job/${id}`,
  text: ({ id, duplicate, state }) => `job/${id} ${state ?? (duplicate ? 'was submitted before' : 'submitted')}`,
};

export const submitOne = async (context: Context, type: string, options: SubmitOptions): Promise<number> => {
  const request = toRequest(type, await payloadOf(context, options.payload), options);
  const store = await context.store();
  await assertTypesHandled(store, [type], options);
  const submitted = await submitterOf(context, store).submit(request);
  const state = options.wait === true ? await waitFor(context, store, submitted, options) : undefined;
  context.out.result(rowOf(request, submitted, state), VIEW);
  if (context.io.stderr.isTTY && state === undefined) context.note(`watch it: jobctl job watch ${submitted.id}`);
  return state === undefined ? EXIT.ok : exitOf([state]);
};

export const submitFile = async (context: Context, file: string, options: SubmitOptions): Promise<number> => {
  const given = Object.entries(options).find(([name, value]) => value !== undefined && !BULK_OPTIONS.includes(name));
  if (given !== undefined) {
    throw usageError('OPTION_INVALID', `-f takes no --${given[0]}`, { hint: 'write it as a field of each line' });
  }
  const readable = file !== '-' && isRegularFile(context, file);
  const types = readable ? await checkLines(context, file) : null;
  const store = await context.store();
  if (types !== null) await assertTypesHandled(store, [...types], options);
  return submitLines(context, store, file);
};

const BULK_OPTIONS = ['file', 'allowUnknownType'];

const payloadOf = async (context: Context, payload: string | undefined): Promise<string> => {
  if (payload === undefined) return 'null';
  // More than the limit is read, so that the error can say so; not much more.
  if (payload === '-') return parseJsonText(await inputText(context, '-', PAYLOAD_BYTES_MAX * 16));
  return parseJsonText(payload.startsWith('@') ? fileText(context, payload.slice(1)) : payload);
};

const isRegularFile = (context: Context, file: string): boolean =>
  statSync(resolve(context.io.cwd, file), { throwIfNoEntry: false })?.isFile() ?? true;

/** Throws at the first bad line; returns the types that occur. */
const checkLines = async (context: Context, file: string): Promise<ReadonlySet<string>> => {
  const types = new Set<string>();
  for await (const line of inputLines(context, file)) {
    if (line.text.trim() !== '') types.add(parseJobLine(line, file).type);
  }
  return types;
};

const submitLines = async (context: Context, store: Store, file: string): Promise<number> => {
  const submitter = submitterOf(context, store);
  const sink = context.out.results('many', VIEW);
  const inFlight = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | null = null;
  let count = 0;
  const send = async (request: SubmitRequest): Promise<void> => {
    try {
      sink.add(rowOf(request, await submitter.submit(request), undefined));
      count += 1;
    } catch (error) {
      failure ??= { error };
    }
  };
  try {
    for await (const line of inputLines(context, file)) {
      if (line.text.trim() === '') continue;
      const sent: Promise<void> = send(parseJobLine(line, inputName(file))).finally(() => inFlight.delete(sent));
      inFlight.add(sent);
      if (inFlight.size >= IN_FLIGHT_MAX) await Promise.all(inFlight);
      if (failure !== null) break;
    }
  } catch (error) {
    failure ??= { error };
  }
  await Promise.all(inFlight);
  if (failure !== null) {
    const { error } = failure as { readonly error: unknown };
    if (error instanceof OutputClosed) throw error;
    sink.end();
    context.note(`${count} jobs were submitted before the error`);
    throw error;
  }
  sink.end();
  context.note(`${count} jobs submitted`);
  return EXIT.ok;
};

const submitterOf = (context: Context, store: Store): Submitter =>
  createSubmitter({ store, clock: context.clock, random: context.random, events: context.events });

const rowOf = (request: SubmitRequest, { id, duplicate, dueMs }: Submitted, state?: JobState): SubmittedRow => ({
  id,
  duplicate,
  type: request.type,
  ...(state === undefined ? {} : { state }),
  dueAt: new Date(dueMs).toISOString(),
  bucket: jobBucket(id),
});

const waitFor = async (
  context: Context,
  store: Store,
  { id }: Submitted,
  { waitTimeout = WAIT_DEFAULT_MS }: SubmitOptions,
): Promise<JobState> => {
  const { jobWait } = await import('../core/job/control.ts');
  return jobWait({ store, clock: context.clock }, id, { timeoutMs: waitTimeout });
};

/** With no live worker any type is accepted: the workers may start later. */
const assertTypesHandled = async (
  store: Store,
  types: readonly string[],
  { allowUnknownType }: SubmitOptions,
): Promise<void> => {
  if (allowUnknownType === true) return;
  const workers = await store.memberList('worker');
  if (workers.length === 0) return;
  const handled = [...new Set(workers.flatMap((worker) => worker.types))].sort();
  const unknown = types.find((type) => !handled.includes(type));
  if (unknown === undefined) return;
  throw usageError('JOB_TYPE_UNKNOWN', `no live worker handles the type "${unknown}"`, {
    detail: `types handled: ${handled.join(', ')}`,
    hint: `${didYouMean(unknown, handled)}--allow-unknown-type submits it anyway`,
  });
};
