// The report of a run: one file, which needs nothing else.
import { escaped } from '../../core/model/markup.ts';
import type { History, Operation } from '../history/history.ts';
import type { RunRecord } from '../run/record.ts';
import type { InvariantView, RunVerdict } from '../run/verdict.ts';
import { availabilityStrip, bandsOf, cronChart, latencyChart, runsChart, tokenCharts } from './charts.ts';

const MS_PER_SECOND = 1_000;
const COMMANDS_MAX = 500;

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --paper: #fff; --soft: #f2f4f7; --line: #d5dae1; --dim: #667085;
  --ok: #17803d; --bad: #c5221f; --some: #b25e02; --band: #f6c34436; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ee; --paper: #14181f; --soft: #1d232d; --line: #343c49; --dim: #93a0b4;
  --ok: #4cc37a; --bad: #ff6b63; --some: #f0a34a; --band: #f6c3442b; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 1060px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 .2rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .4rem; } p { margin: .3rem 0; } .dim { color: var(--dim); }
.verdict { display: inline-block; padding: .1rem .7rem; border-radius: 1rem; color: #fff; font-weight: 600; }
.held { background: var(--ok); } .violated { background: var(--bad); } .unknown { background: var(--dim); }
@media (prefers-color-scheme: dark) { .verdict { color: #10141a; } }
table { border-collapse: collapse; width: 100%; font-size: .9rem; } th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); }
table.invariants { table-layout: fixed; } .invariants th:nth-child(1) { width: 3.2rem; } .invariants th:nth-child(2) { width: 6.5rem; } .invariants th:nth-child(4) { width: 5rem; } .invariants td:first-child { white-space: nowrap; }
th { color: var(--dim); font-weight: 500; } code, pre { font: 12.5px/1.45 ui-monospace, monospace; } pre { background: var(--soft); padding: .7rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; border-radius: 6px; margin: .4rem 0; }
svg { width: 100%; height: auto; } svg text { font: 11px system-ui, sans-serif; fill: var(--dim); } .grid { stroke: var(--line); } .band { fill: var(--band); }
.ok { fill: var(--ok); } .bad { fill: var(--bad); } .some { fill: var(--some); } .other { fill: #2f6fde; fill-opacity: .7; }
.c0 { fill: #2f6fde; } .c1 { fill: #d9480f; } .c2 { fill: #2b8a3e; } .c3 { fill: #862e9c; } .c4 { fill: #b08900; } .c5 { fill: #0b7285; } .c6 { fill: #c2255c; } .c7 { fill: #5f6b7a; }
details { margin: .3rem 0; } summary { cursor: pointer; }
`;

export const reportHtml = (record: RunRecord, history: History, verdict: RunVerdict): string => {
  const { scenario, seed } = record;
  const cron = cronChart(history);
  const tokens = tokenCharts(history);
  const sections = [
    section('Invariants', invariantsTable(verdict.invariants)),
    section('Faults', faultsTable(history)),
    section(
      'Requests of clients',
      `${latencyChart(history)}${availabilityStrip(history)}<p class="dim">Each point is a request: green submitted a job, blue acquired a lock, orange waited for one in vain, red was not answered. Yellow: something was broken.</p>`,
    ),
    section(
      'Handlers',
      `${runsChart(history)}<p class="dim">Green succeeded, orange failed on purpose or was given back, red: nobody heard the end of it.</p>`,
    ),
    ...tokens.map(({ name, svg }) =>
      section(
        `Lock ${name}`,
        `${svg}<p class="dim">One bar for each owner, at the height of its token: bars climb, and never overlap.</p>`,
      ),
    ),
    ...(cron === null
      ? []
      : [section('Schedules', `${cron}<p class="dim">From the time of a slot to the submission of its job.</p>`)]),
    section('Answers', answersTable(history)),
    section('Commands that broke and mended', commandsTable(record)),
    section(
      'Do it again',
      `<pre>${escaped(reproduce(record))}</pre><p class="dim">The same seed gives the same workload and the same faults at the same times; who wins which race is up to the machine.</p>`,
    ),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(scenario.name)}, seed ${seed}: ${verdict.verdict}</title><style>${STYLE}</style></head><body>
<h1>${escaped(scenario.name)} <span class="verdict ${verdict.verdict}">${verdict.verdict}</span></h1>
<p>${escaped(scenario.summary)}</p>
<p class="dim">seed ${seed}, ${new Date(record.startWallMs).toISOString()}, jobctl ${escaped(record.jobctl)}, Node ${escaped(record.node)}, Cassandra ${escaped(record.cluster.cassandra)} on ${record.cluster.nodes} nodes (${record.cluster.runtime}), ${record.operations} operations</p>
${verdict.why === '' ? '' : `<p>${escaped(verdict.why)}</p>`}
${sections.join('\n')}
</body></html>
`;
};

const section = (title: string, body: string): string => `<h2>${escaped(title)}</h2>\n${body}`;

const table = (heads: readonly string[], rows: readonly (readonly string[])[], name = ''): string =>
  `<table class="${name}"><tr>${heads.map((head) => `<th>${head}</th>`).join('')}</tr>${rows
    .map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`)
    .join('')}</table>`;

/** What is violated first, then what the scenario is there to show. */
const invariantsTable = (invariants: readonly InvariantView[]): string => {
  const rank = ({ verdict, wanted }: InvariantView): number => (verdict === 'violated' ? 0 : wanted ? 1 : 2);
  const rows = invariants
    .toSorted((left, right) => rank(left) - rank(right))
    .map((invariant) => {
      const { id, verdict, claim, why, wanted, subjects, operations } = invariant;
      const lines = operations.map(({ text }) => escaped(text)).join('\n');
      const more = `${why === '' ? '' : `<div class="dim">${escaped(why)}</div>`}${lines === '' ? '' : `<pre>${lines}</pre>`}`;
      const badge = `<span class="verdict ${verdict}">${verdict}</span>`;
      return [`<b>${id}</b>${wanted ? ' *' : ''}`, badge, `${escaped(claim)}${more}`, String(subjects)];
    });
  return `${table(['', 'verdict', 'claim', 'subjects'], rows, 'invariants')}<p class="dim">* this scenario is there to show it. Subjects: operations that could have violated it.</p>`;
};

const faultsTable = (history: History): string => {
  const seen = (kind: string, about: string): string =>
    history
      .of('seen')
      .filter(({ given }) => given.kind === kind && given.about === about)
      .map(({ given, startMs }) => `${given.what} (${seconds(startMs)})`)
      .join('; ');
  const rows = history
    .of('fault')
    .map(({ given, startMs, endMs }) => [
      ...[escaped(given.kind), escaped(given.about), seconds(startMs), seconds(endMs)],
      escaped(seen(given.kind, given.about) || 'nothing was seen of it'),
    ]);
  return `${table(['fault', 'target', 'from', 'to', 'seen'], rows)}<p class="dim">everything was mended at ${seconds(history.healedMs)}</p>`;
};

/** Requests by how they ended. */
const answersTable = (history: History): string => {
  const counts = new Map<string, Record<Operation['outcome'], number>>();
  for (const { f, outcome } of history.operations) {
    const count = counts.get(f) ?? { ok: 0, fail: 0, info: 0 };
    count[outcome] += 1;
    counts.set(f, count);
  }
  const during = (f: string): number => {
    const bands = bandsOf(history);
    return history.operations.filter(
      (each) =>
        each.f === f &&
        each.outcome === 'info' &&
        bands.some(({ fromMs, toMs }) => each.startMs >= fromMs && each.startMs <= toMs),
    ).length;
  };
  const rows = [...counts]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([f, { ok, fail, info }]) => [f, String(ok), String(fail), String(info), String(during(f))]);
  return table(['operation', 'ok', 'refused', 'unknown', 'of these, begun during a fault'], rows);
};

const commandsTable = ({ commands }: RunRecord): string =>
  table(
    ['at', 'to', 'command'],
    commands
      .slice(0, COMMANDS_MAX)
      .map(({ atMs, step, command }) => [seconds(atMs), step, `<code>${escaped(command)}</code>`]),
  );

const reproduce = ({ scenario, seed, cluster }: RunRecord): string =>
  [
    `jobctl cluster up --runtime ${cluster.runtime} --nodes ${cluster.nodes}`,
    `jobctl chaos run ${scenario.name} --seed ${seed} --yes`,
  ].join('\n');

const seconds = (ms: number): string => (Number.isFinite(ms) ? `${(ms / MS_PER_SECOND).toFixed(1)} s` : 'never');
