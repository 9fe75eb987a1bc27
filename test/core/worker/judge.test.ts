// What is done about a pointer: only what was ordered against the present truth is obeyed (I5).
import { expect, test } from 'vitest';
import { NO_FENCE } from '../../../src/core/model/ids.ts';
import { ATTEMPT_STATES, type AttemptState, type PointerOp } from '../../../src/core/model/job.ts';
import { judgePointer } from '../../../src/core/worker/judge.ts';
import { attemptRow, fenceOf, jobRow, pointerRow } from '../../support/rows.ts';

const job = jobRow({ dueMs: 1_000 });
const truth = (state: AttemptState, fence = fenceOf(2, 5)) => attemptRow(job, { state, fence });
const pointer = (op: PointerOp, fence = fenceOf(2, 5)) => pointerRow(job, 2_000, { op, fence, targetMs: 9_000 });
const statesFor = (op: PointerOp, kind: string): readonly string[] =>
  ATTEMPT_STATES.filter((state) => judgePointer(pointer(op), truth(state)).kind === kind);

test('each order is obeyed in the states that it is for', () => {
  expect(statesFor('retry', 'run')).toEqual(['retrying', 'lost', 'snoozed', 'released', 'rescheduled']);
  expect(statesFor('cancel', 'cancel')).toEqual(['running', 'retrying', 'lost', 'snoozed', 'released', 'rescheduled']);
  expect(statesFor('replay', 'replay')).toEqual(['failed', 'cancelled', 'dead']);
  expect(statesFor('reschedule', 'reschedule')).toEqual(['retrying', 'lost', 'snoozed', 'released', 'rescheduled']);
  expect(statesFor('late', 'ignore')).toEqual(ATTEMPT_STATES);
  expect(statesFor('marker', 'pass-over')).toEqual(ATTEMPT_STATES);
});

test('without any attempt: late runs, cancel and reschedule are obeyed if they were ordered so', () => {
  expect(judgePointer(pointer('late', NO_FENCE), undefined)).toEqual({ kind: 'run' });
  expect(judgePointer(pointer('cancel', NO_FENCE), undefined)).toEqual({ kind: 'cancel' });
  expect(judgePointer(pointer('reschedule', NO_FENCE), undefined)).toEqual({ kind: 'reschedule', targetMs: 9_000 });
  expect(judgePointer(pointer('cancel'), undefined)).toEqual({ kind: 'ignore' });
  expect(judgePointer(pointer('replay', NO_FENCE), undefined)).toEqual({ kind: 'ignore' });
});

test('nothing is obeyed against another truth, newer or older', () => {
  for (const fence of [fenceOf(2, 4), fenceOf(2, 6), fenceOf(1, 5), fenceOf(3, 1)]) {
    for (const op of ['retry', 'cancel', 'replay', 'reschedule'] as const) {
      for (const state of ATTEMPT_STATES) {
        expect(['ignore', 'ghost']).toContain(judgePointer(pointer(op, fence), truth(state)).kind);
      }
    }
  }
});

test('a ghost is a retry whose truth never came; a consumed pointer is none', () => {
  expect(judgePointer(pointer('retry', fenceOf(2, 6)), truth('succeeded')).kind).toBe('ghost');
  expect(judgePointer(pointer('retry'), undefined).kind).toBe('ghost');
  expect(judgePointer(pointer('retry', fenceOf(1, 4)), truth('lost')).kind).toBe('ghost');
  expect(judgePointer(pointer('retry', fenceOf(1, 4)), truth('running')).kind).toBe('ignore');
});
