// The decision after an attempt, case by case.
import { expect, test } from 'vitest';
import { backoffMs, decide, type Ending } from '../../../src/core/job/transitions.ts';
import type { JobSpec } from '../../../src/core/model/job.ts';

const spec: JobSpec = { maxAttempts: 2, backoff: { kind: 'fixed', baseMs: 100, maxMs: 1_000, jitter: 0 } };
const after = (ending: Ending, attempt = 1, more: JobSpec = {}) =>
  decide({ spec: { ...spec, ...more }, attempt, ending, nowMs: 5_000, random: 0 });
const failed = { kind: 'failed', error: 'boom', retryable: true } as const;

test('a failure retries after its backoff until attempts are used up, then dies', () => {
  expect(after(failed)).toMatchObject({ state: 'retrying', nextDueMs: 5_100, error: 'boom' });
  expect(after({ ...failed, retryAfterMs: 700 })).toMatchObject({ state: 'retrying', nextDueMs: 5_700 });
  expect(after(failed, 2)).toMatchObject({ state: 'dead', error: 'boom' });
  expect(after({ ...failed, retryable: false })).toMatchObject({ state: 'failed' });
  expect(after({ kind: 'timed-out', afterMs: 9 })).toMatchObject({ state: 'retrying', error: 'timed out after 9 ms' });
});

test('a lost attempt counts, unless it must not be repeated', () => {
  const lost = { kind: 'lost', worker: 'w1' } as const;
  expect(after(lost)).toMatchObject({ state: 'lost', nextDueMs: 5_000 });
  expect(after(lost, 2)).toMatchObject({ state: 'dead' });
  expect(after(lost, 1, { onCrash: 'fail' })).toMatchObject({ state: 'failed' });
});

test('success, cancel, snooze and release', () => {
  expect(after({ kind: 'succeeded', result: '1' })).toEqual({ state: 'succeeded', result: '1' });
  expect(after({ kind: 'cancelled' })).toMatchObject({ state: 'cancelled' });
  expect(after({ kind: 'snoozed', delayMs: 30 })).toMatchObject({ state: 'snoozed', nextDueMs: 5_030 });
  expect(after({ kind: 'released' })).toMatchObject({ state: 'released', nextDueMs: 5_000 });
});

test('backoff grows by its kind up to its cap', () => {
  const wait = (kind: 'fixed' | 'linear' | 'exponential', attempt: number) =>
    backoffMs({ kind, baseMs: 100, maxMs: 350, jitter: 0.5 }, attempt, 0);
  expect([wait('fixed', 3), wait('linear', 3), wait('exponential', 2), wait('exponential', 9)]).toEqual([
    100, 300, 200, 350,
  ]);
});
