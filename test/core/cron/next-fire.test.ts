// When schedules are due: what a person would say, on ordinary days and on those when clocks are set.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CALENDAR_DEFAULTS, type Calendar, nextFire } from '../../../src/core/cron/next-fire.ts';
import { parseSpec } from '../../../src/core/cron/spec.ts';
import { assertZone, offsetMs, transitionsIn } from '../../../src/core/cron/zone.ts';

/** `2026-10-04 02:45 shifted` each, in local time. */
const fires = (text: string, zone: string, from: string, options: Partial<Calendar> & { count?: number } = {}) => {
  const { count = 3, ...policies } = options;
  const calendar = { ...CALENDAR_DEFAULTS, spec: parseSpec(text, 'a name'), zone, ...policies };
  const found: string[] = [];
  for (let atMs = Date.parse(from); found.length < count; ) {
    const fire = nextFire(calendar, atMs);
    if (fire === null) break;
    atMs = fire.atMs;
    const local = new Date(atMs + offsetMs(zone, atMs)).toISOString().slice(0, 16).replace('T', ' ');
    found.push(fire.kind === 'plain' ? local : `${local} ${fire.kind}`);
  }
  return found;
};

describe('ordinary days', () => {
  test.each([
    ['0 9 * * 1-5', 'Europe/Rome', '2026-11-27T00:00Z', ['2026-11-27 09:00', '2026-11-30 09:00', '2026-12-01 09:00']],
    ['0 0 L * *', 'Asia/Tokyo', '2027-01-31T00:00Z', ['2027-02-28 00:00', '2027-03-31 00:00', '2027-04-30 00:00']],
    ['0 0 13 * 5', 'UTC', '2026-01-01T00:00Z', ['2026-01-02 00:00', '2026-01-09 00:00', '2026-01-13 00:00']],
    ['0 0 29 2 *', 'Europe/Rome', '2097-01-01T00:00Z', ['2104-02-29 00:00', '2108-02-29 00:00', '2112-02-29 00:00']],
    ['@monthly', 'America/Lima', '2026-11-25T00:00Z', ['2026-12-01 00:00', '2027-01-01 00:00', '2027-02-01 00:00']],
    ['*/20 30 3 * * *', 'UTC', '2026-11-25T00:00Z', ['2026-11-25 03:30', '2026-11-25 03:30', '2026-11-25 03:30']],
    ['every 36h', 'Europe/Rome', '2026-11-25T00:00Z', ['2026-11-25 13:00', '2026-11-27 01:00', '2026-11-28 13:00']],
  ])('%s in %s', (text, zone, from, expected) => {
    expect(fires(text, zone, from)).toEqual(expected);
  });

  test('is strictly after the moment that is given', () => {
    expect(fires('0 12 * * *', 'UTC', '2026-11-25T12:00:00Z', { count: 1 })).toEqual(['2026-11-26 12:00']);
    expect(fires('0 12 * * *', 'UTC', '2026-11-25T11:59:59.999Z', { count: 1 })).toEqual(['2026-11-25 12:00']);
    expect(fires('every 1d', 'UTC', '2026-11-25T00:00:00Z', { count: 1 })).toEqual(['2026-11-26 00:00']);
  });
});

describe('clocks put forward', () => {
  test.each([
    // Half an hour, at 02:00.
    ['15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00Z', ['2026-10-04 02:45 shifted', '2026-10-05 02:15']],
    ['30 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00Z', ['2026-10-04 02:30', '2026-10-05 02:30']],
    ['30 2 * * *', 'America/New_York', '2026-03-08T00:00Z', ['2026-03-08 03:30 shifted', '2026-03-09 02:30']],
    // Two times that come to one: it runs once.
    ['30 2,3 * * *', 'America/New_York', '2026-03-08T00:00Z', ['2026-03-08 03:30', '2026-03-09 02:30']],
    ['0 0 * * *', 'America/Santiago', '2026-09-05T12:00Z', ['2026-09-06 01:00 shifted', '2026-09-07 00:00']],
    ['15 1 * * *', 'Antarctica/Troll', '2026-03-29T00:00Z', ['2026-03-29 03:15 shifted', '2026-03-30 01:15']],
    // A day that never was: its noon is the next day's.
    ['0 12 * * *', 'Pacific/Apia', '2011-12-30T00:00Z', ['2011-12-31 12:00', '2012-01-01 12:00']],
  ])('%s in %s', (text, zone, from, expected) => {
    expect(fires(text, zone, from, { count: 2 })).toEqual(expected);
  });

  test('or skipped', () => {
    const skipped = fires('30 2 * * *', 'America/New_York', '2026-03-07T12:00Z', { gap: 'skip', count: 1 });
    expect(skipped).toEqual(['2026-03-09 02:30']);
  });
});

describe('clocks put back', () => {
  const FROM = '2026-10-31T12:00Z';
  test.each([
    ['first', ['2026-11-01 01:30 first', '2026-11-02 01:30', '2026-11-03 01:30'], '2026-11-01T05:30:00.000Z'],
    ['last', ['2026-11-01 01:30 second', '2026-11-02 01:30', '2026-11-03 01:30'], '2026-11-01T06:30:00.000Z'],
    ['both', ['2026-11-01 01:30 first', '2026-11-01 01:30 second', '2026-11-02 01:30'], '2026-11-01T05:30:00.000Z'],
  ] as const)('%s', (fold, expected, first) => {
    expect(fires('30 1 * * *', 'America/New_York', FROM, { fold })).toEqual(expected);
    const calendar = { ...CALENDAR_DEFAULTS, spec: parseSpec('30 1 * * *', ''), zone: 'America/New_York', fold };
    expect(new Date(nextFire(calendar, Date.parse(FROM))?.atMs ?? 0).toISOString()).toBe(first);
  });
});

test.each(['shift', 'skip'] as const)('what runs in every hour goes on by real time (%s)', (gap) => {
  for (const zone of ['America/New_York', 'Australia/Lord_Howe', 'Europe/Rome']) {
    for (const change of transitionsIn(zone, Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 1))) {
      const calendar = { ...CALENDAR_DEFAULTS, spec: parseSpec('*/15 * * * *', ''), zone, gap };
      let atMs = change.atMs - 7_200_000;
      for (let count = 0; count < 20; count += 1) {
        const fire = nextFire(calendar, atMs);
        expect(fire?.atMs).toBe(atMs + 900_000);
        atMs = fire?.atMs ?? 0;
      }
    }
  }
});

test('H spreads schedules over the hour, the same for the same name', () => {
  const minutes = Array.from({ length: 60 }, (_, index) => {
    const spec = parseSpec('H * * * *', `job-${index}`);
    return nextFire({ ...CALENDAR_DEFAULTS, spec }, 0)?.atMs;
  });
  expect(new Set(minutes).size).toBeGreaterThan(20);
  const again = nextFire({ ...CALENDAR_DEFAULTS, spec: parseSpec('H * * * *', 'job-0') }, 0);
  expect(again?.atMs).toBe(minutes[0]);
});

test('fires come in order, each once, and are the same from wherever one begins to ask', () => {
  const zone = fc.constantFrom(
    'Europe/Rome',
    'America/New_York',
    'Australia/Lord_Howe',
    'Asia/Kolkata',
    'Pacific/Apia',
  );
  const text = fc.constantFrom('30 2 * * *', '*/7 1-3 * * *', '0 0 * * 0', '15,45 */2 * * *', '0 3 1 * *');
  const policies = fc.record({
    gap: fc.constantFrom('skip', 'shift' as const),
    fold: fc.constantFrom('first', 'last', 'both' as const),
  });
  const from = fc.integer({ min: Date.UTC(2010, 0, 1), max: Date.UTC(2036, 0, 1) });
  fc.assert(
    fc.property(zone, text, policies, from, fc.nat(7 * 86_400_000), (where, when, chosen, fromMs, laterMs) => {
      const calendar = { spec: parseSpec(when, ''), zone: where, ...chosen } as Calendar;
      const found: number[] = [];
      for (let atMs = fromMs; found.length < 12; atMs = found.at(-1) ?? 0) {
        found.push(nextFire(calendar, atMs)?.atMs ?? Number.NaN);
      }
      for (const [index, atMs] of found.entries()) expect(atMs).toBeGreaterThan(found[index - 1] ?? fromMs);
      const midwayMs = fromMs + laterMs;
      const next = found.find((atMs) => atMs > midwayMs);
      if (next !== undefined) expect(nextFire(calendar, midwayMs)?.atMs).toBe(next);
    }),
    { numRuns: 300 },
  );
});

describe('refuses', () => {
  test.each([
    ['', 'it has 0 fields'],
    ['* * * *', 'it has 4 fields'],
    ['0 0 * * * * 2027', 'put it in quotes'],
    ['61 * * * *', '61'],
    ['0 0 30 2 *', ''],
    ['0 0 31 4,6 *', ''],
    ['@nope', '@daily'],
    ['every', 'a number with s, m, h or d'],
    ['every 10ms', 'a number with s, m, h or d'],
    ['every 0s', 'from 1s'],
    ['every 9999d', 'to 366d'],
    ['0 9 * * MON-', ''],
  ])('"%s"', (text, detail) => {
    expect(() => parseSpec(text, '')).toThrow(
      expect.objectContaining({ code: 'CRON_INVALID', exitCode: 2, detail: expect.stringContaining(detail) }),
    );
  });

  test('a zone that is none, and names similar ones', () => {
    expect(() => assertZone('Europe/Roma')).toThrow(expect.objectContaining({ code: 'ZONE_INVALID' }));
    expect(() => assertZone('rome')).toThrow(expect.objectContaining({ hint: 'did you mean Europe/Rome?' }));
    expect(assertZone('europe/rome')).toBe('Europe/Rome');
  });
});
