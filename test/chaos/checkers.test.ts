// Checkers are seen to fail without a run: small histories with one thing wrong, and what a checker says when a run shows
// nothing. (Whole runs with planted bugs: `npm run simulate -- --canaries`.)
import { expect, test } from 'vitest';
import { judgeAll } from '../../src/chaos/checkers/all.ts';
import type { Verdict } from '../../src/chaos/checkers/verdict.ts';
import { History, type LockTake } from '../../src/chaos/history/history.ts';
import type { FencingToken, SessionId } from '../../src/core/model/ids.ts';
import type { CasOutcome } from '../../src/core/model/lock.ts';
import { START_MS } from '../../src/sim/machine.ts';
import { attemptRow, fenceOf, jobRow, operationId, sessionRow } from '../support/rows.ts';

const emptyHistory = (): History => new History(START_MS, () => 0);
const verdictOf = (history: History, invariant: string): Verdict['verdict'] | undefined =>
  judgeAll(history).find((verdict) => verdict.invariant === invariant)?.verdict;

const take = (history: History, who: string, fields: Partial<LockTake>) => {
  const given = { name: 'user/0', expected: null, session: sessionRow().id, operationId: operationId(), ...fields };
  history.end(history.begin(who, 'lockTake', given), 'ok', 'applied');
  return given;
};
const token = (value: number): FencingToken => value as FencingToken;

test('a history of nothing is unknown, never held', () => {
  expect(judgeAll(emptyHistory()).filter(({ verdict }) => verdict === 'held')).toEqual([]);
});

test('a token granted twice violates L2, and L4 finds no order for it', () => {
  const history = emptyHistory();
  take(history, 'a', {});
  take(history, 'b', {});
  expect(verdictOf(history, 'L2')).toBe('violated');
  expect(verdictOf(history, 'L4')).toBe('violated');
});

test('acting after the next owner was granted the lock violates I1', () => {
  const history = emptyHistory();
  const first = take(history, 'a', {});
  const end = { id: first.session, beat: 0, operationId: operationId() };
  history.end(history.begin('b', 'sessionEnd', end), 'ok', 'applied');
  take(history, 'b', { expected: { token: token(1), session: first.session } });
  expect(verdictOf(history, 'I1')).not.toBe('violated');
  history.note('a', 'hold', { name: 'user/0', token: token(1) });
  expect(verdictOf(history, 'I1')).toBe('violated');
});

test('a lock taken from a session that nobody ended violates I1', () => {
  const history = emptyHistory();
  const first = take(history, 'a', {});
  take(history, 'b', { expected: { token: token(1), session: first.session } });
  expect(verdictOf(history, 'I1')).toBe('violated');
});

test('acting on a grant that was never confirmed violates I8', () => {
  const history = emptyHistory();
  const given = { name: 'user/0', expected: null, session: sessionRow().id, operationId: operationId() };
  history.end(history.begin('a', 'lockTake', given), 'info', 'unknown');
  history.note('a', 'hold', { name: 'user/0', token: token(1) });
  expect(verdictOf(history, 'I8')).toBe('violated');
});

/** b ends the session of a so long after it began, ms. */
const endedAfter = (ms: number, outcome: 'ok' | 'info', result: CasOutcome): History => {
  let nowMs = 0;
  const history = new History(START_MS, () => nowMs);
  history.effects = new Map([['pause', 1]]);
  const row = sessionRow();
  history.end(history.begin('a', 'sessionInsert', row), 'ok', 'applied');
  nowMs = ms;
  const end = { id: row.id as SessionId, beat: 0, operationId: operationId() };
  history.end(history.begin('b', 'sessionEnd', end), outcome, result);
  return history;
};

test('ending a session before its lease is over violates I7, also without an answer', () => {
  const { leaseMs } = sessionRow();
  expect(verdictOf(endedAfter(leaseMs - 1, 'ok', 'applied'), 'I7')).toBe('violated');
  expect(verdictOf(endedAfter(leaseMs - 1, 'info', 'unknown'), 'I7')).toBe('violated');
  expect(verdictOf(endedAfter(leaseMs + 1, 'ok', 'applied'), 'I7')).toBe('held');
  // The only one to end it had no answer; what it did has to be judged all the same (chaos: zombie-worker, after kill-node).
  expect(verdictOf(endedAfter(leaseMs + 1, 'info', 'unknown'), 'I7')).toBe('held');
  expect(verdictOf(endedAfter(leaseMs + 1, 'ok', 'refused'), 'I7')).toBe('unknown');
});

test('a resource that accepts a lower token violates F1, the same effect twice F2', () => {
  const history = emptyHistory();
  for (const value of [2, 1]) {
    history.end(history.begin('a', 'effect', { resource: 'r', token: value, once: 'x' }), 'ok', 'accepted');
  }
  expect(verdictOf(history, 'F1')).toBe('violated');
  expect(verdictOf(history, 'F2')).toBe('violated');
});

const submitted = (history: History) => {
  const job = jobRow({ dueMs: START_MS });
  const result = { id: job.jobId, dueMs: START_MS, duplicate: false };
  history.end(history.begin('s', 'submit', { tag: 't', key: null, dueMs: START_MS }), 'ok', result);
  return job;
};
const place = (job: ReturnType<typeof jobRow>) => ({
  bucket: 3 as never,
  slot: Math.floor(job.createdMs / 60_000) as never,
});

test('an acknowledged job without an outcome violates J1', () => {
  const history = emptyHistory();
  submitted(history);
  expect(verdictOf(history, 'J1')).toBe('violated');
});

test('a handler without an acknowledged attempt row violates I4; one for a job nobody submitted J2', () => {
  const history = emptyHistory();
  const job = jobRow({ dueMs: START_MS });
  const run = { id: job.jobId, tag: 'other', fence: fenceOf(1, 1), attempt: 1, maxAttempts: 1 };
  history.note('w', 'run', run);
  expect(verdictOf(history, 'I4')).toBe('violated');
  expect(verdictOf(history, 'J2')).toBe('violated');
});

test('a claim over a finished job violates I5; a retry without a pointer I3; an overwritten outcome I2', () => {
  const history = emptyHistory();
  const job = submitted(history);
  const write = (fields: Parameters<typeof attemptRow>[1]) => {
    const append = history.begin('w', 'append', { ...place(job), attempts: [attemptRow(job, fields)] });
    history.end(append, 'ok', null);
  };
  write({ fence: fenceOf(1, 1), state: 'running' });
  write({ fence: fenceOf(1, 1), state: 'succeeded' });
  write({ fence: fenceOf(1, 2), state: 'running' });
  write({ fence: fenceOf(1, 2), state: 'retrying', nextDueMs: START_MS });
  write({ fence: fenceOf(1, 1), state: 'failed' });
  for (const invariant of ['I5', 'I3', 'I2'])
    expect([invariant, verdictOf(history, invariant)]).toEqual([invariant, 'violated']);
});
