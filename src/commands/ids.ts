// Job ids as arguments: `ID`, `job/ID`, several, or `-` for one a line on stdin; and doing something to each of them.
import { EXIT, errorText, JobctlError, usageError } from '../core/model/errors.ts';
import { type JobId, parseJobId } from '../core/model/ids.ts';
import type { Context } from './context.ts';
import { inputLines } from './input.ts';
import type { ResultView } from './output/out.ts';
import { type Plan, Planned, showPlans } from './plan.ts';

/** Ids of one command line or pipe. */
const IDS_MAX = 100_000;
/** Ids worked on at once: a store batches what arrives together. */
const PARALLEL = 16;
const SECOND_MS = 1_000;
/** Failures that an error lists by name. */
const FAILURES_LISTED_MAX = 20;

export const readIds = async (context: Context, args: readonly string[]): Promise<readonly JobId[]> => {
  const texts: string[] = [];
  for (const text of args) {
    if (text !== '-') texts.push(text);
    else for await (const line of inputLines(context, '-')) if (line.text.trim() !== '') texts.push(line.text);
    if (texts.length > IDS_MAX) {
      throw usageError('OPTION_INVALID', `more than ${IDS_MAX} ids`, { hint: 'split them over several calls' });
    }
  }
  return [...new Set(texts.map(parseJobId))];
};

/** One id: its error is the command's. Several: all are tried, the failed ones are listed at the end, exit 7. */
export const forEachId = async <Result>(
  context: Context,
  ids: readonly JobId[],
  view: ResultView<Result>,
  act: (id: JobId) => Promise<Result>,
  { isList = ids.length !== 1, rate }: Bulk = {},
): Promise<number> => {
  const [only] = ids;
  if (!isList && only !== undefined) {
    context.out.result(await act(only), view);
    return EXIT.ok;
  }
  const { clock, flags, out } = context;
  const sink = flags.dryRun ? null : out.results<Result>('many', view);
  const [failures, plans]: [string[], Plan[]] = [[], []];
  const startMs = clock.monotonicMs();
  await inParallel([...ids.entries()], async ([index, id]) => {
    if (rate !== undefined) await clock.sleep(Math.max(0, startMs + (index * SECOND_MS) / rate - clock.monotonicMs()));
    try {
      const result = await act(id);
      sink?.add(result);
    } catch (error) {
      if (error instanceof Planned) plans.push(error.plan);
      else if (error instanceof JobctlError) failures.push(`job/${id}: ${errorText(error)}`);
      else throw error;
    }
  });
  sink?.end();
  if (failures.length > 0) throw partialFailure(failures, ids.length);
  return flags.dryRun ? showPlans(context, plans) : EXIT.ok;
};

interface Bulk {
  /** A list also of one: a filter chose them. */
  readonly isList?: boolean;
  /** So many a second, at most. */
  readonly rate?: number | undefined;
}

/** At most PARALLEL at a time, in order of arrival. */
export const inParallel = async <Item>(items: readonly Item[], act: (item: Item) => Promise<void>): Promise<void> => {
  const rest = items.values();
  const lane = async (): Promise<void> => {
    for (const item of rest) await act(item);
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, items.length) }, lane));
};

const partialFailure = (failures: readonly string[], count: number): JobctlError => {
  const more = failures.length - FAILURES_LISTED_MAX;
  const listed = failures.slice(0, FAILURES_LISTED_MAX).concat(more > 0 ? [`and ${more} more`] : []);
  return new JobctlError('PARTIAL_FAILURE', EXIT.partial, `${failures.length} of ${count} failed`, {
    detail: listed.join('\n'),
    hint: 'the others are done; repeat the command with the failed ones',
  });
};
