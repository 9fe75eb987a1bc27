// Charts of results as SVG: bars with the range that the median may be in, and lines over a parameter.
import { figure } from '../../core/model/figure.ts';
import { escaped } from '../../core/model/markup.ts';
import type { Summary } from '../results/summary.ts';

const WIDTH = 1_000;
const LEFT = 300;
const RIGHT = 130;
const ROW = 26;
const BAR = 14;
const CHART_HEIGHT = 240;
const MARGIN = { left: 70, right: 20, top: 12, bottom: 40 } as const;
const TICKS = 4;
const DOT = 3.5;
/** Of a reason, characters; all of it is in the table. */
const WHY_MAX = 100;

const px = (value: number): string => value.toFixed(1);

export interface Bar {
  readonly label: string;
  readonly value: number | null;
  /** Where it may be; null: that is not known. */
  readonly low: number | null;
  readonly high: number | null;
  readonly unit: string;
  readonly tone: 'full' | 'pale';
  /** Where there is no value. */
  readonly why?: string;
}

/** All in one unit, so that lengths can be compared; the longest is `least` at least. */
export const barsSvg = (bars: readonly Bar[], least: number): string => {
  const most = Math.max(least, ...bars.map(({ high, value }) => Math.max(high ?? 0, value ?? 0)), Number.MIN_VALUE);
  const x = (value: number): number => LEFT + (value / most) * (WIDTH - LEFT - RIGHT);
  const parts = bars.flatMap(({ label, value, low, high, unit, tone, why = '' }, index) => {
    const y = index * ROW + ROW / 2;
    const name = `<text x="${LEFT - 8}" y="${px(y + 4)}" text-anchor="end">${escaped(label)}</text>`;
    if (value === null) {
      const shown = why.length > WHY_MAX ? `${why.slice(0, WHY_MAX)}...` : why;
      return [
        name,
        `<text x="${LEFT}" y="${px(y + 4)}" class="bad">${escaped(shown)}<title>${escaped(why)}</title></text>`,
      ];
    }
    const isRange = low !== null && high !== null && high > low;
    return [
      name,
      `<rect class="bar ${tone}" x="${LEFT}" y="${px(y - BAR / 2)}" width="${px(Math.max(1, x(value) - LEFT))}" height="${BAR}" rx="2"/>`,
      isRange ? `<line class="range" x1="${px(x(low))}" x2="${px(x(high))}" y1="${px(y)}" y2="${px(y)}"/>` : '',
      `<text class="value" x="${px(x(Math.max(value, isRange ? high : 0)) + 6)}" y="${px(y + 4)}">${figure(value)} ${escaped(unit)}</text>`,
    ];
  });
  return `<svg viewBox="0 0 ${WIDTH} ${bars.length * ROW}" role="img">${parts.join('')}</svg>`;
};

export interface Point {
  readonly x: number;
  readonly summary: Summary;
}

/** The median over a parameter, with its range; both axes by powers of ten where they span more than one. */
export const lineSvg = (points: readonly Point[], parameter: string): string => {
  const sorted = points.filter(({ summary }) => summary.median !== null).toSorted((left, right) => left.x - right.x);
  const values = sorted.flatMap(({ summary: { median, low, high } }) => [
    median ?? 0,
    low ?? median ?? 0,
    high ?? median ?? 0,
  ]);
  const x = scaleOf(
    sorted.map((point) => point.x),
    [MARGIN.left, WIDTH - MARGIN.right],
  );
  const y = scaleOf([0, ...values], [CHART_HEIGHT - MARGIN.bottom, MARGIN.top]);
  const unit = sorted[0]?.summary.unit ?? '';
  const path = sorted.map(
    (point, index) => `${index === 0 ? 'M' : 'L'}${px(x.at(point.x))} ${px(y.at(point.summary.median ?? 0))}`,
  );
  const parts = [
    ...y.ticks.map(
      (tick) =>
        `<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${px(y.at(tick))}" y2="${px(y.at(tick))}"/><text x="${MARGIN.left - 6}" y="${px(y.at(tick) + 4)}" text-anchor="end">${figure(tick)}</text>`,
    ),
    ...sorted.map(
      (point) =>
        `<text x="${px(x.at(point.x))}" y="${CHART_HEIGHT - 22}" text-anchor="middle">${figure(point.x)}</text>`,
    ),
    `<text x="${WIDTH / 2}" y="${CHART_HEIGHT - 4}" text-anchor="middle">${escaped(parameter)} (${escaped(unit)} upwards)</text>`,
    `<path class="line" d="${path.join(' ')}"/>`,
    ...sorted.map(({ x: at, summary: { low, high, median } }) => {
      const [from, to] = [y.at(low ?? median ?? 0), y.at(high ?? median ?? 0)];
      return `<line class="range" x1="${px(x.at(at))}" x2="${px(x.at(at))}" y1="${px(from)}" y2="${px(to)}"/><circle class="dot" cx="${px(x.at(at))}" cy="${px(y.at(median ?? 0))}" r="${DOT}"><title>${figure(at)}: ${figure(median)} ${escaped(unit)}</title></circle>`;
    }),
  ];
  return `<svg viewBox="0 0 ${WIDTH} ${CHART_HEIGHT}" role="img">${parts.join('')}</svg>`;
};

const DECADE = 10;

const scaleOf = (values: readonly number[], [from, to]: readonly [number, number]) => {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const isLog = least > 0 && most / least > DECADE;
  const of = isLog ? Math.log10 : (value: number): number => value;
  const [low, span] = [of(least), of(most) - of(least) || 1];
  return {
    at: (value: number): number => from + ((of(value) - low) / span) * (to - from),
    ticks: Array.from({ length: TICKS + 1 }, (_, index) => {
      const at = low + (span * index) / TICKS;
      return isLog ? DECADE ** at : at;
    }),
  };
};
