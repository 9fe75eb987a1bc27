// The two tables that an owner reads: jobs, and the pointers that lead to them. Both are read alike.
import { type JobId, jobDueMs, jobPriority } from '../model/ids.ts';
import type { JobRow, PointerRow } from '../model/job.ts';
import type { Page, Store, Sweep } from '../ports/store.ts';
import type { Frontier, Place } from './frontier.ts';
import type { OwnedBucket } from './owned-bucket.ts';

/** Where rows go. Both resolve when the rows are in hand; when one throws, the same rows are read again. */
export interface Intake {
  admitJobs(owner: OwnedBucket, jobs: readonly JobRow[]): Promise<void>;
  admitPointers(owner: OwnedBucket, pointers: readonly PointerRow[]): Promise<void>;
}

export interface Table<Row extends Keyed> {
  /** Its rows are judged by the truth whenever they are read; the others are taken for new unless they are known. */
  readonly isJudged: boolean;
  readonly frontier: (owner: OwnedBucket) => Frontier;
  readonly sweep: (sweep: Sweep) => Promise<readonly Row[]>;
  readonly page: (page: Page) => Promise<readonly Row[]>;
  readonly dueMs: (row: Row) => number;
  readonly admit: (owner: OwnedBucket, rows: readonly Row[]) => Promise<void>;
}

export interface Keyed {
  readonly jobId: JobId;
}

export const jobTable = (store: Store, intake: Intake): Table<JobRow> => ({
  isJudged: false,
  frontier: (owner) => owner.jobs,
  sweep: (sweep) => store.jobSweep(sweep),
  page: (page) => store.jobPage(page),
  dueMs: ({ jobId }) => jobDueMs(jobId),
  admit: (owner, rows) => intake.admitJobs(owner, rows),
});

export const pointerTable = (store: Store, intake: Intake): Table<PointerRow> => ({
  isJudged: true,
  frontier: (owner) => owner.pointers,
  sweep: (sweep) => store.pointerSweep(sweep),
  page: (page) => store.pointerPage(page),
  dueMs: ({ dueMs }) => dueMs,
  admit: (owner, rows) => intake.admitPointers(owner, rows),
});

export const placeOf = <Row extends Keyed>(table: Table<Row>, row: Row): Place => ({
  dueMs: table.dueMs(row),
  jobId: row.jobId,
  priority: jobPriority(row.jobId),
});
