// How a time is written for people and programs: ISO 8601, UTC, milliseconds.

/** `ms` since the epoch. */
export const isoTime = (ms: number): string => new Date(ms).toISOString();
export const isoTimeOrNull = (ms: number | null): string | null => (ms === null ? null : isoTime(ms));
