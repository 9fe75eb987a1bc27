// What is drawn of a run.
import { possessionOf } from '../checkers/grants.ts';
import type { History, Operation } from '../history/history.ts';
import { type Band, type Bar, chartSvg, type Mark, type Span } from './chart.ts';

const SECOND_MS = 1_000;
const LATENCY_RANGE_MS = [0.5, 20_000] as const;
const LATENCY_TICKS = [1, 10, 100, 1_000, 10_000];
/** Beyond so many points a picture says no more. */
const POINTS_MAX = 6_000;
const ROW_PX = 26;
const TONES = 8;
/** Ways for the store and for people to say who: one colour each. */
const colourOf = (who: string, all: readonly string[]): string => `c${all.indexOf(who) % TONES}`;

export const spanOf = (history: History): Span => {
  const starts = history.operations.map(({ startMs }) => startMs);
  const ends = history.operations.map(({ endMs }) => endMs).filter(Number.isFinite);
  return { fromMs: Math.min(0, ...starts), toMs: Math.max(SECOND_MS, ...ends) };
};

export const bandsOf = (history: History): readonly Band[] =>
  history.of('fault').map(({ given, startMs, endMs }) => ({
    fromMs: startMs,
    toMs: Number.isFinite(endMs) ? endMs : startMs,
    text: `${given.kind} of ${given.about}, ${secondsText(startMs)} to ${secondsText(endMs)}`,
  }));

const secondsText = (ms: number): string => (Number.isFinite(ms) ? `${(ms / SECOND_MS).toFixed(1)} s` : '?');

/** Each request of a client by how long it took. */
export const latencyChart = (history: History): string => {
  const asked = [...history.of('submit'), ...history.of('acquire')] as readonly Operation[];
  const marks = thinned(asked).map(
    (operation): Mark => ({
      atMs: operation.startMs,
      y: Number.isFinite(operation.endMs) ? operation.endMs - operation.startMs : LATENCY_RANGE_MS[1],
      tone: toneOf(operation),
      text: `${operation.f} of ${operation.who}: ${operation.outcome}, ${secondsText(operation.endMs - operation.startMs)}`,
    }),
  );
  return chartSvg({
    ...{ span: spanOf(history), bands: bandsOf(history), height: 260, range: LATENCY_RANGE_MS, scale: 'log', marks },
    ticks: LATENCY_TICKS.map((y) => ({ y, text: `${y} ms` })),
  });
};

const toneOf = ({ f, outcome }: Operation): string => {
  if (outcome === 'ok') return f === 'submit' ? 'ok' : 'other';
  return outcome === 'fail' ? 'some' : 'bad';
};

const thinned = <Item>(items: readonly Item[]): readonly Item[] => {
  const every = Math.ceil(items.length / POINTS_MAX);
  return items.filter((_, index) => index % every === 0);
};

/** Each second of the run: did submissions succeed that ended in it? */
export const availabilityStrip = (history: History): string => {
  const span = spanOf(history);
  const seconds = new Map<number, { ok: number; all: number }>();
  for (const { startMs, endMs, outcome } of history.of('submit')) {
    const second = Math.floor((Number.isFinite(endMs) ? endMs : startMs) / SECOND_MS);
    const count = seconds.get(second) ?? { ok: 0, all: 0 };
    count.all += 1;
    if (outcome === 'ok') count.ok += 1;
    seconds.set(second, count);
  }
  const bars = [...seconds].map(
    ([second, { ok, all }]): Bar => ({
      ...{ fromMs: second * SECOND_MS, toMs: (second + 1) * SECOND_MS, y: 0 },
      tone: ok === all ? 'ok' : ok === 0 ? 'bad' : 'some',
      text: `second ${second}: ${ok} of ${all} submissions succeeded`,
    }),
  );
  return chartSvg({
    ...{ span, bands: bandsOf(history), height: 56, range: [-1, 1], scale: 'linear', bars, barHeight: 18 },
    ticks: [{ y: 0, text: 'submissions' }],
  });
};

/** Who held each lock of the workload under which token: bars never overlap, and only climb. */
export const tokenCharts = (history: History): readonly { readonly name: string; readonly svg: string }[] => {
  const { inOrder, ended } = possessionOf(history);
  const names = [...new Set(inOrder.map(({ name }) => name))].filter((name) => name.startsWith('user/')).toSorted();
  const owners = [...new Set(inOrder.map(({ who }) => who))];
  const span = spanOf(history);
  return names.map((name) => {
    const grants = inOrder.filter((grant) => grant.name === name);
    const releases = history
      .of('lockRelease')
      .filter(({ given, result }) => given.name === name && result === 'applied');
    const bars = grants.map((grant, index): Bar => {
      const release = releases.find(({ given }) => given.token === grant.token);
      const next = grants[index + 1]?.take.startMs ?? span.toMs;
      const endMs = Math.min(release?.endMs ?? next, ended.get(grant.session)?.endMs ?? next, next);
      return {
        ...{ fromMs: grant.take.endMs, toMs: Math.max(endMs, grant.take.endMs), y: grant.token },
        tone: colourOf(grant.who, owners),
        text: `token ${grant.token}: ${grant.who}, ${secondsText(grant.take.endMs)} to ${secondsText(endMs)}`,
      };
    });
    const tokens = grants.map(({ token }) => token);
    const [low, high] = [Math.min(...tokens), Math.max(...tokens)];
    const svg = chartSvg({
      ...{ span, bands: bandsOf(history), height: 200, range: [low, Math.max(low + 1, high)], scale: 'linear', bars },
      ...{ barHeight: 5, ticks: [low, Math.round((low + high) / 2), high].map((y) => ({ y, text: `token ${y}` })) },
    });
    return { name: name.replace('user/', ''), svg };
  });
};

/** Which process ran how many handlers, and which of them nobody heard the end of. */
export const runsChart = (history: History): string => {
  const runs = history.of('run');
  const workers = [...new Set(runs.map(({ who }) => who))].toSorted();
  const span = spanOf(history);
  const bars = thinned(runs).map(
    ({ who, given, startMs, endMs, result }): Bar => ({
      ...{
        fromMs: startMs,
        toMs: Number.isFinite(endMs) ? endMs : span.toMs,
        y: workers.length - workers.indexOf(who),
      },
      tone: result === null ? 'bad' : result === 'succeeded' ? 'ok' : 'some',
      text: `${who} ran ${given.tag} (${given.id}), attempt ${given.attempt}: ${result ?? 'nobody heard its end'}`,
    }),
  );
  return rows(history, workers, bars, 10);
};

/** For each schedule the slots that were fired, by when their jobs were submitted. */
export const cronChart = (history: History): string | null => {
  const fired = history
    .of('append')
    .flatMap((append) =>
      (append.given.jobs ?? []).flatMap(({ jobId, spec }) =>
        spec.schedule === undefined ? [] : [{ jobId, schedule: spec.schedule, append }],
      ),
    );
  if (fired.length === 0) return null;
  const names = [...new Set(fired.map(({ schedule }) => schedule.name))].toSorted();
  const bars = fired.map(({ jobId, schedule, append }): Bar => {
    const slotMs = schedule.slotMs - history.startWallMs;
    const lagMs = append.startMs - slotMs;
    return {
      ...{ fromMs: slotMs, toMs: append.startMs, y: names.length - names.indexOf(schedule.name) },
      tone: lagMs > SECOND_MS ? 'some' : 'ok',
      text: `${schedule.name}, slot ${secondsText(slotMs)}: job ${jobId} submitted ${Math.round(lagMs)} ms later`,
    };
  });
  return rows(history, names, bars, 12);
};

const rows = (history: History, names: readonly string[], bars: readonly Bar[], barHeight: number): string =>
  chartSvg({
    ...{
      span: spanOf(history),
      bands: bandsOf(history),
      height: 40 + ROW_PX * names.length,
      scale: 'linear',
      bars,
      barHeight,
    },
    range: [0, names.length + 0.5],
    ticks: names.map((text, index) => ({ y: names.length - index, text })),
  });
