// Rows for tests, with everything that does not matter filled in.

import { seededRandom } from '../../src/chaos/seeded-random.ts';
import {
  type Bucket,
  type Fence,
  type FencingToken,
  makeFence,
  makeJobId,
  makeOperationId,
  makeSessionId,
} from '../../src/core/model/ids.ts';
import type { AttemptRow, JobRow, PointerRow } from '../../src/core/model/job.ts';
import { type CheckpointRow, type MemberRow, NO_COUNTERS, type SessionRow } from '../../src/core/model/lock.ts';
import type { ScheduleRow } from '../../src/core/model/schedule.ts';

const random = seededRandom(7);

export const bucketOf = (bucket: number): Bucket => bucket as Bucket;
export const fenceOf = (token: number, sequence: number): Fence => makeFence(token as FencingToken, sequence);

export const jobRow = (
  place: { readonly bucket?: number; readonly priority?: number; readonly dueMs: number },
  fields: Partial<JobRow> = {},
): JobRow => ({
  jobId: makeJobId({ bucket: bucketOf(place.bucket ?? 3), priority: place.priority ?? 5, dueMs: place.dueMs }, random),
  queue: 'default',
  type: 'noop',
  payload: '{"a":"ü"}',
  spec: {},
  createdMs: place.dueMs,
  ...fields,
});

export const attemptRow = (job: JobRow, fields: Partial<AttemptRow> = {}): AttemptRow => ({
  jobId: job.jobId,
  fence: fenceOf(1, 1),
  attempt: 1,
  state: 'running',
  worker: 'w1',
  startedMs: job.createdMs,
  endedMs: null,
  nextDueMs: null,
  error: null,
  result: null,
  ...fields,
});

export const pointerRow = (job: JobRow, dueMs: number, fields: Partial<PointerRow> = {}): PointerRow => ({
  dueMs,
  jobId: job.jobId,
  fence: fenceOf(1, 1),
  op: 'retry',
  targetMs: null,
  ...fields,
});

export const sessionRow = (fields: Partial<SessionRow> = {}): SessionRow => ({
  id: makeSessionId(random),
  live: true,
  beat: 0,
  operationId: makeOperationId(random),
  leaseMs: 10_000,
  untilMs: 0,
  role: 'worker',
  address: '',
  ...fields,
});

export const memberRow = (memberId: string, fields: Partial<MemberRow> = {}): MemberRow => ({
  role: 'worker',
  memberId,
  session: makeSessionId(random),
  address: '',
  buckets: '0-15',
  types: ['noop'],
  capacity: 4,
  running: 0,
  version: '0',
  startedMs: 0,
  beat: 0,
  beatMs: 0,
  ...fields,
});

export const checkpointRow = (fields: Partial<CheckpointRow> = {}): CheckpointRow => ({
  bucket: bucketOf(3),
  token: 1 as FencingToken,
  atMs: 0,
  lowWaterMs: 0,
  exceptions: [],
  inFlight: [],
  closedSlot: 0,
  auditedSlot: 0,
  purgedSlot: 0,
  heldSlots: [],
  counters: NO_COUNTERS,
  ...fields,
});

export const operationId = () => makeOperationId(random);

export const scheduleRow = (name: string, fields: Partial<ScheduleRow> = {}): ScheduleRow => ({
  ...{ name, version: 1, cron: '0 3 * * *', zone: 'Europe/Rome', gap: 'shift', fold: 'first' },
  job: { queue: 'default', type: 'noop', payload: '{"a":"ü"}', priority: 5, spec: {} },
  ...{ misfire: 'one', catchUpMs: 3_600_000, overlap: 'skip', paused: null, fromMs: 0, createdMs: 0, updatedMs: 0 },
  ...{ jitterMs: 0, startMs: null, endMs: null, maxFires: null, pauseAfterFailures: null, backfill: null },
  ...fields,
});
