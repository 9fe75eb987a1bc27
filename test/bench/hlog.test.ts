// Latencies as an HDR histogram log: what a reader of such logs finds is what was measured.
import { HistogramLogReader } from 'hdr-histogram-js';
import { expect, test } from 'vitest';
import { Latencies } from '../../src/bench/measure/latencies.ts';
import { hlogHead, hlogLine, isHlog } from '../../src/bench/results/hlog.ts';

const START_MS = 1_800_000_000_500;
const TAG = 'submit/service;callers=64;rep=1';
const NS_PER_MS = 1e6;

test('a log begins with its version, and holds whole distributions, with their tags and times', () => {
  const latencies = new Latencies();
  for (let n = 1; n <= 10_000; n += 1) latencies.record(n / 100);
  latencies.record(3_000);
  const log = hlogHead(START_MS) + hlogLine({ tag: TAG, startMs: START_MS, tookMs: 2_500, latencies });
  expect(isHlog(log)).toBe(true);
  expect(log.split('\n')).toHaveLength(5); // no line is empty but the last
  expect(log).toContain(`Tag=${TAG},1800000000.500,2.500,`);

  const read = new HistogramLogReader(log).nextIntervalHistogram();
  expect(read?.tag).toBe(TAG);
  if (read == null || !('getValueAtPercentile' in read)) throw new Error('no histogram');
  expect(read.totalCount).toBe(10_001);
  for (const percent of [1, 50, 99, 99.9, 100]) {
    expect(read.getValueAtPercentile(percent) / NS_PER_MS).toBe(latencies.percentile(percent));
  }
  expect(latencies.percentile(50)).toBeCloseTo(50, 0);
});
