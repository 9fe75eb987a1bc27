// How long `ctx.snooze` waits: milliseconds, or a text as "30s".
import { DELAY_MAX_MS } from '../../core/model/limits.ts';

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Whole ms, 0 to DELAY_MAX_MS. Throws a TypeError that says what would work. */
export const snoozeMs = (delay: unknown): number => {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(String(delay)) ?? [];
  const ms = typeof delay === 'number' ? delay : Number(count) * (UNITS_MS[unit] ?? Number.NaN);
  if (ms >= 0 && ms <= DELAY_MAX_MS) return Math.round(ms);
  throw new TypeError(`snooze takes milliseconds or a text as "30s", at most 10 years, not ${JSON.stringify(delay)}`);
};
