// What happened in a run, as seen from outside: every operation with its beginning, its end and what came of it. Checkers
// read nothing else.
import type { FencingToken, JobId, OperationId, SessionId } from '../../core/model/ids.ts';
import type { AttemptState, DeadLetterRow, Partition } from '../../core/model/job.ts';
import type { CasOutcome, CheckpointRow, LockRow, SessionRow } from '../../core/model/lock.ts';
import type { PlacementSubject } from '../../core/model/placement.ts';
import type { ScheduleRow } from '../../core/model/schedule.ts';
import type { Mutation } from '../../core/ports/store.ts';

/** Every kind of operation: what it was given, and what it answered. */
export interface Signatures {
  /** A client submits; `tag` is in the payload. */
  submit: [{ tag: string; key: string | null; dueMs: number }, { id: JobId; dueMs: number; duplicate: boolean }];
  /** A client orders something about the job that was submitted with this tag. */
  order: [{ op: 'cancel' | 'retry'; tag: string; id: JobId }, string];
  /** An operator pins a bucket to a worker, drains a worker, or takes that back. */
  place: [{ subject: PlacementSubject; worker: string; undo: boolean }, null];
  /** Statements of the store. */
  append: [Mutation, null];
  checkpoint: [CheckpointRow, null];
  purge: [Partition, null];
  letter: [readonly DeadLetterRow[], null];
  sessionInsert: [SessionRow, CasOutcome];
  sessionRenew: [{ id: SessionId; beat: number; operationId: OperationId }, CasOutcome];
  sessionEnd: [{ id: SessionId; beat: number; operationId: OperationId }, CasOutcome];
  lockTake: [LockTake, CasOutcome];
  lockRelease: [{ name: string; session: SessionId; token: FencingToken; operationId: OperationId }, CasOutcome];
  lockGet: [string, LockRow | null];
  keyInsert: [{ namespace: string; key: string; jobId: JobId }, CasOutcome];
  /** A client of the lock core: null = not acquired. */
  acquire: [{ name: string }, FencingToken | null];
  /** It acts under the lock, trusting its session. */
  hold: [{ name: string; token: FencingToken }, null];
  /** A handler, from its start to its end. */
  run: [{ id: JobId; tag: string; fence: number; attempt: number; maxAttempts: number }, string];
  /** A resource that checks tokens was asked to do something. */
  effect: [{ resource: string; token: number; once: string | null }, 'accepted' | 'stale' | 'repeated'];
  /** The newest attempt rows of jobs, read by an onlooker. */
  truth: [readonly JobId[], readonly Seen[]];
  /** Slots of schedules that nobody accounts for, at the end. */
  audit: [readonly string[], null];
  /** A user makes a schedule, pauses it, or lets it go on. */
  schedule: [{ name: string; what: 'create' | 'pause' | 'resume' | 'backfill'; rules: ScheduleRules }, null];
  /** Something was broken; ends when it was mended. */
  fault: [{ kind: string; about: string }, null];
  /** What was broken is seen to be broken. */
  seen: [{ kind: string; about: string; what: string }, null];
  /** Everything was mended. */
  healed: [null, null];
  /** A process began or ended. */
  process: ['started' | 'crashed' | 'drained', null];
  /** A worker said something that has no place in the protocol: a bug. */
  surprise: [string, null];
}

/** What a schedule may do beyond its calendar. */
export type ScheduleRules = Pick<ScheduleRow, 'overlap' | 'jitterMs' | 'maxFires' | 'pauseAfterFailures'>;

export interface LockTake {
  readonly name: string;
  readonly expected: { readonly token: FencingToken; readonly session: SessionId | null } | null;
  readonly session: SessionId;
  readonly operationId: OperationId;
}

export interface Seen {
  readonly id: JobId;
  readonly fence: number;
  readonly state: AttemptState;
}

export type Kind = keyof Signatures;

export interface Operation<F extends Kind = Kind> {
  readonly f: F;
  readonly who: string;
  readonly given: Signatures[F][0];
  /** Position of its beginning among all beginnings and ends. */
  readonly start: number;
  readonly startMs: number;
  /** Infinity: nobody ever heard. */
  end: number;
  endMs: number;
  /** `info`: it may have been carried out, now or later. */
  outcome: 'ok' | 'fail' | 'info';
  result: Signatures[F][1] | null;
}

/** Writes down operations as they begin and end. */
export abstract class Recorder {
  abstract begin<F extends Kind>(who: string, f: F, given: Signatures[F][0]): Operation<F>;
  abstract end<F extends Kind>(
    operation: Operation<F>,
    outcome: Operation['outcome'],
    result: Signatures[F][1] | null,
  ): void;

  /** Something that takes no time. */
  note<F extends Kind>(who: string, f: F, given: Signatures[F][0]): void {
    this.end(this.begin(who, f, given), 'ok', null);
  }

  /** An operation that ends with the promise: an error means that nobody knows. */
  async during<F extends Kind, Result extends Signatures[F][1]>(
    operation: Operation<F>,
    work: Promise<Result>,
  ): Promise<Result> {
    try {
      const result = await work;
      this.end(operation, result === 'unknown' ? 'info' : 'ok', result);
      return result;
    } catch (error) {
      this.end(operation, 'info', null);
      throw error;
    }
  }
}

/** What users are promised, in ms; absent where nobody promised anything, as in the simulation. */
export interface Promised {
  /** Longest time without a submission that succeeds. */
  readonly unavailableMs: number;
  /** After everything was mended: until clients are served as before, and until nothing is left to do. */
  readonly recoveredMs: number;
}

export class History extends Recorder {
  readonly operations: Operation[] = [];
  /** When everything was mended, ms of the run; Infinity until then. */
  healedMs = Number.POSITIVE_INFINITY;
  /** How far apart the wall clocks may have been at most, ms. */
  skewMs = 0;
  /** What each kind of fault has met. */
  effects: ReadonlyMap<string, number> = new Map();
  promised: Promised | null = null;
  /** When the run began, ms since the epoch. */
  readonly startWallMs: number;
  readonly #nowMs: () => number;
  readonly #ofKind = new Map<Kind, Operation[]>();
  #order = 0;

  /** `nowMs`: ms of the run. */
  constructor(startWallMs: number, nowMs: () => number) {
    super();
    this.startWallMs = startWallMs;
    this.#nowMs = nowMs;
  }

  begin<F extends Kind>(who: string, f: F, given: Signatures[F][0]): Operation<F> {
    const operation: Operation<F> = {
      ...{ f, who, given, start: this.#order++, startMs: this.#nowMs() },
      ...{ end: Number.POSITIVE_INFINITY, endMs: Number.POSITIVE_INFINITY, outcome: 'info', result: null },
    };
    this.operations.push(operation as Operation);
    const same = this.#ofKind.get(f);
    if (same === undefined) this.#ofKind.set(f, [operation as Operation]);
    else same.push(operation as Operation);
    return operation;
  }

  end<F extends Kind>(operation: Operation<F>, outcome: Operation['outcome'], result: Signatures[F][1] | null): void {
    operation.end = this.#order++;
    operation.endMs = this.#nowMs();
    operation.outcome = outcome;
    operation.result = result;
  }

  of<F extends Kind>(f: F): readonly Operation<F>[] {
    return (this.#ofKind.get(f) ?? []) as unknown as readonly Operation<F>[];
  }
}
