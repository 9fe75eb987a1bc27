// The account of a job's attempts: an attempt with two rows is one attempt, an order is none.
import { expect, test } from 'vitest';
import { attemptViews, historyViews } from '../../../src/core/job/view.ts';
import { attemptRow, fenceOf, jobRow } from '../../support/rows.ts';

const job = jobRow({ dueMs: 1_000 });
const row = (token: number, sequence: number, fields: Parameters<typeof attemptRow>[1]) =>
  attemptRow(job, { fence: fenceOf(token, sequence), startedMs: 2_000, endedMs: 3_000, ...fields });
const shown = (rows: readonly ReturnType<typeof row>[]) =>
  attemptViews([...rows].reverse()).map(({ number, state }) => [number, state]);

test('a lost attempt shows once', () => {
  const running = row(1, 1, { state: 'running', endedMs: null });
  const lost = row(2, 2, { state: 'lost' });
  const again = row(2, 3, { attempt: 2, state: 'succeeded', worker: 'w2', startedMs: 4_000 });
  expect(shown([running, lost, again])).toEqual([
    [1, 'lost'],
    [2, 'succeeded'],
  ]);
});

test('an outcome that came after that is shown as rejected', () => {
  const late = row(1, 1, { state: 'succeeded' });
  const lost = row(2, 2, { state: 'lost' });
  expect(shown([late, lost])).toEqual([
    [1, 'rejected'],
    [1, 'lost'],
  ]);
});

test('cancelling and rescheduling what does not run is no attempt', () => {
  const failed = row(1, 1, { state: 'retrying' });
  const moved = row(1, 2, { state: 'rescheduled', startedMs: 5_000, endedMs: 5_000 });
  const cancelled = row(1, 3, { state: 'cancelled', startedMs: 6_000, endedMs: 6_000 });
  expect(shown([failed, moved, cancelled])).toEqual([[1, 'retrying']]);
  expect(historyViews([cancelled, moved, failed]).map(({ state }) => state)).toEqual([
    'retrying',
    'rescheduled',
    'cancelled',
  ]);
  expect(shown([row(1, 1, { attempt: 0, state: 'cancelled', startedMs: 1, endedMs: 1 })])).toEqual([]);
  expect(shown([row(1, 1, { state: 'cancelled' })])).toEqual([[1, 'cancelled']]);
});
