// Metrics, log lines and the little server, fed with every kind of event.
import { describe, expect, test } from 'vitest';
import { unavailableError } from '../../src/core/model/errors.ts';
import { type FencingToken, jobBucket } from '../../src/core/model/ids.ts';
import type { Event } from '../../src/core/ports/events.ts';
import { CATALOGUE, type MetricDefinition } from '../../src/telemetry/catalogue.ts';
import { fanOut } from '../../src/telemetry/fan-out.ts';
import { createLogSink, type LogLevel } from '../../src/telemetry/logs.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { startTelemetryServer } from '../../src/telemetry/server.ts';
import { RecordedEvents } from '../support/recorded-events.ts';
import { bucketOf, fenceOf, jobRow } from '../support/rows.ts';

const jobId = jobRow({ dueMs: 1_000 }).jobId;
const fence = fenceOf(1, 1);
const token = 4 as FencingToken;
const bucket = bucketOf(3);
const ended = { type: 'job.ended', jobId, jobType: 'exec', attempt: 1, fence, durationMs: 20 } as const;

const EVENTS: readonly Event[] = [
  { type: 'session.opened', session: 's' },
  { type: 'session.ended', session: 's', reason: 'drained' },
  { type: 'session.expired', session: 's' },
  { type: 'lock.acquired', name: 'bucket/0003', token },
  { type: 'lock.released', name: 'bucket/0003', token },
  { type: 'bucket.owned', bucket, token, lost: 2, durationMs: 5 },
  { type: 'bucket.left', bucket, reason: 'r' },
  { type: 'bucket.audited', bucket, slot: 7, found: 1, step: 'audit' },
  { type: 'bucket.purged', bucket, slot: 7 },
  { type: 'jobs.submitted', bucket, count: 10, durationMs: 3 },
  { type: 'slot.decided', schedule: 'nightly', slotMs: 0, state: 'fired', reason: null, lagMs: 12 },
  { type: 'slot.decided', schedule: 'nightly', slotMs: 0, state: 'missed', reason: 'nobody was there', lagMs: 0 },
  {
    ...{ type: 'api.requested', operation: 'jobCancel', method: 'POST', route: '/v1/jobs/{id}/cancel', isChange: true },
    ...{ subject: 'x', actor: 'ci', status: 409, error: null, requestId: 'r1', durationMs: 4 },
  },
  { type: 'job.duplicate', jobId },
  { type: 'jobs.claimed', bucket, count: 5, durationMs: 2 },
  { type: 'job.started', jobId, jobType: 'exec', attempt: 1, fence, lagMs: 30 },
  { type: 'job.log', jobId, attempt: 1, fence, message: 'hello', fields: { n: 1 } },
  { type: 'job.progress', jobId, attempt: 1, fence, value: 0.5 },
  { ...ended, state: 'succeeded', error: null, nextDueMs: null },
  { ...ended, state: 'retrying', error: 'no', nextDueMs: 5_000 },
  { ...ended, state: 'dead', error: 'no', nextDueMs: null },
  { type: 'job.dropped', jobId, fence, reason: 'r' },
  { type: 'pointer.ghost', jobId, fence, op: 'retry' },
  { type: 'loop.failed', loop: 'read', error: unavailableError('STORE_UNAVAILABLE', 'gone'), retryMs: 100 },
  { type: 'clock.skewed', offsetMs: -1_500 },
  { type: 'store.operation', operation: 'append', outcome: 'ok', durationMs: 1 },
  { type: 'store.operation', operation: 'append', outcome: 'error', durationMs: 1 },
];

describe('metrics', () => {
  test('count what happened', async () => {
    const metrics = createMetrics({ version: '1', role: 'worker' });
    for (const event of EVENTS) metrics.sink.emit(event);
    const text = await metrics.render();
    for (const line of [
      'jobctl_build_info{version="1",role="worker"} 1',
      'jobctl_jobs_submitted_total{result="accepted"} 10',
      'jobctl_jobs_submitted_total{result="duplicate"} 1',
      'jobctl_http_requests_total{route="/v1/jobs/{id}/cancel",method="POST",code_class="4xx"} 1',
      'jobctl_job_starts_total 1',
      'jobctl_schedule_lag_seconds_sum 0.03',
      'jobctl_job_attempts_total{outcome="success"} 1',
      'jobctl_job_attempts_total{outcome="failure"} 2',
      'jobctl_job_retries_total{reason="failure"} 1',
      'jobctl_jobs_dead_lettered_total 1',
      'jobctl_claims_total{bucket="3"} 5',
      'jobctl_bucket_owned{bucket="3"} 0',
      'jobctl_takeover_lost_total 2',
      'jobctl_late_rows_total{step="audit"} 1',
      'jobctl_lock_ops_total{op="released",lock_class="bucket"} 1',
      'jobctl_sessions_total{op="expired"} 1',
      'jobctl_fencing_rejections_total{resource="pointer"} 1',
      'jobctl_store_ops_total{op="append",result="error"} 1',
      'jobctl_store_clock_skew_seconds -1.5',
      'jobctl_loop_errors_total{loop="read"} 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).not.toContain(jobId);
  });

  test("a user's lock name is no label", async () => {
    const metrics = createMetrics({ version: '1', role: 'worker' });
    metrics.sink.emit({ type: 'lock.acquired', name: 'deploy-of-alice', token });
    const text = await metrics.render();
    expect(text).toContain('jobctl_lock_ops_total{op="acquired",lock_class="user"} 1');
    expect(text).not.toContain('alice');
  });

  test('the catalogue keeps the conventions', () => {
    for (const [name, { kind, help, labels, bounds }] of Object.entries<MetricDefinition>(CATALOGUE)) {
      expect(name).toMatch(/^jobctl_[a-z_]+$/);
      expect(name.endsWith('_total')).toBe(kind === 'counter');
      expect(help).toMatch(/^[A-Z1].*\.$/);
      expect(bounds !== undefined).toBe(kind === 'histogram');
      if (kind === 'histogram') expect(name).toMatch(/_seconds$/);
      for (const label of labels) expect(label).not.toMatch(/id$|job|key|session|worker/);
    }
  });
});

const IDENTITY = { service: 'jobctl-worker', role: 'worker', instance: 'w1', version: '1' };

describe('log lines', () => {
  const linesOf = (format: 'pretty' | 'json', level: LogLevel): readonly string[] => {
    let text = '';
    const sink = createLogSink({ format, level, identity: IDENTITY, write: (more) => (text += more) });
    for (const event of EVENTS) sink.emit(event);
    return text.trim().split('\n');
  };

  test('JSON: one object a line, with the correlation fields', () => {
    const lines = linesOf('json', 'debug').map((line) => JSON.parse(line) as Record<string, unknown>);
    const find = (event: string) => lines.find((line) => line.event === event);
    expect(find('job.ended')).toMatchObject({
      level: 'info',
      msg: 'attempt ended',
      service: 'jobctl-worker',
      instance: 'w1',
      job_id: jobId,
      attempt: 1,
      bucket: jobBucket(jobId),
      fencing_token: fence,
      duration_ms: 20,
    });
    expect(find('job.ended')?.ts).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(find('bucket.owned')).toMatchObject({ bucket: 3, fencing_token: 4 });
    expect(find('loop.failed')).toMatchObject({
      level: 'warn',
      err: { class: 'unavailable', code: 'STORE_UNAVAILABLE', message: 'gone' },
    });
    expect(lines.filter(({ event }) => event === 'store.operation')).toHaveLength(1);
  });

  test('the level filters', () => {
    const events = linesOf('json', 'warn').map((line) => (JSON.parse(line) as { readonly event: string }).event);
    expect(events).toContain('session.expired');
    expect(events).not.toContain('job.started');
    expect(events).not.toContain('session.opened');
  });

  test('a session that was lost is a warning, one that ended on purpose is not', () => {
    const warned: string[] = [];
    const sink = createLogSink({
      format: 'pretty',
      level: 'warn',
      identity: IDENTITY,
      write: (line) => warned.push(line),
    });
    for (const reason of ['drained', 'the lease ran out']) sink.emit({ type: 'session.ended', session: 's', reason });
    expect(warned).toEqual([expect.stringMatching(/^\S+ {2}session {4}ended: the lease ran out\n$/)]);
  });

  test('pretty: a line with the id to copy', () => {
    const lines = linesOf('pretty', 'info');
    expect(lines.some((line) => /^\d\d:\d\d:\d\d {2}succeeded {2}job\/\w{26} {2}exec {2}attempt 1$/.test(line))).toBe(
      true,
    );
    expect(lines.some((line) => line.includes('took over   bucket 3 with 2 lost attempts'))).toBe(true);
  });

  test('pretty: what a handler says stays one line and cannot command the terminal', () => {
    let text = '';
    const identity = { service: 's', role: 'r', instance: 'i', version: '1' };
    const sink = createLogSink({ format: 'pretty', level: 'info', identity, write: (more) => (text += more) });
    sink.emit({ type: 'job.log', jobId, attempt: 2, fence, message: 'a\nb\u001b[2J' });
    expect(text).toMatch(/^\S+ {2}log {8}job\/\w{26} {2}attempt 2 {2}a b \[2J\n$/);
  });
});

test('a sink that throws does not keep events from the others', () => {
  const events = new RecordedEvents();
  const sink = fanOut(
    {
      emit: () => {
        throw new Error('full');
      },
    },
    events,
  );
  sink.emit({ type: 'session.opened', session: 's' });
  expect(events.all).toEqual([{ type: 'session.opened', session: 's' }]);
});

test('the server answers /metrics, /healthz and /readyz', async () => {
  let ready = false;
  const metrics = createMetrics({ version: '1', role: 'worker' });
  const health = () => ({ ready, detail: { buckets: [1] } });
  await using server = await startTelemetryServer({ port: 0, metrics, health });
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  };
  expect(await get('/metrics')).toMatchObject({
    status: 200,
    type: expect.stringContaining('text/plain'),
    text: expect.stringContaining('jobctl_build_info'),
  });
  expect((await get('/healthz')).status).toBe(200);
  expect(await get('/readyz')).toMatchObject({ status: 503 });
  ready = true;
  expect(await get('/readyz')).toMatchObject({ status: 200, text: '{"ready":true,"buckets":[1]}\n' });
  expect((await get('/nowhere')).status).toBe(404);
  expect((await fetch(`http://127.0.0.1:${server.port}/metrics`, { method: 'POST' })).status).toBe(404);
  await expect(startTelemetryServer({ port: server.port, metrics, health })).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    exitCode: 2,
  });
});

test('a readiness that is no JSON is an answer, not the end of the process', async () => {
  const metrics = createMetrics({ version: '1', role: 'worker' });
  const health = () => ({ ready: true, detail: { running: 1n } });
  await using server = await startTelemetryServer({ port: 0, host: '127.0.0.1', metrics, health });
  expect((await fetch(`http://127.0.0.1:${server.port}/readyz`)).status).toBe(503);
  expect((await fetch(`http://127.0.0.1:${server.port}/healthz`)).status).toBe(200);
});

test('a process that cannot say whether it is ready is not ready', async () => {
  const metrics = createMetrics({ version: '1', role: 'worker' });
  const health = () => {
    throw new Error('no session');
  };
  await using server = await startTelemetryServer({ port: 0, metrics, health });
  const response = await fetch(`http://127.0.0.1:${server.port}/readyz`);
  expect(response.status).toBe(503);
  expect(await response.json()).toEqual({ ready: false, error: 'no session' });
});
