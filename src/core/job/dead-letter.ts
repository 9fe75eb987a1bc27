// Reading dead letters, and what can be done with one: run it again or discard it. A letter whose job has moved on since
// (a replay was claimed, its letter not deleted yet) does not count.
import { type DeadLetterKey, dayOf, deadLetterKey } from '../model/dead-letter.ts';
import { cursorInvalid } from '../model/errors.ts';
import { type Fence, type JobId, parseJobId } from '../model/ids.ts';
import { type DeadLetterRow, JOB_DEFAULTS } from '../model/job.ts';
import { DEAD_LETTER_DAYS_MAX, DEAD_LETTER_SHARDS, PAGE_ROWS } from '../model/limits.ts';
import type { Store, Truth } from '../ports/store.ts';
import { type ControlDeps, jobRetry, type Ordered } from './control.ts';
import type { Submitter } from './submit.ts';

/** Days that are opened together once the ones before were nearly empty: most are. */
const DAYS_AT_ONCE_MAX = 16;
/** How long a retry waits until the owner of the bucket has taken the job, ms. */
const RETRY_TIMEOUT_MS = 10_000;

export interface DeadLetterFilter {
  readonly limit: number;
  readonly queue?: string;
  readonly types?: readonly string[];
  /** Dead since, ms since the epoch. */
  readonly sinceMs?: number;
  /** Dead by then, to the day (UTC), ms since the epoch. */
  readonly untilMs?: number;
  readonly id?: JobId;
  /** Of the page before. */
  readonly next?: string;
}

export interface DeadLetterPage {
  readonly items: readonly DeadLetterRow[];
  readonly next: string | null;
}

/** Newest first, of the last DEAD_LETTER_DAYS_MAX days. */
export const deadLetterList = async (
  store: Store,
  nowMs: number,
  filter: DeadLetterFilter,
): Promise<DeadLetterPage> => {
  const items: DeadLetterRow[] = [];
  const queue = filter.queue ?? JOB_DEFAULTS.queue;
  const after = filter.next === undefined ? null : parseCursor(filter.next, queue);
  const newest = after?.day ?? dayOf(Math.min(nowMs, filter.untilMs ?? nowMs));
  const oldest = Math.max(dayOf(nowMs) - DEAD_LETTER_DAYS_MAX + 1, dayOf(filter.sinceMs ?? 0));
  let atOnce = 1;
  for (let day = newest; day >= oldest; atOnce = Math.min(DAYS_AT_ONCE_MAX, 2 * atOnce)) {
    const days = Array.from({ length: Math.min(atOnce, day - oldest + 1) }, (_, index) => day - index);
    day -= days.length;
    const opened = await Promise.all(
      days.map((each) => openDay(store, { queue, day: each, after: each === after?.day ? after : null })),
    );
    for (const shards of opened) {
      for await (const letter of merged(shards)) {
        if (!matches(letter, filter)) continue;
        items.push(letter);
        if (items.length >= filter.limit) return { items, next: formatCursor(letter) };
      }
    }
  }
  return { items, next: null };
};

export const deadLetterGet = async (store: Store, nowMs: number, id: JobId): Promise<DeadLetterRow | null> => {
  const [jobs, truths] = await Promise.all([store.jobGet([id]), store.truthGet([id])]);
  const [job, truth] = [jobs.get(id), truths.get(id)];
  if (truth !== undefined && truth.state !== 'dead') return null;
  if (job !== undefined && truth !== undefined) {
    const letter = await letterOf(store, job.queue, truth);
    if (letter !== null) return letter;
  }
  const filter = { id, limit: 1, ...(job === undefined ? {} : { queue: job.queue }) };
  return (await deadLetterList(store, nowMs, filter)).items[0] ?? null;
};

/** Where it stands when the attempt that ended the job wrote it; null: somewhere else. */
const letterOf = async (
  store: Store,
  queue: string,
  { jobId, fence, endedMs }: Truth,
): Promise<DeadLetterRow | null> => {
  if (endedMs === null) return null;
  const { day, shard } = deadLetterKey({ queue, jobId, fence, failedMs: endedMs });
  const after = deadLetterKey({ queue, jobId, fence, failedMs: endedMs + 1 });
  const letters = await store.deadLetterPage({ queue, day, shard, after, limit: PAGE_ROWS });
  return letters.find((letter) => letter.job.jobId === jobId && letter.fence === fence) ?? null;
};

export interface DeadLetterRetried {
  /** The job that runs now: the same one, or a new one that names it where its rows are gone. */
  readonly id: JobId;
  readonly outcome: Ordered;
}

/** The job runs again under its own id; where its rows are gone, as a new job that names it. */
export const deadLetterRetry = async (
  deps: ControlDeps & { readonly submit: Submitter },
  letter: DeadLetterRow,
): Promise<DeadLetterRetried> => {
  const { jobId, queue, type, payload, spec } = letter.job;
  const jobs = await deps.store.jobGet([jobId]);
  if (jobs.has(jobId)) {
    return { id: jobId, outcome: await jobRetry(deps, jobId, { timeoutMs: RETRY_TIMEOUT_MS }) };
  }
  const { key: _key, partitionKey, ...rest } = spec;
  const { id } = await deps.submit.submit({
    type,
    payload,
    queue,
    spec: { ...rest, replayOf: jobId },
    ...(partitionKey === undefined ? {} : { partitionKey }),
  });
  await deadLetterDiscard(deps.store, letter);
  return { id, outcome: 'pending' };
};

export const deadLetterDiscard = (store: Store, letter: DeadLetterRow): Promise<void> =>
  store.deadLetterDelete([keyOf(letter)]);

const keyOf = ({ job, fence, failedMs }: DeadLetterRow): DeadLetterKey =>
  deadLetterKey({ queue: job.queue, jobId: job.jobId, fence, failedMs });

const matches = ({ job, failedMs }: DeadLetterRow, filter: DeadLetterFilter): boolean =>
  (filter.id === undefined || job.jobId === filter.id) &&
  filter.types?.includes(job.type) !== false &&
  failedMs >= (filter.sinceMs ?? 0);

interface DayOfLetters {
  readonly queue: string;
  readonly day: number;
  readonly after: DeadLetterKey | null;
}

const openDay = (store: Store, { queue, day, after }: DayOfLetters): Promise<readonly ShardReader[]> =>
  Promise.all(
    Array.from({ length: DEAD_LETTER_SHARDS }, (_, shard) => ShardReader.open(store, { queue, day, shard, after })),
  );

/** The shards of one day: every round yields what is certainly newer than all that is still unread. */
async function* merged(shards: readonly ShardReader[]): AsyncGenerator<DeadLetterRow> {
  for (;;) {
    const next = shards
      .filter(({ head }) => head !== undefined)
      .toSorted(({ head: a }, { head: b }) => compare(a, b))[0];
    if (next?.head === undefined) return;
    yield next.head;
    await next.advance();
  }
}

class ShardReader {
  readonly #store: Store;
  readonly #place: { readonly queue: string; readonly day: number; readonly shard: number };
  #after: DeadLetterKey | null;
  #letters: DeadLetterRow[] = [];
  #isLast = false;

  private constructor(store: Store, { queue, day, shard, after }: DayOfLetters & { readonly shard: number }) {
    this.#store = store;
    this.#place = { queue, day, shard };
    this.#after = after;
  }

  static async open(store: Store, given: DayOfLetters & { readonly shard: number }): Promise<ShardReader> {
    const reader = new ShardReader(store, given);
    await reader.#fill();
    return reader;
  }

  get head(): DeadLetterRow | undefined {
    return this.#letters[0];
  }

  async advance(): Promise<void> {
    this.#letters.shift();
    await this.#fill();
  }

  async #fill(): Promise<void> {
    while (this.#letters.length === 0 && !this.#isLast) {
      const page = await this.#store.deadLetterPage({ ...this.#place, after: this.#after, limit: PAGE_ROWS });
      const last = page.at(-1);
      this.#isLast = last === undefined || page.length < PAGE_ROWS;
      if (last !== undefined) this.#after = keyOf(last);
      const truths = await this.#store.truthGet(page.map(({ job }) => job.jobId));
      this.#letters = page.filter(({ job, fence }) => (truths.get(job.jobId)?.fence ?? fence) === fence);
    }
  }
}

/** The order of deadLetterPage. */
const compare = (a: DeadLetterRow | undefined, b: DeadLetterRow | undefined): number => {
  if (a === undefined || b === undefined) return 0;
  if (a.failedMs !== b.failedMs) return b.failedMs - a.failedMs;
  if (a.job.jobId !== b.job.jobId) return a.job.jobId < b.job.jobId ? -1 : 1;
  return b.fence - a.fence;
};

const formatCursor = ({ job, fence, failedMs }: DeadLetterRow): string => `${failedMs}.${job.jobId}.${fence}`;

const parseCursor = (text: string, queue: string): DeadLetterKey => {
  const [, failedMs, id = '', fence] = /^(\d+)\.(\w+)\.(\d+)$/.exec(text) ?? [];
  if (failedMs === undefined) throw cursorInvalid(text);
  return deadLetterKey({ queue, jobId: parseJobId(id), fence: Number(fence) as Fence, failedMs: Number(failedMs) });
};
