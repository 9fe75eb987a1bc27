// The life of each job as the history shows it: when it was submitted, which attempt rows were written, which pointers, and
// when its handler ran.
import type { JobId } from '../../core/model/ids.ts';
import type { AttemptRow, Partition, PointerRow } from '../../core/model/job.ts';
import type { CheckpointRow } from '../../core/model/lock.ts';
import type { History, Operation } from '../history/history.ts';

export interface Written<Row> {
  readonly row: Row;
  readonly append: Operation<'append'>;
}

export interface Timeline {
  readonly id: JobId;
  /** Acknowledged to a client; a key may have been submitted many times. */
  readonly submitted: readonly Operation<'submit'>[];
  /** By the beginning of their writes. */
  readonly attempts: readonly Written<AttemptRow>[];
  readonly pointers: readonly Written<PointerRow>[];
  readonly letters: readonly Operation<'letter'>[];
  readonly runs: readonly Operation<'run'>[];
  readonly seen: readonly { readonly look: Operation<'truth'>; readonly fence: number; readonly state: string }[];
}

/** While it is read. */
type Growing = { [Name in keyof Timeline]: Timeline[Name] extends readonly (infer Item)[] ? Item[] : Timeline[Name] };

const cache = new WeakMap<History, ReadonlyMap<JobId, Timeline>>();

export const timelinesOf = (history: History): ReadonlyMap<JobId, Timeline> => {
  const known = cache.get(history);
  if (known !== undefined) return known;
  const timelines = readTimelines(history);
  cache.set(history, timelines);
  return timelines;
};

const readTimelines = (history: History): ReadonlyMap<JobId, Timeline> => {
  const timelines = new Map<JobId, Growing>();
  const of = (id: JobId): Growing => {
    let timeline = timelines.get(id);
    if (timeline === undefined) {
      const empty = { submitted: [], attempts: [], pointers: [], letters: [], runs: [], seen: [] };
      timeline = { id, ...empty };
      timelines.set(id, timeline);
    }
    return timeline;
  };
  for (const submit of history.of('submit')) if (submit.result !== null) of(submit.result.id).submitted.push(submit);
  for (const append of history.of('append')) {
    for (const row of append.given.attempts ?? []) of(row.jobId).attempts.push({ row, append });
    for (const row of append.given.pointers ?? []) of(row.jobId).pointers.push({ row, append });
  }
  for (const letter of history.of('letter')) for (const { job } of letter.given) of(job.jobId).letters.push(letter);
  for (const run of history.of('run')) of(run.given.id).runs.push(run);
  for (const look of history.of('truth')) {
    for (const { id, fence, state } of look.result ?? []) of(id).seen.push({ look, fence, state });
  }
  return timelines;
};

/** What was acknowledged of a job before a position, under a lower fence: the newest truth, in its newest state. */
export const truthBelow = (timeline: Timeline, fence: number, position: number): Written<AttemptRow> | null => {
  let truth: Written<AttemptRow> | null = null;
  for (const written of timeline.attempts) {
    if (written.row.fence >= fence || written.append.outcome !== 'ok' || written.append.end > position) continue;
    if (truth === null || written.row.fence >= truth.row.fence) truth = written;
  }
  return truth;
};

export const namesOf = ({ exceptions, inFlight }: CheckpointRow): ReadonlySet<JobId> =>
  new Set([...exceptions, ...inFlight.map(({ jobId }) => jobId)]);

export const partitionKey = ({ bucket, slot }: Partition): string => `${bucket}/${slot}`;
