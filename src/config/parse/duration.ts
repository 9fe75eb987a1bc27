// Durations as people write them: `500ms`, `30s`, `1h30m`, `2d`, and ISO 8601 `PT5M`. A bare number is refused, because
// nobody can know its unit.
import { usageError } from '../../core/model/errors.ts';

const UNITS_MS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;
type Unit = keyof typeof UNITS_MS;

const PATTERN =
  /^(?:(\d+(?:\.\d+)?)d)?(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?$/i;
const ISO_PATTERN = /^P(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i;
/** 100 years: keeps sums with a wall time exact. */
const DURATION_MAX_MS = 100 * 365 * UNITS_MS.d;

/** Whole ms. Throws DURATION_INVALID with the nearest valid text as the hint. */
export const parseDuration = (text: string): number => {
  const trimmed = text.trim();
  const match = PATTERN.exec(trimmed) ?? ISO_PATTERN.exec(trimmed);
  const parts = match?.slice(1) ?? [];
  if (trimmed === '' || parts.every((part) => part === undefined)) throw invalid(text);
  const sumMs = Object.values(UNITS_MS).reduce((sum, unitMs, index) => sum + Number(parts[index] ?? 0) * unitMs, 0);
  if (sumMs > DURATION_MAX_MS) {
    throw usageError('DURATION_INVALID', `"${text}" is longer than 100 years`, { hint: 'give a shorter one, as 30d' });
  }
  return Math.round(sumMs);
};

/** A duration, or a minus sign and one: ms, negative for behind. */
export const parseOffset = (text: string): number => {
  const [, sign, rest = ''] = /^\s*([+-]?)(.*)$/.exec(text) ?? [];
  return parseDuration(rest) * (sign === '-' ? -1 : 1);
};

/** The shortest text that parses to the same ms: 5_400_000 -> `1h30m`. */
export const formatDuration = (durationMs: number): string => {
  let rest = Math.round(durationMs);
  if (rest === 0) return '0s';
  let text = '';
  for (const [unit, unitMs] of Object.entries(UNITS_MS) as [Unit, number][]) {
    const count = Math.floor(rest / unitMs);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * unitMs;
  }
  return text;
};

const invalid = (text: string): Error => {
  if (/^\d+(\.\d+)?$/.test(text.trim())) {
    const number = text.trim();
    return usageError('DURATION_INVALID', `"${text}" has no unit`, { hint: `${number}s or ${number}ms?` });
  }
  return usageError('DURATION_INVALID', `"${text}" is not a duration`, {
    hint: 'write it as 500ms, 30s, 5m, 1h30m, 2d or PT5M',
  });
};
