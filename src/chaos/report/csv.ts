// The report of a run as a table: a row for each fault and invariant, to be collected over many runs.
import { csvText } from '../../core/model/csv.ts';
import type { History, Operation } from '../history/history.ts';
import type { RunRecord } from '../run/record.ts';
import type { RunVerdict } from '../run/verdict.ts';

const COLUMNS = [
  ...['run_id', 'seed', 'fault', 'target', 't_inject', 't_heal', 't_recovered', 'recovery_s', 'failover_s'],
  ...['avail_pct_before', 'avail_pct_during', 'avail_pct_after', 'p99_before', 'p99_during', 'p99_after'],
  ...['ops', 'info_ops', 'invariant', 'verdict', 'violations', 'first_violation_op', 'method', 'capability', 'heal_ok'],
] as const;
type Column = (typeof COLUMNS)[number];
type Row = Readonly<Record<Column, string>>;

/** A percentile of fewer says nothing. */
const P99_MIN = 1_000;
const MS_PER_SECOND = 1_000;

/** Times in seconds of the run, latencies in ms. */
export const reportCsv = (record: RunRecord, history: History, verdict: RunVerdict): string => {
  const faults = history.of('fault');
  const rows = faults.flatMap((fault) =>
    verdict.invariants.map((invariant) => rowOf(record, history, fault, invariant)),
  );
  return csvText([COLUMNS, ...rows.map((row) => COLUMNS.map((column) => row[column]))]);
};

const rowOf = (
  { run, seed, operations }: RunRecord,
  history: History,
  fault: Operation<'fault'>,
  { id, verdict, operations: shown }: RunVerdict['invariants'][number],
): Row => {
  const submits = history.of('submit');
  const before = submits.filter(({ startMs }) => startMs < fault.startMs);
  const during = submits.filter(({ startMs }) => startMs >= fault.startMs && startMs < fault.endMs);
  const after = submits.filter(({ startMs }) => startMs >= history.healedMs);
  const firstOk = (from: number): number | undefined =>
    submits
      .filter(({ outcome, startMs }) => outcome === 'ok' && startMs >= from)
      .toSorted((a, b) => a.endMs - b.endMs)[0]?.endMs;
  const recovered = firstOk(history.healedMs);
  const failover = firstOk(fault.startMs);
  const isSeen = history
    .of('seen')
    .some(({ given }) => given.kind === fault.given.kind && given.about === fault.given.about);
  return {
    ...{ run_id: run, seed: String(seed), fault: fault.given.kind, target: fault.given.about },
    ...{ t_inject: seconds(fault.startMs), t_heal: seconds(history.healedMs), t_recovered: seconds(recovered) },
    recovery_s: recovered === undefined ? '' : seconds(recovered - history.healedMs),
    failover_s: failover === undefined ? '' : seconds(failover - fault.startMs),
    ...{ avail_pct_before: share(before), avail_pct_during: share(during), avail_pct_after: share(after) },
    ...{ p99_before: p99(before), p99_during: p99(during), p99_after: p99(after), ops: String(operations) },
    info_ops: String(history.operations.filter(({ outcome }) => outcome === 'info').length),
    ...{
      invariant: id,
      verdict,
      violations: verdict === 'violated' ? '1' : '0',
      first_violation_op: shown[0]?.text ?? '',
    },
    ...{
      method: fault.given.kind,
      capability: isSeen ? 'in effect' : 'not seen',
      heal_ok: String(Number.isFinite(history.healedMs)),
    },
  };
};

const seconds = (ms: number | undefined): string =>
  ms === undefined || !Number.isFinite(ms) ? '' : (ms / MS_PER_SECOND).toFixed(3);

const share = (submits: readonly Operation<'submit'>[]): string =>
  submits.length === 0
    ? ''
    : ((100 * submits.filter(({ outcome }) => outcome === 'ok').length) / submits.length).toFixed(2);

const p99 = (submits: readonly Operation<'submit'>[]): string => {
  if (submits.length < P99_MIN) return '';
  const sorted = submits.map(({ startMs, endMs }) => endMs - startMs).toSorted((left, right) => left - right);
  return (sorted[Math.floor(sorted.length * 0.99)] ?? 0).toFixed(1);
};
