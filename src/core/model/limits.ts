// Every limit of the system, with its unit and its reason. A value outside one gets a clear error that names it.

/** Largest payload, bytes of UTF-8. A batch of rows must stay far below Cassandra's 16 MiB frame. */
export const PAYLOAD_BYTES_MAX = 64 * 1024;
/** Deepest nesting of a payload: writing JSON needs a stack for it, in every program that reads the job. */
export const PAYLOAD_DEPTH_MAX = 200;
/** Largest kept result, bytes of UTF-8; a longer one is cut and says so. */
export const RESULT_BYTES_MAX = 64 * 1024;
/** Largest kept error text, characters. */
export const ERROR_CHARACTERS_MAX = 4_096;
/** Largest idempotency or partition key, characters. */
export const KEY_CHARACTERS_MAX = 512;
/** Largest job type, characters. */
export const TYPE_CHARACTERS_MAX = 128;
/** Rows of one mutation. Keeps a transaction or batch short (embedded: under 10 ms). */
export const MUTATION_ROWS_MAX = 500;
/** Payload bytes of one mutation: Cassandra warns about batches by size. */
export const MUTATION_BYTES_MAX = 512 * 1024;
/** Unfinished jobs a checkpoint may name so that the low-water mark can pass them. */
export const EXCEPTIONS_MAX = 1_000;
/** Rows of one page of a list, for people and programs. */
export const LIST_ROWS_MAX = 1_000;
export const LIST_ROWS_DEFAULT = 50;
/** Rows a scan or page reads at once. */
export const PAGE_ROWS = 500;
/** Attempts of one job, all kinds. */
export const ATTEMPTS_MAX = 1_000;
/** Farthest a job may be scheduled ahead, ms: 10 years. */
export const DELAY_MAX_MS = 10 * 365 * 24 * 3_600_000;
/** How long an idempotency key answers `duplicate`, ms: one day. */
export const KEY_TTL_MS = 24 * 3_600_000;
/** Days a dead letter is listed and kept. */
export const DEAD_LETTER_DAYS_MAX = 90;
/** Shards of one day of dead letters: bounds a partition. */
export const DEAD_LETTER_SHARDS = 4;
/** Pins and drains of one store: every worker reads them all, three times a lease. */
export const PLACEMENTS_MAX = 1_000;
/** Longest reason of a pin or a drain, characters. */
export const PLACEMENT_REASON_CHARACTERS_MAX = 500;
/** Shortest lease, ms: it is renewed every third of it, and a shorter one would end at every hiccup of the machine or store. */
export const LEASE_MIN_MS = 1_000;
/** Longest lease of a user's lock, ms: a holder that crashed blocks the lock for so long. */
export const LOCK_LEASE_MAX_MS = 24 * 3_600_000;
/** How long one is acquired for unless told otherwise, ms. */
export const LOCK_LEASE_DEFAULT_MS = 60_000;
/** Schedules of one store, for each of its buckets: their owner keeps them in memory. */
export const SCHEDULES_PER_SHARD_MAX = 10_000;
/** Runs of schedules are kept so long, ms. */
export const RUNS_KEPT_MS = 90 * 24 * 3_600_000;
/** Jobs of one schedule that may run at once, and slots of it that may wait for each other. */
export const OVERLAP_COUNT_MAX = 100;
/** What a schedule was before its changes is kept so long, ms. */
export const SCHEDULE_VERSIONS_KEPT_MS = 365 * 24 * 3_600_000;
/** Former versions of a schedule listed at once. */
export const SCHEDULE_VERSIONS_MAX = 1_000;
/** Longest wait of a request to the API, ms: shorter than the time-outs of most proxies. */
export const REQUEST_WAIT_MAX_MS = 55_000;
/** Jobs and schedules that one stream of events is about. */
export const EVENT_SUBJECTS_MAX = 100;
/** Slots of one backfill. */
export const BACKFILL_SLOTS_MAX = 10_000;
/** Runs listed at once. */
export const RUNS_PAGE_MAX = 10_000;
/** Longest name of a schedule, characters. */
export const SCHEDULE_NAME_CHARACTERS_MAX = 128;
/** Clocks farther apart than this are told of, ms. Above 5 s submitting is refused. */
export const CLOCK_OFFSET_TOLD_MS = 1_000;
/** The dashboard reads no more often, ms: reading costs the store something. */
export const DASH_REFRESH_MIN_MS = 1_000;
