// The parsers of what people write.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CellFormat } from '../../src/commands/output/table.ts';
import { parseBuckets } from '../../src/config/parse/buckets.ts';
import { formatDuration, parseDuration } from '../../src/config/parse/duration.ts';
import { parseMoment, parsePastMoment } from '../../src/config/parse/time.ts';
import { oneOf, parseRate, parseShare } from '../../src/config/parse/values.ts';
import { ageText, humanDuration } from '../../src/core/model/age.ts';
import { JobctlError } from '../../src/core/model/errors.ts';
import { nearest } from '../../src/core/model/suggest.ts';

const thrownBy = (act: () => unknown): JobctlError => {
  try {
    act();
  } catch (error) {
    if (error instanceof JobctlError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

describe('durations', () => {
  test.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['2d', 172_800_000],
    ['1d2h3m4s5ms', 93_784_005],
    ['1.5h', 5_400_000],
    ['PT5M', 300_000],
    ['P1DT12H', 129_600_000],
    ['0s', 0],
  ])('%s is %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(['', ' ', 'P', 'PT', 'm5', '5 m', '1m1h', '-5s', '1e3s', '5x', '10ms5'])('"%s" is refused', (text) => {
    expect(thrownBy(() => parseDuration(text)).code).toBe('DURATION_INVALID');
  });

  test('a bare number is asked about', () => {
    expect(thrownBy(() => parseDuration('90')).hint).toBe('90s or 90ms?');
  });

  test('what is written is read back', () => {
    fc.assert(fc.property(fc.nat({ max: 100 * 365 * 86_400_000 }), (ms) => parseDuration(formatDuration(ms)) === ms));
  });

  test('any text is either a whole number of ms or a clear error', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          return Number.isInteger(parseDuration(text));
        } catch (error) {
          return error instanceof JobctlError && error.code === 'DURATION_INVALID';
        }
      }),
    );
  });
});

describe('times', () => {
  test('ISO with an offset, or relative', () => {
    expect(parseMoment('2027-01-31T09:00:00+02:00')).toEqual({ atMs: Date.UTC(2027, 0, 31, 7) });
    expect(parseMoment('+10m')).toEqual({ fromNowMs: 600_000 });
    expect(parsePastMoment('1h')).toEqual({ fromNowMs: -3_600_000 });
  });

  test.each([
    'tomorrow',
    '2027-01-31',
    '2027-01-31T09:00:00',
    '2027-13-31T09:00:00Z',
    '9:00',
  ])('"%s" is refused', (text) => {
    expect(thrownBy(() => parseMoment(text)).code).toBe('TIME_INVALID');
  });
});

describe('bucket ranges', () => {
  test.each([
    ['0-3', [0, 1, 2, 3]],
    ['7,0,3-4,3', [0, 3, 4, 7]],
    ['auto', [0, 1, 2, 3, 4, 5, 6, 7]],
  ])('%s', (text, buckets) => {
    expect(parseBuckets(text, 8)).toEqual(buckets);
  });

  test.each(['', '8', '0-8', '3-1', 'a', '1-', '-1', '0,,1'])('"%s" is refused', (text) => {
    const { code, hint } = thrownBy(() => parseBuckets(text, 8));
    expect([code, hint]).toEqual(['BUCKET_RANGE_INVALID', 'use 0-7, a list as 0,3,5-7, or auto']);
  });
});

test('ages look as in kubectl', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['119s', '119s'],
    ['5m30s', '5m30s'],
    ['9m', '9m'],
    ['90m', '90m'],
    ['3h15m', '3h15m'],
    ['47h', '47h'],
    ['2d5h', '2d5h'],
    ['300d', '300d'],
    ['830d', '2y100d'],
  ];
  for (const [duration, shown] of cases) expect(humanDuration(parseDuration(duration))).toBe(shown);
  expect(ageText(5_000, 2_000)).toBe('+3s');
  expect(ageText(null, 0)).toBe('-');
  expect(new CellFormat(0, 'iso').time(0)).toBe('1970-01-01T00:00:00.000Z');
  expect(new CellFormat(2_000, 'relative').time('1970-01-01T00:00:05.000Z')).toBe('+3s');
});

test('near words are suggested, far ones are not', () => {
  const words = ['list', 'get', 'watch', 'cancel'];
  expect(['lst', 'lsit', 'gett', 'wacth', 'cancle'].map((typed) => nearest(typed, words))).toEqual([
    'list',
    'list',
    'get',
    'watch',
    'cancel',
  ]);
  expect(nearest('frobnicate', words)).toBeNull();
});

test('small values', () => {
  expect([parseShare('20%'), parseShare('0.2')]).toEqual([0.2, 0.2]);
  expect([parseRate('10/s'), parseRate('600/m')]).toEqual([10, 10]);
  expect(thrownBy(() => oneOf(['fixed', 'linear'])('fixd')).hint).toMatch(/^did you mean "fixed"\?/);
});
