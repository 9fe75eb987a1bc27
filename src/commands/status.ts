// jobctl status: how all of it is, on a dozen lines.

import { EXIT } from '../core/model/errors.ts';
import { figure } from '../core/model/figure.ts';
import type { Overview, Problem } from '../core/overview.ts';
import { API_OPTIONS, asker } from './ask.ts';
import { defineCommand } from './command.ts';
import type { ResultView } from './output/out.ts';
import type { Style } from './output/style.ts';
import type { CellFormat } from './output/table.ts';
import { clearScreen, keepLooking, WATCH_OPTIONS } from './watching.ts';

const LABEL_WIDTH = 12;

/** What is answered, and what is to be read from it. */
interface Status extends Overview {
  readonly problems: readonly Problem[];
}

const VIEW: ResultView<Status> = {
  name: () => 'status',
  text: (status, format, style) => [...lines(status, format), ...problemLines(status, style)].join('\n'),
};

const lines = (status: Status, format: CellFormat): readonly string[] => {
  const { nodes, workers, schedulers, slots, buckets, jobs, counters, schedules, deadLetters } = status;
  const up = nodes.filter(({ state }) => state === 'up').length;
  const plus = (exact: boolean): string => (exact ? '' : ' or more');
  const oldest = jobs.oldestDueAt === null ? '' : `; the oldest is due for ${format.time(jobs.oldestDueAt)}`;
  const { unfinished, running, retrying, exact } = jobs;
  const paused = schedules.paused === 0 ? '' : `, ${schedules.paused} paused`;
  const facts: readonly (readonly [string, string])[] = [
    ['store', status.store],
    ['nodes', `${up} of ${nodes.length} up`],
    ['workers', `${workers} live, ${slots.busy} of ${slots.all} slots busy`],
    ['schedulers', `${schedulers} live`],
    ['buckets', `${buckets.all}, ${buckets.unowned.length === 0 ? 'all owned' : `${buckets.unowned.length} unowned`}`],
    ['jobs', `${figure(unfinished)}${plus(exact)} unfinished: ${running} running, ${retrying} retrying${oldest}`],
    ['done', `${figure(counters.succeeded)} succeeded, ${figure(counters.failed + counters.dead)} failed or dead`],
    ['dlq', `${deadLetters.count}${plus(deadLetters.exact)}`],
    ['schedules', `${schedules.all}${paused}`],
  ];
  return facts.map(([name, text]) => `${name.padEnd(LABEL_WIDTH)}${text}`);
};

const problemLines = ({ problems }: Status, style: Style): readonly string[] => {
  if (problems.length === 0) return [style('good', 'all is well')];
  return problems.map(({ what, hint }) => `${style('bad', `problem: ${what}`)}  ${style('dim', hint)}`);
};

export const status = defineCommand({
  name: 'status',
  summary: 'how all of it is, at a glance, and what needs attention',
  details:
    'Nodes, workers, buckets, jobs, dead letters. Looks only; `jobctl doctor` checks, and fails when something is wrong. --watch goes on until a signal; -o json is then a line each time.',
  options: {
    ...WATCH_OPTIONS,
    ...API_OPTIONS,
  },
  examples: [
    { does: 'now', line: 'jobctl status' },
    { does: 'and on', line: 'jobctl status -w' },
    { does: 'what needs attention', line: "jobctl status -o json | jq -r '.problems[].what'" },
  ],
  async run(context, _args, { watch = false, api }) {
    const { problemsOf } = await import('../core/overview.ts');
    const ask = await asker(context, { api });
    const look = async (): Promise<Status> => {
      const overview = await ask<Overview>('overview');
      return { ...overview, problems: problemsOf(overview) };
    };
    if (watch) {
      const sink = context.out.results<Status>('stream', VIEW);
      return keepLooking(context, look, (seen) => {
        clearScreen(context);
        sink.add(seen);
      });
    }
    context.out.result(await look(), VIEW);
    return EXIT.ok;
  },
});
