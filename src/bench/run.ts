// Carries out scenarios, one after the other, and makes rows of what they find: each repetition as soon as it is over.

import type { FaultName } from '../core/model/chaos.ts';
import { isoTime } from '../core/model/time.ts';
import { machineMs } from '../platform/machine-time.ts';
import { type Ceiling, captureCeiling } from './ceiling/ceiling.ts';
import { Fault } from './fault.ts';
import type { Second } from './measure/load.ts';
import { Place, type PlaceDeps } from './place.ts';
import type { LatencyLog } from './results/hlog.ts';
import {
  distributionCells,
  numberText,
  type Params,
  type Phase,
  paramsText,
  type Row,
  SCHEMA_VERSION,
} from './results/table.ts';
import type { Found, Metric, Scenario, Size } from './scenario.ts';

export interface Grounds {
  readonly kind: 'embedded' | 'cassandra';
  /** An empty store with so many buckets, and a folder; both are gone afterwards. */
  open(buckets: number): Promise<Opened>;
}

export interface Opened extends AsyncDisposable, Pick<PlaceDeps, 'url' | 'folder'> {
  openStore(): Promise<PlaceDeps['store']>;
}

export interface BenchDeps extends Pick<PlaceDeps, 'program' | 'clock' | 'random' | 'signal'> {
  readonly grounds: Grounds;
  readonly about: Pick<Row, 'run_id' | 'git_commit'>;
  /** Each repetition is made three times: before, during and after it. */
  readonly fault: FaultName | null;
  /** What is being done, for people. */
  readonly report: (text: string) => void;
  /** A repetition is over, or its ceiling. */
  readonly add: (found: Repetition) => Promise<void>;
}

export interface Repetition {
  readonly rows: readonly Row[];
  readonly seconds: readonly SeriesRow[];
  readonly latencies: readonly LatencyLog[];
}

export interface SeriesRow extends Pick<Row, 'scenario' | 'params'> {
  readonly rep: number;
  readonly second: number;
  readonly found: Second;
}

const BUCKETS_DEFAULT = 16;
const MS_PER_S = 1_000;
/** Begins the reason of a repetition after which something was wrong with the jobs. */
export const VOID = 'void: ';

export const runScenarios = async (deps: BenchDeps, scenarios: readonly Scenario[], size: Size): Promise<void> => {
  const points = scenarios.flatMap((scenario) => scenario.points(size).map((params) => ({ scenario, params })));
  for (const [index, { scenario, params }] of points.entries()) {
    deps.signal.throwIfAborted();
    await runPoint(deps, {
      scenario,
      params,
      size,
      name: `[${index + 1}/${points.length}] ${scenario.name} ${paramsText(params)}`,
    });
  }
};

interface Point {
  readonly scenario: Scenario;
  readonly params: Params;
  readonly size: Size;
  /** For people. */
  readonly name: string;
}

const runPoint = async (deps: BenchDeps, point: Point): Promise<void> => {
  const { scenario, size } = point;
  const ceiling = await ceilingFor(deps, point);
  // What was prepared serves all repetitions; else each begins with an empty store.
  const repsOfPlace = scenario.prepare === undefined ? 1 : size.reps;
  for (let from = 1; from <= size.reps; from += repsOfPlace) {
    await runInPlace(deps, point, { from, to: from + repsOfPlace, ceiling });
  }
};

interface Turn {
  readonly from: number;
  /** Not that one any more. */
  readonly to: number;
  readonly ceiling: Ceiling | null;
}

const runInPlace = async (deps: BenchDeps, point: Point, { from, to, ceiling }: Turn): Promise<void> => {
  const { scenario, params, size, name } = point;
  deps.report(`${name}: getting ready`);
  await using opened = await deps.grounds.open(bucketsOf(scenario, params));
  const { url, folder } = opened;
  await using place = await Place.open({ ...deps, url, folder, store: await opened.openStore() });
  await scenario.prepare?.(place, params, size);
  for (let rep = from; rep < to; rep += 1) {
    const measured = await runRepetition(deps, point, { place, rep });
    if (ceiling === null) continue;
    deps.signal.throwIfAborted();
    deps.report(`${name}: ${rep} of ${size.reps}, the ceiling`);
    const metrics = shareOf(measured.found.metrics, await ceiling(folder));
    const rows = metrics.map((metric) => rowOf(deps, point, { rep, phase: 'measure' }, metric, measured));
    await deps.add({ rows, seconds: [], latencies: [] });
  }
};

/** What was found without a fault. */
const runRepetition = async (
  deps: BenchDeps,
  point: Point,
  { place, rep }: { readonly place: Place; readonly rep: number },
): Promise<Measured> => {
  const { scenario, params, size, name } = point;
  const measuredIn = async (phase: Phase): Promise<Measured> => {
    deps.signal.throwIfAborted();
    deps.report(`${name}: ${rep} of ${size.reps}${phase === 'measure' ? '' : `, ${phase}`}`);
    await using _fault =
      phase === 'fault' && deps.fault !== null ? await Fault.start(deps.program, deps.fault) : undefined;
    const measured = await timed(deps, () => scenario.measure(place, params, size));
    const rows = measured.found.metrics.map((metric) => rowOf(deps, point, { rep, phase }, metric, measured));
    const seconds = (measured.found.seconds ?? []).map((found, second) => ({
      ...{ scenario: scenario.name, params: paramsText(params), rep, second, found },
    }));
    await deps.add({ rows, seconds, latencies: latenciesOf(point, { rep, phase }, measured) });
    return measured;
  };
  const measured = await measuredIn('measure');
  for (const phase of deps.fault === null ? [] : (['fault', 'recovery'] as const)) await measuredIn(phase);
  return measured;
};

const latenciesOf = (
  { scenario, params }: Point,
  { rep, phase }: { readonly rep: number; readonly phase: Phase },
  { found, startedAt, tookMs }: Measured,
): readonly LatencyLog[] =>
  found.metrics.flatMap(({ metric, latencies }) => {
    if (latencies === undefined) return [];
    const tag = `${scenario.name}/${metric};${paramsText(params)};phase=${phase};rep=${rep}`;
    return [{ tag, startMs: Date.parse(startedAt), tookMs, latencies }];
  });

interface Measured {
  readonly found: Found;
  readonly startedAt: string;
  readonly tookMs: number;
  /** Of one core, by this process: clients and their code. */
  readonly ownCpuPercent: number;
}

const timed = async ({ clock }: BenchDeps, measure: () => Promise<Found>): Promise<Measured> => {
  const [startMs, cpu, startedAt] = [machineMs(), process.cpuUsage(), isoTime(clock.wallMs())];
  const found = await measure();
  const tookMs = machineMs() - startMs;
  const { user, system } = process.cpuUsage(cpu);
  return { found, startedAt, tookMs, ownCpuPercent: (user + system) / US_PER_MS / tookMs / PERCENT };
};

const US_PER_MS = 1_000;
const PERCENT = 0.01;

const ceilingFor = async (deps: BenchDeps, { scenario, params, size, name }: Point): Promise<Ceiling | null> => {
  const work = scenario.ceiling?.(params, size) ?? null;
  if (work === null) return null;
  deps.report(`${name}: what is sent`);
  const { grounds, clock, random, signal } = deps;
  await using opened = await grounds.open(bucketsOf(scenario, params));
  const isEmbedded = grounds.kind === 'embedded';
  const around = { clock, random, signal, isEmbedded, openStore: () => opened.openStore() };
  const ceiling = await captureCeiling(work, around);
  signal.throwIfAborted();
  // Nodes become faster for minutes: what comes first, jobctl or its ceiling, is not to find them colder.
  if (!isEmbedded) await ceiling(opened.folder);
  return ceiling;
};

const bucketsOf = ({ buckets }: Scenario, params: Params): number => buckets?.(params) ?? BUCKETS_DEFAULT;

const shareOf = (metrics: readonly Metric[], ceiling: number): readonly Metric[] => {
  const throughput = metrics.find(({ metric }) => metric === 'throughput');
  if (throughput === undefined) return [];
  return [
    { metric: 'ceiling', unit: throughput.unit, better: 'higher', value: ceiling },
    { metric: 'share-of-ceiling', unit: 'ratio', better: 'higher', value: throughput.value / ceiling },
  ];
};

const rowOf = (
  { about, grounds }: BenchDeps,
  { scenario, params, size }: Point,
  { rep, phase }: { readonly rep: number; readonly phase: Phase },
  metric: Metric,
  { found, startedAt, tookMs, ownCpuPercent }: Measured,
): Row => {
  const reason = found.wrong === null ? (metric.invalid ?? '') : `${VOID}${found.wrong}`;
  const cpu = found.metrics.find((each) => each.metric === 'worker-cpu' || each.metric === 'cpu');
  const memory = found.metrics.find(({ unit }) => unit === 'MB');
  return {
    ...{ schema_version: SCHEMA_VERSION, scenario: scenario.name, params: paramsText(params), rep: String(rep) },
    ...{ phase, metric: metric.metric, unit: metric.unit, better: metric.better },
    ...{ value: numberText(metric.value), n: numberText(metric.latencies?.count ?? metric.ok ?? 1) },
    ...{ ok: numberText(metric.ok), errors: numberText(metric.errors), info: '', dropped: numberText(metric.dropped) },
    ...distributionCells(metric.latencies?.summary()),
    ...{ offered_rate: numberText(metric.offeredRate), achieved_rate: numberText(metric.achievedRate) },
    ...{ duration_s: numberText(tookMs / MS_PER_S), warmup_s: numberText(size.warmupSeconds) },
    ...{ valid: reason === '' ? 'true' : 'false', invalid_reason: reason },
    ...{ send_lag_p99_ms: numberText(metric.sendLagP99Ms), gen_cpu_pct: numberText(ownCpuPercent) },
    ...{ sut_cpu_pct: cpu?.metric === 'cpu' ? numberText(cpu.value) : '', rss_mb: numberText(memory?.value) },
    ...{ store: grounds.kind, started_at: startedAt, ...about },
  };
};
