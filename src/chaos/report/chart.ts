// Charts of a run as SVG: time from left to right, the faults as bands behind everything.
import { escaped } from '../../core/model/markup.ts';

export interface Band {
  readonly fromMs: number;
  readonly toMs: number;
  readonly text: string;
}

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Mark {
  readonly atMs: number;
  readonly y: number;
  /** A class of the style sheet. */
  readonly tone: string;
  readonly text: string;
}

export interface Bar {
  readonly fromMs: number;
  readonly toMs: number;
  readonly y: number;
  readonly tone: string;
  readonly text: string;
}

export interface Chart {
  readonly span: Span;
  readonly bands: readonly Band[];
  readonly height: number;
  /** `y` of marks and bars is between these. */
  readonly range: readonly [low: number, high: number];
  readonly scale: 'linear' | 'log';
  readonly ticks: readonly { readonly y: number; readonly text: string }[];
  readonly marks?: readonly Mark[];
  readonly bars?: readonly Bar[];
  /** Of a bar, in pixels. */
  readonly barHeight?: number;
}

const WIDTH = 1_000;
const LEFT = 120;
const RIGHT = 12;
const TOP = 6;
const BOTTOM = 22;
const TIME_TICKS = 10;
const RADIUS = 2.2;
const LABEL_MAX_CHARACTERS = 20;

export const chartSvg = (chart: Chart): string => {
  const { span, bands, height, ticks, marks = [], bars = [], barHeight = 8 } = chart;
  const x = (ms: number): number =>
    LEFT + ((clamp(ms, span.fromMs, span.toMs) - span.fromMs) / (span.toMs - span.fromMs)) * (WIDTH - LEFT - RIGHT);
  const y = yOf(chart);
  const parts = [
    ...bands.map(
      ({ fromMs, toMs, text }) =>
        `<rect class="band" x="${px(x(fromMs))}" y="${TOP}" width="${px(Math.max(1, x(toMs) - x(fromMs)))}" height="${height - TOP - BOTTOM}"><title>${escaped(text)}</title></rect>`,
    ),
    ...ticks.map(
      (tick) =>
        `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${px(y(tick.y))}" y2="${px(y(tick.y))}"/><text x="${LEFT - 6}" y="${px(y(tick.y) + 4)}" text-anchor="end">${escaped(tick.text.slice(0, LABEL_MAX_CHARACTERS))}</text>`,
    ),
    ...timeTicks(span).map(
      (ms) => `<text x="${px(x(ms))}" y="${height - 6}" text-anchor="middle">${Math.round(ms / 1_000)} s</text>`,
    ),
    ...bars.map(
      (bar) =>
        `<rect class="${bar.tone}" x="${px(x(bar.fromMs))}" y="${px(y(bar.y) - barHeight / 2)}" width="${px(Math.max(1, x(bar.toMs) - x(bar.fromMs)))}" height="${barHeight}"><title>${escaped(bar.text)}</title></rect>`,
    ),
    ...marks.map(
      (mark) =>
        `<circle class="${mark.tone}" cx="${px(x(mark.atMs))}" cy="${px(y(mark.y))}" r="${RADIUS}"><title>${escaped(mark.text)}</title></circle>`,
    ),
  ];
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img">${parts.join('')}</svg>`;
};

const yOf = ({ range: [low, high], scale, height }: Chart) => {
  const place = scale === 'log' ? Math.log10 : (value: number) => value;
  const [from, to] = [place(low), place(high)];
  return (value: number): number =>
    height - BOTTOM - ((place(clamp(value, low, high)) - from) / Math.max(1e-9, to - from)) * (height - TOP - BOTTOM);
};

const timeTicks = ({ fromMs, toMs }: Span): readonly number[] => {
  const steps = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600].map((seconds) => seconds * 1_000);
  const step = steps.find((each) => (toMs - fromMs) / each <= TIME_TICKS) ?? 600_000;
  const first = Math.ceil(fromMs / step) * step;
  return Array.from({ length: Math.floor((toMs - first) / step) + 1 }, (_, index) => first + index * step);
};

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
const px = (value: number): string => value.toFixed(1);
