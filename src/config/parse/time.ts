// Moments as people write them: ISO 8601 with an offset, or `+10m` and `-1h` from now.
import { usageError } from '../../core/model/errors.ts';
import { parseDuration } from './duration.ts';

const ISO_DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$/i;

/** A moment whose meaning may depend on now; resolve it with the store's clock. */
export type Moment = { readonly atMs: number } | { readonly fromNowMs: number };

export const resolveMoment = (moment: Moment, nowMs: number): number =>
  'atMs' in moment ? moment.atMs : nowMs + moment.fromNowMs;

/** Throws TIME_INVALID; a time without an offset is refused, since it means something else on every machine. */
export const parseMoment = (text: string): Moment => {
  const trimmed = text.trim();
  if (/^[+-]/.test(trimmed)) {
    const durationMs = parseDuration(trimmed.slice(1));
    return { fromNowMs: trimmed.startsWith('-') ? -durationMs : durationMs };
  }
  const match = ISO_DATE_TIME.exec(trimmed);
  const atMs = match === null ? Number.NaN : Date.parse(trimmed);
  if (match === null || Number.isNaN(atMs)) {
    throw usageError('TIME_INVALID', `"${text}" is not a time`, {
      hint: 'write it as 2027-01-31T09:00:00Z, 2027-01-31T09:00:00+02:00 or +10m',
    });
  }
  if (match[3] === undefined) {
    throw usageError('TIME_INVALID', `"${text}" has no offset from UTC`, { hint: `${trimmed}Z, or ${trimmed}+02:00?` });
  }
  return { atMs };
};

/** A moment in the past for `--since` and `--until`: `1h` means an hour ago, too. */
export const parsePastMoment = (text: string): Moment =>
  /^\d+(\.\d+)?(ms|[smhd])|^p/i.test(text.trim()) ? { fromNowMs: -parseDuration(text) } : parseMoment(text);
