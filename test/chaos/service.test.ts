// A1-A3 and S2 are seen to fail, on small histories with one thing wrong; and what comes of them in the verdict of a run.
import { expect, test } from 'vitest';
import { History } from '../../src/chaos/history/history.ts';
import { judgeRun } from '../../src/chaos/run/verdict.ts';
import { attemptRow, jobRow } from '../support/rows.ts';

const START_MS = Date.UTC(2027, 0, 1);
const HEALED_MS = 20_000;

interface Shape {
  /** No submission succeeds from then until then, ms. */
  readonly away?: readonly [number, number];
  /** How long one takes after everything was mended, ms. */
  readonly afterMs?: number;
  /** When the last job is over, ms. */
  readonly lastMs?: number;
  readonly isSeen?: boolean;
}

/** A minute: one submission every 200 ms, a fault from 10 s to 20 s. */
const makeHistory = ({ away = [0, 0], afterMs = 5, lastMs = 61_000, isSeen = true }: Shape): History => {
  let nowMs = 0;
  const history = new History(START_MS, () => nowMs);
  history.promised = { unavailableMs: 5_000, recoveredMs: 10_000 };
  history.healedMs = HEALED_MS;
  const job = jobRow({ dueMs: START_MS });
  let fault: ReturnType<typeof history.begin<'fault'>> | null = null;
  for (let atMs = 0; atMs < 60_000; atMs += 200) {
    nowMs = atMs;
    if (atMs === 10_000) {
      fault = history.begin('nemesis', 'fault', { kind: 'kill-node', about: 'n1' });
      if (isSeen) history.note('nemesis', 'seen', { kind: 'kill-node', about: 'n1', what: 'it is down' });
    }
    if (atMs === HEALED_MS && fault !== null) history.end(fault, 'ok', null);
    const submit = history.begin('s', 'submit', { tag: String(atMs), key: null, dueMs: START_MS + atMs });
    nowMs += atMs >= HEALED_MS ? afterMs : 5;
    if (atMs >= away[0] && atMs < away[1]) history.end(submit, 'info', null);
    else history.end(submit, 'ok', { id: job.jobId, dueMs: START_MS, duplicate: false });
  }
  nowMs = lastMs;
  const { bucket, slot } = { bucket: 0 as never, slot: 0 as never };
  const attempts = [attemptRow(job, { state: 'succeeded' })];
  history.end(history.begin('w', 'append', { bucket, slot, attempts }), 'ok', null);
  history.effects = new Map(isSeen ? [['kill-node', 1]] : []);
  return history;
};

const verdictOf = (shape: Shape, id: string): string | undefined =>
  judgeRun(makeHistory(shape), { invariants: [] }).invariants.find((each) => each.id === id)?.verdict;

test('a run in which all is well holds them', () => {
  for (const id of ['A1', 'A2', 'A3', 'S2']) expect(verdictOf({}, id), id).toBe('held');
});

test('six seconds without a submission that succeeds violate A1, where five are promised', () => {
  expect(verdictOf({ away: [12_000, 16_000] }, 'A1')).toBe('held');
  expect(verdictOf({ away: [12_000, 18_000] }, 'A1')).toBe('violated');
});

test('clients that are answered a hundred times more slowly after the fault violate A2', () => {
  expect(verdictOf({ afterMs: 190 }, 'A2')).toBe('held');
  expect(verdictOf({ afterMs: 500 }, 'A2')).toBe('violated');
  expect(verdictOf({ away: [20_000, 31_000] }, 'A2')).toBe('violated');
});

test('a job that is over only long after all were due violates A3', () => {
  expect(verdictOf({ lastMs: 75_000 }, 'A3')).toBe('violated');
});

test('a fault that nobody saw shows nothing: unknown, never held, and no violation either', () => {
  expect(verdictOf({ isSeen: false }, 'S2')).toBe('unknown');
  expect(judgeRun(new History(START_MS, () => 0), { invariants: ['A1'] })).toMatchObject({ verdict: 'unknown' });
});
