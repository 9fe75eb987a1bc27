// The report of a benchmark: one file, which needs nothing else.
import { figure } from '../../core/model/figure.ts';
import { escaped } from '../../core/model/markup.ts';
import type { Meta } from '../results/meta.ts';
import type { Summary } from '../results/summary.ts';
import { type Bar, barsSvg, lineSvg, type Point } from './charts.ts';

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --paper: #fff; --soft: #f2f4f7; --line: #d5dae1; --dim: #667085; --bar: #2f6fde; --bad: #c5221f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ee; --paper: #14181f; --soft: #1d232d; --line: #343c49; --dim: #93a0b4; --bar: #5b8ff0; --bad: #ff6b63; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 1060px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 .2rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .2rem; } h3 { font-size: .95rem; font-weight: 600; margin: 1rem 0 .2rem; } p { margin: .3rem 0; } .dim { color: var(--dim); }
table { border-collapse: collapse; width: 100%; font-size: .88rem; } th, td { text-align: left; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; } th.number { text-align: right; } th { color: var(--dim); font-weight: 500; } .bad { color: var(--bad); fill: var(--bad); }
pre { font: 12.5px/1.45 ui-monospace, monospace; background: var(--soft); padding: .7rem; overflow-x: auto; border-radius: 6px; }
svg { width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; fill: var(--dim); } svg text.value { fill: var(--ink); }
.bar { fill: var(--bar); } .bar.pale { fill-opacity: .4; } .range { stroke: var(--ink); stroke-width: 1.5; } .grid { stroke: var(--line); } .line { fill: none; stroke: var(--bar); stroke-width: 2; } .dot { fill: var(--bar); }
details { margin: .5rem 0; } summary { cursor: pointer; color: var(--dim); }
`;

/** Parameters that are drawn as a line where they alone differ. */
const AXES = ['rate', 'pending', 'finished', 'workers', 'buckets', 'bytes', 'contenders', 'schedules'];

export const reportHtml = (summaries: readonly Summary[], meta: Meta | null): string => {
  const scenarios = [...Map.groupBy(summaries, ({ scenario }) => scenario)];
  const title = ['jobctl bench', ...(meta === null ? [] : [meta.startedAt.slice(0, 10)])].join(', ');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${STYLE}</style></head><body>
<h1>${escaped(title)}</h1>
${meta === null ? '<p class="bad">Where it was measured is not known: the .meta.json is missing.</p>' : aboutHtml(meta)}
${scenarios.map(([name, own]) => scenarioHtml(name, own)).join('\n')}
${meta === null ? '' : `<h2>Everything about the machine and the run</h2><details><summary>as JSON</summary><pre>${escaped(JSON.stringify(meta, null, 2))}</pre></details>`}
</body></html>
`;
};

const aboutHtml = ({ store, cpu, cores, memoryMb, os, node, jobctl, git, startedAt, argv, suite }: Meta): string => {
  const nodes = store.nodes === null ? '' : `, ${store.nodes} nodes, ${store.replication}`;
  const commit = git === null ? '' : `, commit ${git.commit}${git.isDirty ? ' and changes' : ''}`;
  return `<p>${escaped(`${store.kind === 'embedded' ? 'SQLite' : 'Cassandra'} ${store.version}${nodes}; ${cores} x ${cpu}, ${Math.round(memoryMb / 1_000)} GB; ${os}; Node ${node}; jobctl ${jobctl}${commit}; ${startedAt}`)}</p>
<p class="dim">Suite ${escaped(suite.name)}, ${suite.reps} repetitions. Bars and points are medians of the repetitions, the thin lines where the median may be (95 %). Throughput comes from a closed
loop: it says how much can be done, and nothing about latency. Numbers of other machines, and of this one while it does something else, are not comparable.</p>
<pre>jobctl ${escaped(argv.join(' '))}</pre>`;
};

const scenarioHtml = (name: string, summaries: readonly Summary[]): string => {
  const drawn = summaries.filter(({ metric }) => metric !== 'ceiling');
  const charts = [...Map.groupBy(drawn, ({ metric, phase }) => `${metric} ${phase}`).values()].map((same) => {
    const [first] = same as [Summary];
    const phase = first.phase === 'measure' ? '' : `, ${first.phase}`;
    const which = first.better === 'higher' ? 'more is better' : 'less is better';
    return `<h3>${escaped(first.metric + phase)} <span class="dim">${which}</span></h3>${chartOf(same, summaries)}`;
  });
  return `<h2>${escaped(name)}</h2>${charts.join('')}${tableHtml(summaries)}`;
};

/** A line over a parameter, bars beside each other; of a single latency its percentiles, of a throughput its ceiling. */
const chartOf = (same: readonly Summary[], all: readonly Summary[]): string => {
  const axis = axisOf(same);
  if (axis !== null) return lineSvg(pointsOf(same, axis), axis);
  const bars = same.flatMap((summary): readonly Bar[] => {
    const label = summary.params.replaceAll(';', ' ');
    const ceiling = all.find((each) => each.metric === 'ceiling' && each.params === summary.params);
    if (summary.metric === 'throughput' && ceiling !== undefined) {
      return [barOf(summary, label), { ...barOf(ceiling, 'ceiling: the bare driver'), tone: 'pale' }];
    }
    if (same.length > 1 || summary.p50 === null) return [barOf(summary, label)];
    const percentiles = [['p99', summary.p99] as const, ['p99.9', summary.p999] as const];
    const tails = percentiles.flatMap(([name, value]) =>
      value === null ? [] : [{ label: name, value, low: null, high: null, unit: summary.unit, tone: 'pale' as const }],
    );
    return [barOf(summary, `${label}, median`), ...tails];
  });
  return barsSvg(bars, same[0]?.unit === 'ratio' ? 1 : 0);
};

const barOf = ({ median, low, high, unit, invalid }: Summary, label: string): Bar => ({
  ...{ label, value: median, low, high, unit, tone: 'full' },
  ...(median === null ? { why: invalid.join('; ') } : {}),
});

/** The one parameter that differs, where it is a number and there are several of it. */
const axisOf = (summaries: readonly Summary[]): string | null => {
  if (summaries.length < 3) return null;
  const all = summaries.map(
    ({ params }) => new Map(params.split(';').map((each) => each.split('=') as [string, string])),
  );
  const names = [...new Set(all.flatMap((params) => [...params.keys()]))];
  const differing = names.filter((name) => new Set(all.map((params) => params.get(name))).size > 1);
  const [only] = differing;
  return differing.length === 1 && only !== undefined && AXES.includes(only) ? only : null;
};

const pointsOf = (summaries: readonly Summary[], axis: string): readonly Point[] =>
  summaries.map((summary) => ({ summary, x: Number(new RegExp(`(?:^|;)${axis}=([^;]*)`).exec(summary.params)?.[1]) }));

const tableHtml = (summaries: readonly Summary[]): string => {
  const rows = summaries.map(
    ({ params, metric, phase, median, unit, low, high, p50, p99, p999, values, invalid }) =>
      `<tr><td>${escaped(params.replaceAll(';', ' '))}</td><td>${escaped(metric)}${phase === 'measure' ? '' : `, ${escaped(phase)}`}</td>${[figure(median), low === null ? '' : `${figure(low)} to ${figure(high)}`, figure(p50), figure(p99), figure(p999)].map((text) => `<td class="number">${text}</td>`).join('')}<td>${escaped(unit)}</td><td>${values.length}${invalid.length === 0 ? '' : ` <span class="bad">${escaped(invalid.join('; '))}</span>`}</td></tr>`,
  );
  return `<details><summary>numbers</summary><table><tr><th>with</th><th>metric</th><th class="number">median</th><th class="number">95 %</th><th class="number">p50</th><th class="number">p99</th><th class="number">p99.9</th><th>unit</th><th>repetitions</th></tr>${rows.join('')}</table></details>`;
};
