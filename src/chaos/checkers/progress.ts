// What an owner says about its progress: I6, and that looking for work stays as cheap as it was: I10.
import { type Bucket, type JobId, jobBucket, jobDueMs, SLOT_MS } from '../../core/model/ids.ts';
import { isTerminal } from '../../core/model/job.ts';
import { bucketLockName } from '../../core/model/lock.ts';
import type { History, Operation } from '../history/history.ts';
import { Newest } from './grants.ts';
import { namesOf, type Timeline, timelinesOf } from './timelines.ts';
import { type Checker, type Violation, violation } from './verdict.ts';

/** Rows acknowledged so lately may not have been seen yet, ms: the low-water mark stays 15 s behind. */
const UNSEEN_MS = 15_000;

/** No job is behind the mark that is neither over, nor led on by a pointer beyond it, nor named. */
const markPassesNothing = (history: History): Violation | null => {
  const byBucket = new Map<Bucket, Timeline[]>();
  for (const timeline of timelinesOf(history).values()) {
    const bucket = jobBucket(timeline.id);
    const list = byBucket.get(bucket);
    if (list === undefined) byBucket.set(bucket, [timeline]);
    else list.push(timeline);
  }
  const newest = new Newest(history);
  for (const checkpoint of history.of('checkpoint')) {
    const { bucket, token, lowWaterMs } = checkpoint.given;
    // A zombie's checkpoint has a lower token: nobody reads it.
    if ((newest.before(bucketLockName(bucket), checkpoint.start)?.token ?? token) > token) continue;
    const named = namesOf(checkpoint.given);
    for (const timeline of byBucket.get(bucket) ?? []) {
      const passed = passedOver(timeline, checkpoint, named);
      if (passed !== null) {
        const behindMs = lowWaterMs - passed.placeMs;
        return violation(
          `the low-water mark of bucket ${bucket} is ${behindMs} ms past job ${timeline.id}: ${passed.state}`,
          ...passed.operations,
          checkpoint,
        );
      }
    }
  }
  return null;
};

const passedOver = (
  { id, submitted, attempts, pointers }: Timeline,
  checkpoint: Operation<'checkpoint'>,
  named: ReadonlySet<JobId>,
): { readonly placeMs: number; readonly state: string; readonly operations: readonly Operation[] } | null => {
  const { lowWaterMs } = checkpoint.given;
  const [submit] = submitted;
  if (submit === undefined || submit.end > checkpoint.start || named.has(id)) return null;
  if (submit.endMs > checkpoint.startMs - UNSEEN_MS && attempts.length === 0) return null;
  if (jobDueMs(id) >= lowWaterMs) return null;
  const written = attempts.filter(({ append }) => append.start < checkpoint.start);
  if (written.some(({ row }) => isTerminal(row.state))) return null;
  const places = pointers.filter(({ append }) => append.start < checkpoint.start).map(({ row }) => row.dueMs);
  const placeMs = Math.max(jobDueMs(id), ...places);
  if (placeMs >= lowWaterMs) return null;
  const last = written.at(-1);
  const operations = [submit as Operation, ...(last === undefined ? [] : [last.append as Operation])];
  return { placeMs, state: last?.row.state ?? 'never attempted', operations };
};

/** Slots are closed as time goes on: an owner that stays does not fall behind, however much was done. */
const BEHIND_MAX_SLOTS = 10;
const lookingStaysCheap = (history: History): Violation | null => {
  const last = new Map<Bucket, Operation<'checkpoint'>>();
  for (const checkpoint of history.of('checkpoint')) {
    if (checkpoint.startMs > history.healedMs) last.set(checkpoint.given.bucket, checkpoint);
  }
  for (const checkpoint of last.values()) {
    const behindMs = history.startWallMs + checkpoint.startMs - checkpoint.given.lowWaterMs;
    const isIdle = checkpoint.given.exceptions.length + checkpoint.given.inFlight.length === 0;
    if (isIdle && behindMs > BEHIND_MAX_SLOTS * SLOT_MS) {
      return violation(`bucket ${checkpoint.given.bucket} is still ${Math.round(behindMs)} ms behind`, checkpoint);
    }
  }
  return null;
};

const checkpoints = (history: History): number => history.of('checkpoint').length;

export const PROGRESS_CHECKERS: readonly Checker[] = [
  {
    invariant: 'I6',
    claim: 'the low-water mark passes nothing unfinished',
    subjects: checkpoints,
    subjectsMin: 10,
    check: markPassesNothing,
  },
  {
    invariant: 'I10',
    claim: 'an owner does not fall behind however much was done',
    subjects: checkpoints,
    subjectsMin: 10,
    check: lookingStaysCheap,
  },
];
