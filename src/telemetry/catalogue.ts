// Every metric as data: what it is called, what it means, which labels it has. Never a label: an id, a user's text.

/** Upper bounds, s. Fractional at the SLO (2.5), since an integer bound is written differently by newer Prometheus. */
const LAG_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900];
const RUN_BOUNDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
const STORE_BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface MetricDefinition {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Of a histogram, s. */
  readonly bounds?: readonly number[];
}

export const CATALOGUE = {
  jobctl_build_info: { kind: 'gauge', help: 'What runs here; always 1.', labels: ['version', 'role'] },
  jobctl_jobs_submitted_total: {
    kind: 'counter',
    help: 'Jobs submitted by this process: accepted, or duplicate by their idempotency key.',
    labels: ['result'],
  },
  jobctl_http_requests_total: {
    kind: 'counter',
    help: 'Requests to the API that were answered.',
    labels: ['route', 'method', 'code_class'],
  },
  jobctl_http_request_duration_seconds: {
    kind: 'histogram',
    help: 'From the arrival of a request until its answer was sent.',
    labels: ['route', 'method'],
    bounds: STORE_BOUNDS,
  },
  jobctl_cron_fires_total: {
    kind: 'counter',
    help: 'Slots of schedules that this process decided: fired, skipped or missed.',
    labels: ['result'],
  },
  jobctl_cron_fire_lag_seconds: {
    kind: 'histogram',
    help: 'From the time of a slot until its job was durable.',
    labels: [],
    bounds: LAG_BOUNDS,
  },
  jobctl_job_starts_total: { kind: 'counter', help: 'Attempts started.', labels: [] },
  jobctl_schedule_lag_seconds: {
    kind: 'histogram',
    help: 'From the time a job was due to the start of its attempt.',
    labels: [],
    bounds: LAG_BOUNDS,
  },
  jobctl_job_attempts_total: { kind: 'counter', help: 'Attempts recorded, by what came of them.', labels: ['outcome'] },
  jobctl_job_run_duration_seconds: {
    kind: 'histogram',
    help: 'From the start of an attempt to its end.',
    labels: [],
    bounds: RUN_BOUNDS,
  },
  jobctl_job_retries_total: {
    kind: 'counter',
    help: 'Attempts that will be followed by another one.',
    labels: ['reason'],
  },
  jobctl_jobs_dead_lettered_total: { kind: 'counter', help: 'Jobs that used up their attempts.', labels: [] },
  jobctl_jobs_dropped_total: {
    kind: 'counter',
    help: 'Attempts given up because the session ended; the next owner decides about their jobs.',
    labels: [],
  },
  jobctl_claims_total: { kind: 'counter', help: 'Attempts claimed, by bucket.', labels: ['bucket'] },
  jobctl_claim_duration_seconds: {
    kind: 'histogram',
    help: 'Time until a batch of claims was durable.',
    labels: [],
    bounds: STORE_BOUNDS,
  },
  jobctl_bucket_owned: { kind: 'gauge', help: '1 while this process owns the bucket.', labels: ['bucket'] },
  jobctl_takeover_lost_total: { kind: 'counter', help: 'Attempts declared lost at a takeover.', labels: [] },
  jobctl_late_rows_total: {
    kind: 'counter',
    help: 'Rows that only the look after the end of their slot found; at the audit it should stay 0.',
    labels: ['step'],
  },
  jobctl_slots_purged_total: { kind: 'counter', help: 'Slots deleted after their retention.', labels: [] },
  jobctl_lock_ops_total: { kind: 'counter', help: 'Locks acquired and released.', labels: ['op', 'lock_class'] },
  jobctl_sessions_total: { kind: 'counter', help: 'Sessions opened, ended, and ended for others.', labels: ['op'] },
  jobctl_fencing_rejections_total: {
    kind: 'counter',
    help: 'Rows of a stale owner that were dropped: safety held, but somebody was stale.',
    labels: ['resource'],
  },
  jobctl_store_ops_total: { kind: 'counter', help: 'Calls to the store.', labels: ['op', 'result'] },
  jobctl_store_op_duration_seconds: {
    kind: 'histogram',
    help: 'Duration of calls to the store.',
    labels: ['op'],
    bounds: STORE_BOUNDS,
  },
  jobctl_store_clock_skew_seconds: { kind: 'gauge', help: "The store's clock less this machine's.", labels: [] },
  jobctl_loop_errors_total: {
    kind: 'counter',
    help: 'Rounds of a loop that failed and were repeated.',
    labels: ['loop'],
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export type MetricName = keyof typeof CATALOGUE;
