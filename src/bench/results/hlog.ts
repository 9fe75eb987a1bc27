// Latencies as an HDR histogram log, version 1.3: whole distributions, which HdrHistogram's tools read, merge and draw. Values are ns; the
// maximum of each line is ms, times are s since the epoch.
import { HistogramLogWriter } from 'hdr-histogram-js';
import { isoTime } from '../../core/model/time.ts';
import type { Latencies } from '../measure/latencies.ts';

const MS_PER_S = 1_000;
const NS_PER_MS = 1e6;

export interface LatencyLog {
  /** Without commas and blanks. */
  readonly tag: string;
  readonly startMs: number;
  readonly tookMs: number;
  readonly latencies: Latencies;
}

const textOf = (write: (writer: HistogramLogWriter) => void): string => {
  let text = '';
  write(
    new HistogramLogWriter((more) => {
      text += more;
    }),
  );
  return text;
};

export const hlogHead = (startMs: number): string =>
  textOf((writer) => {
    writer.outputLogFormatVersion();
    writer.outputComment(`[StartTime: ${(startMs / MS_PER_S).toFixed(3)} (seconds since epoch), ${isoTime(startMs)}]`);
    writer.outputLegend();
  });

export const isHlog = (text: string): boolean => text.startsWith('#[Histogram log format version 1.');

export const hlogLine = ({ tag, startMs, tookMs, latencies: { histogram } }: LatencyLog): string =>
  textOf((writer) => {
    histogram.tag = tag;
    writer.outputIntervalHistogram(histogram, startMs / MS_PER_S, (startMs + tookMs) / MS_PER_S, NS_PER_MS);
  });
