// Counts events for Prometheus. The catalogue says which metrics there are; the table below, which event moves which.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { AttemptState } from '../core/model/job.ts';
import type { Event, EventSink } from '../core/ports/events.ts';
import { CATALOGUE, type MetricDefinition, type MetricName } from './catalogue.ts';

export interface Metrics {
  readonly sink: EventSink;
  readonly contentType: string;
  /** The exposition text. */
  render(): Promise<string>;
}

/** How often the event loop's lag is measured, ms; the least that it shows. Each look wakes a worker with nothing to do. */
const EVENT_LOOP_LOOK_MS = 100;

export const createMetrics = (identity: { readonly version: string; readonly role: string }): Metrics => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_LOOK_MS });
  const instruments = createInstruments(registry);
  instruments.set('jobctl_build_info', 1, identity.version, identity.role);
  return {
    sink: { emit: (event) => (COUNTING[event.type] as (event: Event, to: Instruments) => void)(event, instruments) },
    contentType: registry.contentType,
    render: () => registry.metrics(),
  };
};

interface Instruments {
  readonly add: (name: MetricName, amount: number, ...labels: readonly string[]) => void;
  readonly set: (name: MetricName, value: number, ...labels: readonly string[]) => void;
  readonly observe: (name: MetricName, seconds: number, ...labels: readonly string[]) => void;
}

const S = 1_000;

type Counting = { readonly [Type in Event['type']]: (event: Extract<Event, { type: Type }>, to: Instruments) => void };

/** Locks are named `class/rest`. A class of its own per user's name would be a series per name. */
const LOCK_CLASSES: ReadonlySet<string> = new Set(['bucket', 'cron']);
const lockClass = (name: string): string => {
  const [first = ''] = name.split('/', 1);
  return LOCK_CLASSES.has(first) ? first : 'user';
};

const lockOperation = ({ type, name }: { readonly type: string; readonly name: string }, { add }: Instruments): void =>
  add('jobctl_lock_ops_total', 1, type.slice('lock.'.length), lockClass(name));
const sessionOperation = ({ type }: { readonly type: string }, { add }: Instruments): void =>
  add('jobctl_sessions_total', 1, type.slice('session.'.length));
const nothing = (): void => {};

const COUNTING: Counting = {
  'jobs.submitted': (event, { add }) => add('jobctl_jobs_submitted_total', event.count, 'accepted'),
  'job.duplicate': (_event, { add }) => add('jobctl_jobs_submitted_total', 1, 'duplicate'),
  'jobs.claimed': (event, { add, observe }) => {
    add('jobctl_claims_total', event.count, String(event.bucket));
    observe('jobctl_claim_duration_seconds', event.durationMs / S);
  },
  'job.started': (event, { add, observe }) => {
    add('jobctl_job_starts_total', 1);
    observe('jobctl_schedule_lag_seconds', event.lagMs / S);
  },
  'job.ended': (event, { add, observe }) => {
    add('jobctl_job_attempts_total', 1, OUTCOMES[event.state]);
    observe('jobctl_job_run_duration_seconds', event.durationMs / S);
    if (event.nextDueMs !== null) add('jobctl_job_retries_total', 1, OUTCOMES[event.state]);
    if (event.state === 'dead') add('jobctl_jobs_dead_lettered_total', 1);
  },
  'job.dropped': (_event, { add }) => add('jobctl_jobs_dropped_total', 1),
  'job.log': nothing,
  'job.progress': nothing,
  'store.operation': (event, { add, observe }) => {
    add('jobctl_store_ops_total', 1, event.operation, event.outcome);
    observe('jobctl_store_op_duration_seconds', event.durationMs / S, event.operation);
  },
  'bucket.owned': (event, { add, set }) => {
    set('jobctl_bucket_owned', 1, String(event.bucket));
    add('jobctl_takeover_lost_total', event.lost);
  },
  'bucket.left': (event, { set }) => set('jobctl_bucket_owned', 0, String(event.bucket)),
  'bucket.audited': (event, { add }) => add('jobctl_late_rows_total', event.found, event.step),
  'bucket.purged': (_event, { add }) => add('jobctl_slots_purged_total', 1),
  'slot.decided': (event, { add, observe }) => {
    add('jobctl_cron_fires_total', 1, event.state);
    if (event.state === 'fired') observe('jobctl_cron_fire_lag_seconds', event.lagMs / S);
  },
  'api.requested': (event, { add, observe }) => {
    add('jobctl_http_requests_total', 1, event.route, event.method, `${Math.floor(event.status / 100)}xx`);
    observe('jobctl_http_request_duration_seconds', event.durationMs / S, event.route, event.method);
  },
  'lock.acquired': lockOperation,
  'lock.released': lockOperation,
  'session.opened': sessionOperation,
  'session.ended': sessionOperation,
  'session.expired': sessionOperation,
  'pointer.ghost': (_event, { add }) => add('jobctl_fencing_rejections_total', 1, 'pointer'),
  'clock.skewed': (event, { set }) => set('jobctl_store_clock_skew_seconds', event.offsetMs / S),
  'loop.failed': (event, { add }) => add('jobctl_loop_errors_total', 1, event.loop),
};

const OUTCOMES: Readonly<Record<AttemptState, string>> = {
  running: 'running',
  succeeded: 'success',
  failed: 'failure',
  retrying: 'failure',
  dead: 'failure',
  cancelled: 'cancelled',
  lost: 'lost',
  snoozed: 'snoozed',
  released: 'released',
  rescheduled: 'rescheduled',
};

/** Children by label values are kept: looking one up costs more than counting. */
const createInstruments = (registry: Registry): Instruments => {
  const counters = new Map<string, Pick<Counter, 'inc'>>();
  const gauges = new Map<string, Pick<Gauge, 'set'>>();
  const histograms = new Map<string, Pick<Histogram, 'observe'>>();
  const metrics = new Map(
    Object.entries<MetricDefinition>(CATALOGUE).map(([name, definition]) => [name, create(registry, name, definition)]),
  );
  const child = <Child>(children: Map<string, Child>, name: MetricName, labels: readonly string[]): Child => {
    const key = labels.length === 0 ? name : `${name} ${labels.join(' ')}`;
    let found = children.get(key);
    if (found === undefined) {
      found = (metrics.get(name) as unknown as { labels(...values: readonly string[]): Child }).labels(...labels);
      children.set(key, found);
    }
    return found;
  };
  return {
    add: (name, amount, ...labels) => child(counters, name, labels).inc(amount),
    set: (name, value, ...labels) => child(gauges, name, labels).set(value),
    observe: (name, seconds, ...labels) => child(histograms, name, labels).observe(seconds),
  };
};

const create = (registry: Registry, name: string, { kind, help, labels, bounds }: MetricDefinition) => {
  const configuration = { name, help, labelNames: [...labels], registers: [registry] };
  if (kind === 'counter') return new Counter(configuration);
  if (kind === 'gauge') return new Gauge(configuration);
  return new Histogram({ ...configuration, buckets: [...(bounds ?? [])] });
};
