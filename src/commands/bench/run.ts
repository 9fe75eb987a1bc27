// jobctl bench: measures jobctl on a store of its own, and writes what it finds.
import { dirname, resolve } from 'node:path';
import type { Row } from '../../bench/results/table.ts';
import type { Repetition } from '../../bench/run.ts';
import type { Scenario, Size } from '../../bench/scenario.ts';
import { parseDuration } from '../../config/parse/duration.ts';
import { oneOf, parseText, wholeNumber } from '../../config/parse/values.ts';
import { FAULT_NAMES, type FaultName } from '../../core/model/chaos.ts';
import { isOnThisMachine } from '../../core/model/cluster.ts';
import { EXIT, usageError } from '../../core/model/errors.ts';
import { didYouMean } from '../../core/model/suggest.ts';
import { isoTime } from '../../core/model/time.ts';
import { program, stoppedExit } from '../chaos/scene.ts';
import { defineCommand, flag, option } from '../command.ts';
import { confirm } from '../confirm.ts';
import type { Context } from '../context.ts';
import { packageVersion } from '../version.ts';

const REPS_MAX = 1_000;
const JOBS_MAX = 10_000_000;
const PROFILE_NAMES = ['smoke', 'standard', 'full'] as const;
const MS_PER_S = 1_000;

export const benchRun = defineCommand({
  name: 'bench run',
  changes: 'itself',
  arguments: '[scenario...]',
  isDefault: true,
  summary: 'measure jobctl on a store of its own, and write what is found to a file',
  details: `Without names: every scenario of the suite (\`jobctl bench list\`). On the embedded store it works in files of its own, in the folder of --out; on a
cluster in the keyspace jobctl_bench, which it drops and makes anew. Your jobs are not touched, but a cluster that others use is slower meanwhile.
Latency counts from the moment at which a request was meant to be sent (open loop); throughput is what as many callers as it takes get (closed loop). Every
repetition ends with a look whether every job succeeded once; if not, it is void. One that says more of the machine than of jobctl is invalid, and does not
count. Beside results.csv it writes results.meta.json and results.series.csv. Exit 6: a repetition was void; 130: Ctrl-C came, and what was measured until then is in the file.`,
  options: {
    out: option('<file>', 'results, as CSV; with two companions of the same name (default: only the table)', parseText),
    hdrOut: option('<file>', 'whole distributions of latencies, as a log that HdrHistogram reads (.hlog)', parseText),
    append: flag('add to the files instead of beginning them anew'),
    suite: option(
      '<name>',
      'smoke: a minute; standard: half an hour; full: hours (default smoke)',
      oneOf(PROFILE_NAMES),
    ),
    reps: option('<n>', 'repetitions (default by suite: 3, 5, 10)', wholeNumber(1, REPS_MAX)),
    duration: option('<duration>', 'of each load (default by suite: 1s, 10s, 20s)', parseDuration),
    jobs: option('<n>', 'of a backlog (default by suite: 5000, 20000, 50000)', wholeNumber(1, JOBS_MAX)),
    withChaos: option(
      '<fault>',
      'also while that is broken, and after it was mended (`jobctl chaos list`)',
      oneOf(FAULT_NAMES),
    ),
    keep: flag('leave stores and logs where they are'),
  },
  examples: [
    { does: 'the quick ones, on the embedded store', line: 'jobctl bench --out results.csv' },
    {
      does: 'one of them, on a cluster',
      line: 'jobctl bench drain --store cassandra://127.0.0.1,127.0.0.2,127.0.0.3/jobctl?dc=dc1 --out c.csv',
    },
    {
      does: 'while a node is down, too',
      line: 'jobctl bench e2e --with-chaos kill-node --store cassandra://127.0.0.1/jobctl?dc=dc1 --out f.csv',
    },
  ],
  async run(context, names, { out, hdrOut, append = false, keep = false, withChaos = null, ...how }) {
    const { SUITES } = await import('../../bench/suite.ts');
    const suite = SUITES[how.suite ?? 'smoke'];
    const size: Size = {
      ...suite,
      ...(how.reps === undefined ? {} : { reps: how.reps }),
      ...(how.duration === undefined ? {} : { seconds: how.duration / MS_PER_S }),
      ...(how.jobs === undefined ? {} : { jobs: how.jobs }),
    };
    const scenarios = await chosen(names, size);
    if (!(await mayMeasure(context))) return EXIT.ok;
    return measure(context, { scenarios, size, out, hdrOut, fault: withChaos, isAppended: append, isKept: keep });
  },
});

/** Throws OPTION_INVALID. */
const chosen = async (names: readonly string[], { name }: Size): Promise<readonly Scenario[]> => {
  const { SCENARIOS } = await import('../../bench/scenarios/all.ts');
  if (names.length === 0) return SCENARIOS.filter(({ isQuick = false }) => name !== 'smoke' || isQuick);
  return [...new Set(names)].map((wanted) => {
    const found = SCENARIOS.find((scenario) => scenario.name === wanted);
    if (found !== undefined) return found;
    const all = SCENARIOS.map((scenario) => scenario.name);
    throw usageError('OPTION_INVALID', `there is no scenario "${wanted}"${didYouMean(wanted, all)}`, {
      hint: 'see them with `jobctl bench list`',
    });
  });
};

/** A cluster on other machines may be somebody's. */
const mayMeasure = async (context: Context): Promise<boolean> => {
  const { store } = context.config.values;
  if (isOnThisMachine(store)) return true;
  const hosts = /^cassandra:\/\/([^/?]*)/.exec(store)?.[1]?.split(',') ?? [];
  return confirm(context, 'measure there? it writes as much as the cluster takes', hosts);
};

interface Request {
  readonly scenarios: readonly Scenario[];
  readonly size: Size;
  readonly out: string | undefined;
  readonly hdrOut: string | undefined;
  readonly fault: FaultName | null;
  readonly isAppended: boolean;
  readonly isKept: boolean;
}

const measure = async (
  context: Context,
  { scenarios, size, out, hdrOut, fault, isAppended, isKept }: Request,
): Promise<number> => {
  const { runScenarios, VOID } = await import('../../bench/run.ts');
  const { metaOf } = await import('../../bench/results/meta.ts');
  const { summarize } = await import('../../bench/results/summary.ts');
  const { openGrounds } = await import('./grounds.ts');
  const { addLatencies, addRows, assertHlog, filesOf, startFiles, startHlog } = await import('./files.ts');
  const { SUMMARIES } = await import('./views.ts');
  const { clock, random, io } = context;
  const placeOf = (path: string | undefined): string | null => (path === undefined ? null : resolve(io.cwd, path));
  const [file, hlog] = [placeOf(out), placeOf(hdrOut)];
  const startMs = clock.wallMs();
  const startedAt = isoTime(startMs);
  const runId = `${startedAt.replaceAll(/[-:]|\.\d+/g, '')}-${random.uint32().toString(16)}`;
  const { stop } = context.shutdown();
  await using open = await openGrounds(context, file === null ? io.cwd : dirname(file), isKept);
  const request = {
    runId,
    startedAt,
    argv: context.argv,
    jobctl: packageVersion(),
    size,
    scenarios,
    store: open.about,
  };
  const meta = await metaOf(request);
  if (hlog !== null) await assertHlog(hlog); // before anything is begun anew
  if (file !== null) await startFiles(file, meta, isAppended);
  if (hlog !== null) await startHlog(hlog, startMs, isAppended);
  const rows: Row[] = [];
  const progress = progressOf(context);
  const about = {
    run_id: runId,
    git_commit: meta.git === null ? '' : `${meta.git.commit}${meta.git.isDirty ? '+' : ''}`,
  };
  const deps = {
    grounds: open.grounds,
    about,
    fault,
    program: program(),
    clock,
    random,
    signal: stop,
    report: progress.say,
  };
  const add = async (found: Repetition): Promise<void> => {
    rows.push(...found.rows);
    if (file !== null) await addRows(file, found);
    if (hlog !== null) await addLatencies(hlog, found.latencies);
  };
  try {
    await runScenarios({ ...deps, add }, scenarios, size);
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    progress.end();
  }
  context.out.list({ items: summarize(rows) }, SUMMARIES);
  if (file !== null) context.note(`${out}, ${filesOf(out ?? '').meta}; to look at it: jobctl bench report ${out}`);
  if (stop.aborted) return stoppedExit(stop);
  return rows.some(({ invalid_reason }) => invalid_reason.startsWith(VOID)) ? EXIT.checkFailed : EXIT.ok;
};

/** One line that is written over, where a person looks; else a line each. */
const progressOf = ({ io, flags, note }: Context) => {
  const { stderr } = io;
  const isLive = stderr.isTTY && !flags.quiet;
  return {
    say: (text: string): void => {
      if (isLive) stderr.write(`\r\u001b[2K${text}`.slice(0, stderr.columns ?? 80));
      else note(text);
    },
    end: (): void => {
      if (isLive) stderr.write('\r\u001b[2K');
    },
  };
};
