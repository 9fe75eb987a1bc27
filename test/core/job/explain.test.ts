// Why a job is where it is: one sentence for each situation.
import { expect, test } from 'vitest';
import { explain } from '../../../src/core/job/explain.ts';
import { attemptRow, checkpointRow, jobRow, memberRow, sessionRow } from '../../support/rows.ts';

const NOW = Date.UTC(2027, 0, 1);
const session = sessionRow();
const owner = memberRow('w1', { session: session.id });
const facts = (dueMs: number, more: Partial<Parameters<typeof explain>[0]> = {}) => {
  const job = jobRow({ dueMs }, { spec: { maxAttempts: 3 } });
  return { nowMs: NOW, job, truth: undefined, session, owner, checkpoint: null, ...more };
};
const truth = (fields: Parameters<typeof attemptRow>[1]) =>
  attemptRow(jobRow({ dueMs: NOW }), { startedMs: NOW, ...fields });
const said = (given: Parameters<typeof explain>[0]): string => {
  const { reasons, hints } = explain(given);
  return [...reasons, ...hints].join('; ');
};

test('waiting for its time', () => {
  expect(said(facts(NOW + 90_000))).toMatch(
    /it is due at 2027-01-01T00:01:30.000Z, in 90.0 s; run it now with `jobctl job retry/,
  );
  const retrying = truth({ state: 'retrying', attempt: 2, error: 'no', nextDueMs: NOW + 5_000 });
  expect(said(facts(NOW, { truth: retrying }))).toMatch(/due again at .*, in 5.0 s; attempt 2 of 3 ended retrying: no/);
});

test('due, but held up', () => {
  const due = NOW - 30_000;
  expect(said(facts(due, { session: null, owner: null }))).toMatch(
    /\(30.0 s\), but no worker owns its bucket 3; start one/,
  );
  expect(said(facts(due, { owner: { ...owner, types: ['x'] } }))).toMatch(
    /w1, which owns its bucket 3, has no handler for "noop"; it handles x/,
  );
  expect(said(facts(due, { owner: { ...owner, running: 4 } }))).toMatch(
    /w1 runs 4 jobs, as many as it may; start another worker/,
  );
  const checkpoint = checkpointRow({ lowWaterMs: NOW - 120_000 });
  expect(said(facts(due, { checkpoint }))).toMatch(/w1 is behind/);
  expect(said(facts(NOW - 100))).toMatch(/w1 is about to start it/);
});

test('running, here or with a worker that has lost the bucket', () => {
  const running = truth({ state: 'running', worker: 'w1' });
  expect(explain(facts(NOW, { truth: running })).reasons).toEqual([
    'attempt 1 runs on w1 since 2027-01-01T00:00:00.000Z',
  ]);
  expect(said(facts(NOW, { truth: { ...running, worker: 'w0' } }))).toMatch(/w0 .*does not own the bucket any more/);
});

test('ended', () => {
  const ended = (state: 'succeeded' | 'failed' | 'cancelled' | 'dead') =>
    said(facts(NOW, { truth: truth({ state, endedMs: NOW, error: state === 'succeeded' ? null : 'no' }) }));
  expect(ended('succeeded')).toBe('it succeeded at attempt 1 on w1');
  expect(ended('failed')).toMatch(/was not to be retried: no; run it again with `jobctl job retry/);
  expect(ended('cancelled')).toMatch(/cancelled at 2027/);
  expect(ended('dead')).toMatch(/used up its 3 attempts; the last error: no; run it again with `jobctl dlq retry/);
});
