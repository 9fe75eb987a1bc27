// What an event of `jobctl events` and of the dashboard can be about.
export const EVENT_KINDS = ['node', 'worker', 'scheduler', 'bucket', 'lock', 'schedule', 'jobs', 'dlq'] as const;
export type EventKind = (typeof EVENT_KINDS)[number];
