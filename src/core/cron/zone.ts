// Offsets of IANA time zones, from the zone data that comes with the runtime. Nothing here depends on the machine's own zone.
import { usageError } from '../model/errors.ts';
import { isoTime } from '../model/time.ts';

/** A moment at which a zone's clocks are set. */
export interface Transition {
  /** First ms of the new offset. */
  readonly atMs: number;
  readonly beforeMs: number;
  readonly afterMs: number;
}

const DAY_MS = 86_400_000;
/** Two changes of a zone are further apart than this, ms: of all zones from 1990 to 2040 the closest are 6.96 days apart (Brazil 2000). */
const STEP_MS = 6 * DAY_MS;
const SECOND_MS = 1_000;
/** Years of zones that are kept. */
const YEARS_KEPT_MAX = 5_000;

const formats = new Map<string, Intl.DateTimeFormat>();
const years = new Map<string, readonly Transition[]>();

/** The name as the zone data writes it. Throws ZONE_INVALID. */
export const assertZone = (name: string): string => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    const city = name.split('/').at(-1)?.toLowerCase() ?? '';
    const similar = Intl.supportedValuesOf('timeZone').filter(
      (zone) => city !== '' && zone.toLowerCase().includes(city),
    );
    throw usageError('ZONE_INVALID', `"${name}" is not a time zone`, {
      hint:
        similar.length > 0 ? `did you mean ${similar.slice(0, 3).join(', ')}?` : 'use a name as Europe/Rome, or UTC',
    });
  }
};

/** Local time minus UTC, ms. */
export const offsetMs = (zone: string, atMs: number): number => {
  const secondMs = Math.floor(atMs / SECOND_MS) * SECOND_MS;
  const parts: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(secondMs)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - secondMs;
};

/** In (fromMs, toMs], ascending. */
export const transitionsIn = (zone: string, fromMs: number, toMs: number): readonly Transition[] => {
  const found: Transition[] = [];
  for (let year = yearOf(fromMs); year <= yearOf(toMs); year += 1) {
    for (const each of transitionsOf(zone, year)) if (each.atMs > fromMs && each.atMs <= toMs) found.push(each);
  }
  return found;
};

const yearOf = (atMs: number): number => Math.floor(atMs / (365.2425 * DAY_MS));

/** Of a year of 365.2425 days since 1970. */
const transitionsOf = (zone: string, year: number): readonly Transition[] => {
  const key = `${zone} ${year}`;
  const known = years.get(key);
  if (known !== undefined) return known;
  const found: Transition[] = [];
  const endMs = Math.floor((year + 1) * 365.2425 * DAY_MS);
  let fromMs = Math.floor(year * 365.2425 * DAY_MS);
  let before = offsetMs(zone, fromMs);
  while (fromMs < endMs) {
    const toMs = Math.min(fromMs + STEP_MS, endMs);
    const after = offsetMs(zone, toMs);
    if (after !== before) found.push({ atMs: changeBetween(zone, fromMs, toMs), beforeMs: before, afterMs: after });
    [fromMs, before] = [toMs, after];
  }
  if (years.size >= YEARS_KEPT_MAX) years.clear();
  years.set(key, found);
  return found;
};

/** First second of the new offset. */
const changeBetween = (zone: string, fromMs: number, toMs: number): number => {
  const after = offsetMs(zone, toMs);
  let [low, high] = [Math.floor(fromMs / SECOND_MS), Math.ceil(toMs / SECOND_MS)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetMs(zone, middle * SECOND_MS) === after) high = middle;
    else low = middle;
  }
  return high * SECOND_MS;
};

const formatOf = (zone: string): Intl.DateTimeFormat => {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const numeric = 'numeric' as const;
  const made = new Intl.DateTimeFormat('en-u-ca-iso8601-nu-latn', {
    ...{ timeZone: zone, hourCycle: 'h23', year: numeric, month: numeric, day: numeric },
    ...{ hour: numeric, minute: numeric, second: numeric },
  });
  formats.set(zone, made);
  return made;
};

/** `2026-10-04T02:30:00+11:00`. */
export const localTime = (zone: string, atMs: number): string => {
  const offset = offsetMs(zone, atMs);
  const minutes = Math.round(Math.abs(offset) / 60_000);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0'));
  return `${isoTime(atMs + offset).slice(0, 19)}${offset < 0 ? '-' : '+'}${hours}:${rest}`;
};
