// npm run cost: what a job costs on a real Cassandra, counted by its nodes: write requests, compare-and-sets, rows, reads; and
// whether looking for work costs more after a million finished jobs than after a thousand (I10). Exit 6 when a bound is broken.
import { parseArgs } from 'node:util';
import { ageOf, writeFinished } from '../src/bench/finished.ts';
import { EXIT, errorText, JobctlError, usageError } from '../src/core/model/errors.ts';
import { type EndSignal, listenToSignals } from '../src/platform/process-signals.ts';
import { Fleet } from './cost/fleet.ts';
import { BUCKETS, openPlace } from './cost/place.ts';
import { type Measured, reportText } from './cost/report.ts';
import { measureLoad, measureSingle, measureStanding } from './cost/scenarios.ts';
import { compareSweeps, RECENT_JOBS } from './cost/sweeps.ts';
import { boundsOf, isKept } from './cost/verdict.ts';

const WORKERS = 2;
const SINGLE_JOBS = 100;
const LOAD_JOBS = 10_000;
const FINISHED_MANY = 1_000_000;
/** Progress of writing is told every so many jobs. */
const TELL_EVERY = 100_000;

const USAGE = `usage: npm run cost -- [--finished N] [--jobs N] [--store URL] [-o table|json]

  --finished N   jobs that have finished before the second measurement of a sweep; default ${FINISHED_MANY}
  --jobs N       jobs at full speed; default ${LOAD_JOBS}. Below some 2000 the standing compare-and-sets, which are counted in,
                 break the bound
  --store URL    cassandra://HOST,.../KEYSPACE?dc=NAME: measure there, in keyspaces of its own that are dropped afterwards;
                 default: three nodes are started for the run and removed
  -o json        one JSON object on stdout; npm adds lines of its own unless it is told: npm run --silent cost -- -o json

Exit 6 when a bound is broken, or could not be measured.
`;

interface Options {
  readonly finished: number;
  readonly jobs: number;
  readonly store: string | null;
  readonly output: 'table' | 'json';
}

const main = async (): Promise<number> => {
  const options = parseOptions();
  if (options === 'help') {
    process.stdout.write(USAGE);
    return EXIT.ok;
  }
  const ending = Promise.withResolvers<EndSignal>();
  const stop = new AbortController();
  listenToSignals((signal) => {
    stop.abort(new Error(`interrupted by ${signal}`));
    ending.resolve(signal);
  });
  const undo = new AsyncDisposableStack();
  try {
    const measuring = measure(options, undo, stop.signal);
    measuring.catch(() => {}); // after an interruption nobody waits for it
    const measured = await Promise.race([measuring, ending.promise]);
    if (typeof measured === 'string') return measured === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted;
    process.stdout.write(options.output === 'json' ? `${JSON.stringify(measured)}\n` : reportText(measured));
    return isKept(measured.bounds) ? EXIT.ok : EXIT.checkFailed;
  } finally {
    stop.abort();
    await undo.disposeAsync();
  }
};

const measure = async (options: Options, undo: AsyncDisposableStack, signal: AbortSignal): Promise<Measured> => {
  report(`measuring ${options.store ?? 'on three nodes of this run, which are removed afterwards'}`);
  const { nodes, keyspace } = await openPlace(options.store, report, undo);
  const written = options.finished - options.jobs - SINGLE_JOBS - RECENT_JOBS;
  const startFleet = async (url: string) => undo.use(await Fleet.start(url, { workers: WORKERS, signal }));
  const sideOf = async (name: string, finished: number) => {
    const url = await keyspace(name, ageOf(written, BUCKETS));
    return { url, side: { nodes, keyspace: keyspaceOf(url), finished, signal } };
  };
  const large = await sideOf('many', options.finished);
  const small = await sideOf('few', RECENT_JOBS);

  report(`standing: ${WORKERS} workers, no jobs`);
  const many = { ...large.side, fleet: await startFleet(large.url) };
  const standing = await measureStanding(many);
  report(`${SINGLE_JOBS} jobs, one after the other`);
  const single = await measureSingle(many, standing, SINGLE_JOBS);
  report(`${options.jobs.toLocaleString('en')} jobs at full speed`);
  const load = await measureLoad(many, standing, options.jobs);
  await writeFinished(many.fleet.store, { jobs: written, nowMs: Date.now(), signal, progress: tell(written) });
  report('sweeps after few and after many finished jobs');
  const sweeps = await compareSweeps({ few: { ...small.side, fleet: await startFleet(small.url) }, many });
  const { version, count, replicas } = nodes;
  const about = { cassandra: version, nodes: count, replicas, buckets: BUCKETS, workers: WORKERS };
  return { ...about, standing, single, load, sweeps, written, bounds: boundsOf(load, sweeps) };
};

const keyspaceOf = (url: string): string =>
  new URL(url.replace(/^cassandra:\/\/[^/]*/, 'cassandra://x')).pathname.slice(1);

const tell = (all: number) => {
  let told = 0;
  return (jobs: number): void => {
    if (jobs - told < TELL_EVERY && jobs < all) return;
    told = jobs;
    report(`writing the rows of finished jobs: ${jobs.toLocaleString('en')} of ${all.toLocaleString('en')}`);
  };
};

const report = (text: string): void => {
  process.stderr.write(`cost: ${text}\n`);
};

const parseOptions = (): Options | 'help' => {
  const { values } = parse();
  if (values.help === true) return 'help';
  const jobs = countOf('--jobs', values.jobs, { byDefault: LOAD_JOBS, min: 1 });
  const least = jobs + SINGLE_JOBS + 2 * RECENT_JOBS;
  const finished = countOf('--finished', values.finished, { byDefault: FINISHED_MANY, min: least });
  const { output = 'table' } = values;
  if (output !== 'table' && output !== 'json') {
    throw usageError('OPTION_INVALID', `-o: "${output}" is not an output`, { hint: 'use -o table or -o json' });
  }
  return { jobs, finished, output, store: values.store ?? null };
};

const parse = () => {
  try {
    return parseArgs({
      options: {
        finished: { type: 'string' },
        jobs: { type: 'string' },
        store: { type: 'string' },
        output: { type: 'string', short: 'o' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw usageError('OPTION_INVALID', errorText(error), { hint: 'see `npm run cost -- --help`' });
  }
};

const countOf = (
  flag: string,
  text: string | undefined,
  { byDefault, min }: { readonly byDefault: number; readonly min: number },
): number => {
  const count = text === undefined ? byDefault : Number(text);
  if (Number.isInteger(count) && count >= min) return count;
  throw usageError('OPTION_INVALID', `${flag}: "${text}" is not a number of at least ${min}`);
};

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`error: ${errorText(error)}\n`);
  if (error instanceof JobctlError) {
    if (error.detail !== undefined) process.stderr.write(`       ${error.detail}\n`);
    if (error.hint !== undefined) process.stderr.write(`hint:  ${error.hint}\n`);
  }
  process.exitCode = error instanceof JobctlError ? error.exitCode : EXIT.failed;
}
