// What becomes of jobs, and of the slots of schedules, from a position on. Changes are read from what is durable, so that
// whoever comes back with a position misses none.
import { JobctlError } from './model/errors.ts';
import { type JobId, NO_FENCE } from './model/ids.ts';
import { type AttemptRow, type AttemptState, isTerminal, type JobState, jobState } from './model/job.ts';
import { RUNS_PAGE_MAX } from './model/limits.ts';
import type { RunRow, RunState } from './model/schedule.ts';
import { isoTime } from './model/time.ts';
import type { Clock } from './ports/clock.ts';
import type { Store } from './ports/store.ts';

/** How often it is looked, ms: a change is told within it. */
const LOOK_MS = 250;
/** Says that there is nothing to say so often, ms: proxies close what is silent. */
const IDLE_MS = 15_000;
/** The job of a slot may take so long to become durable, ms; then it is told all the same. */
const FIRING_MAX_MS = 30_000;

export interface JobChange {
  readonly type: 'job';
  readonly at: string;
  readonly id: JobId;
  readonly state: JobState;
  /** Its number; 0 before the first. */
  readonly attempt: number;
  readonly error: string | null;
}

export interface SlotChange {
  readonly type: 'slot';
  readonly at: string;
  readonly schedule: string;
  /** When the slot was due. */
  readonly slotAt: string;
  readonly state: RunState;
  readonly reason: string | null;
  readonly jobId: JobId | null;
}

/** Of each subject, the last that was told: `FENCE/STATE` of a job, the slot of a schedule in ms. */
export interface Position {
  readonly jobs: Readonly<Record<string, string>>;
  readonly schedules: Readonly<Record<string, number>>;
}

export interface Told {
  /** Null: nothing for a while. */
  readonly change: JobChange | SlotChange | null;
  readonly position: Position;
}

/** A job that the position does not have is told as it is now; slots of a schedule that it does not have, from now on. */
export interface Subjects {
  readonly jobs: readonly JobId[];
  readonly schedules: readonly string[];
}

interface Deps {
  readonly store: Store;
  readonly clock: Clock;
}

/** Ends when every job is over and no schedule was asked for, or at the signal. */
export async function* changesOf(
  deps: Deps,
  { jobs, schedules }: Subjects,
  from: Position,
  signal: AbortSignal,
): AsyncGenerator<Told> {
  const { store, clock } = deps;
  const nowMs = await store.wallMs();
  const slots = Object.fromEntries(schedules.map((name) => [name, from.schedules[name] ?? nowMs]));
  let position: Position = { jobs: from.jobs, schedules: slots };
  let open = jobs;
  let saidMs = clock.monotonicMs();
  while (!signal.aborted) {
    for (const told of await look(deps, open, position)) {
      position = told.position;
      saidMs = clock.monotonicMs();
      yield told;
    }
    open = open.filter((id) => !isOver(position.jobs[id]));
    if (open.length === 0 && schedules.length === 0) return;
    if (clock.monotonicMs() - saidMs >= IDLE_MS) {
      saidMs = clock.monotonicMs();
      yield { change: null, position };
    }
    await clock.sleep(LOOK_MS, signal);
  }
}

/** What is new; nothing while the store does not answer. */
const look = async ({ store }: Deps, jobs: readonly JobId[], before: Position): Promise<readonly Told[]> => {
  const found: Told[] = [];
  let position = before;
  try {
    const truths = jobs.length === 0 ? new Map() : await store.truthGet(jobs);
    const nowMs = await store.wallMs();
    for (const id of jobs) {
      if (markOf(truths.get(id)) === position.jobs[id]) continue;
      for (const row of await newRows(store, id, truths.get(id), position.jobs[id])) {
        position = { ...position, jobs: { ...position.jobs, [id]: markOf(row) } };
        found.push({ change: jobChange(id, row, nowMs), position });
      }
    }
    for (const [schedule, slotMs] of Object.entries(before.schedules)) {
      const range = { schedule, fromMs: slotMs + 1, toMs: nowMs, limit: RUNS_PAGE_MAX };
      for (const run of await store.runList(range)) {
        if (run.state === 'firing' && nowMs - run.decidedMs < FIRING_MAX_MS) break;
        position = { ...position, schedules: { ...position.schedules, [schedule]: run.slotMs } };
        found.push({ change: slotChange(run), position });
      }
    }
  } catch (error) {
    if (!(error instanceof JobctlError) || !error.retryable) throw error;
  }
  return found;
};

/** Attempt rows after the mark, the oldest first; only the truth when there is no mark yet. */
const newRows = async (
  store: Store,
  id: JobId,
  truth: AttemptRow | undefined,
  mark: string | undefined,
): Promise<readonly (AttemptRow | undefined)[]> => {
  if (mark === undefined || truth === undefined) return [truth];
  const toldTo = Number(mark.split('/')[0]);
  const rows = (await store.attemptList(id)).toReversed();
  return rows.filter((row) => row.fence > toldTo || (row.fence === toldTo && markOf(row) !== mark));
};

const markOf = (row: AttemptRow | undefined): string => `${row?.fence ?? NO_FENCE}/${row?.state ?? ''}`;

const isOver = (mark: string | undefined): boolean => isTerminal((mark?.split('/')[1] ?? '') as AttemptState);

const jobChange = (id: JobId, row: AttemptRow | undefined, nowMs: number): JobChange => ({
  ...{ type: 'job', at: isoTime(row?.endedMs ?? row?.startedMs ?? nowMs), id },
  ...{ state: jobState(row), attempt: row?.attempt ?? 0, error: row?.error ?? null },
});

const slotChange = ({ schedule, slotMs, state, reason, jobId, decidedMs }: RunRow): SlotChange => ({
  ...{ type: 'slot', at: isoTime(decidedMs), schedule, slotAt: isoTime(slotMs), state, reason, jobId },
});
