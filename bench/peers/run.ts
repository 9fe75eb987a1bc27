// npm run bench:peers: jobctl beside other queues, through the same work, in one run, into one file. Installs what is missing,
// starts the servers, stops them, and prints a table with ratios. What they are and how they are set: docs/performance.md.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { metaOf } from '../../src/bench/results/meta.ts';
import { type Summary, summarize } from '../../src/bench/results/summary.ts';
import {
  COLUMNS,
  distributionCells,
  numberText,
  type Row,
  rowLine,
  SCHEMA_VERSION,
} from '../../src/bench/results/table.ts';
import type { Found, Metric } from '../../src/bench/scenario.ts';
import { startProcessCluster } from '../../src/cluster/process/join.ts';
import { csvText } from '../../src/core/model/csv.ts';
import { EXIT, errorText } from '../../src/core/model/errors.ts';
import { isoTime } from '../../src/core/model/time.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { machineMs } from '../../src/platform/machine-time.ts';
import { listenToSignals } from '../../src/platform/process-signals.ts';
import { privatePlace } from '../../test/support/private-place.ts';
import { cassandraPeer, embeddedPeer } from './jobctl.ts';
import { modulePeer, type Peer } from './peer.ts';
import { installServers, startPostgres, startRedis } from './servers.ts';
import { WORKLOADS, type WorkloadName } from './workloads.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const NODES = 3;
/** Takes up to a minute and a half for each peer, and does not vary: once. */
const ONCE: readonly string[] = ['recovery'];
/** Those that need the packages of this folder. */
const MODULES = ['bullmq', 'bullmq-fsync', 'pg-boss', 'graphile-worker', 'cas-queue'];
/** A compare-and-set for every change: it would take all day to drain as many. */
const CAS_SHARE = 0.05;

const USAGE = `usage: npm run bench:peers -- [--out peers.csv] [--reps N] [--seconds N] [--jobs N] [--concurrency N] [--only a,b] [--work a,b] [--no-cassandra]

  --out FILE       results, as those of jobctl bench; default peers.csv
  --reps N         repetitions, in turns; default 3
  --seconds N      of each load; default 5
  --jobs N         that are drained; default 20000
  --concurrency N  jobs that a worker runs at a time; default 1024
  --only LIST      of ${['jobctl', 'jobctl-cassandra', ...MODULES].join(', ')}
  --work LIST      of ${Object.keys(WORKLOADS).join(', ')}
  --no-cassandra   without the two that need three nodes
`;

interface Options {
  readonly out: string;
  readonly reps: number;
  readonly seconds: number;
  readonly jobs: number;
  readonly concurrency: number;
  readonly only: readonly string[] | null;
  readonly work: readonly WorkloadName[];
  readonly cassandra: boolean;
}

const say = (text: string): void => {
  process.stderr.write(`peers: ${text}\n`);
};

const main = async (): Promise<number> => {
  const options = parseOptions();
  if (options === null) {
    process.stdout.write(USAGE);
    return EXIT.ok;
  }
  const stop = new AbortController();
  listenToSignals((signal) => stop.abort(new Error(`ended by ${signal}`)));
  await using undo = new AsyncDisposableStack();
  const folder = await mkdtemp(join(resolve('.'), '.jobctl-peers-'));
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755); // PostgreSQL runs as another user
  if (wants(options, ...MODULES)) installPackages();
  writeFileSync(options.out, csvText([COLUMNS]));
  writeFileSync(
    options.out.replace(/(\.csv)?$/, '.meta.json'),
    `${JSON.stringify(await aboutRun(options), null, 2)}\n`,
  );
  const rows: Row[] = [];
  // Nodes of Cassandra take both processors for a while after they were loaded: they are started when the others are done.
  for (const open of [openLocalPeers, openCassandraPeers]) {
    await using group = new AsyncDisposableStack();
    const peers = (await open(folder, options, group)).filter(({ name }) => wants(options, name));
    for (const { work, rep, reps } of roundsOf(options)) {
      for (const peer of peers) {
        stop.signal.throwIfAborted();
        say(`${work}, ${rep} of ${reps}: ${peer.name}`);
        const around = { options, folder: join(folder, `${work}-${rep}-${peer.name}`), signal: stop.signal };
        const found = await measure(peer, work, around);
        rows.push(...found.metrics.map((metric) => rowOf(peer, { work, rep, options }, metric, found)));
        writeFileSync(options.out, csvText([COLUMNS, ...rows.map(rowLine)]));
      }
    }
  }
  process.stdout.write(tableText(summarize(rows)));
  say(`${options.out}; to look at it: npx jobctl bench report ${options.out}`);
  return rows.some(({ valid }) => valid === 'false') ? EXIT.checkFailed : EXIT.ok;
};

interface Around {
  readonly options: Options;
  readonly folder: string;
  readonly signal: AbortSignal;
}

const measure = async (peer: Peer, work: WorkloadName, { options, folder, signal }: Around): Promise<Found> => {
  mkdirSync(folder);
  const client = await peer.openClient();
  try {
    await client.clear();
    return await WORKLOADS[work]({ ...options, peer, client, folder, signal, jobs: jobsOf(peer, options) });
  } catch (error) {
    signal.throwIfAborted();
    return {
      metrics: [{ metric: work, unit: 'failed', better: 'higher', value: Number.NaN }],
      wrong: errorText(error),
    };
  } finally {
    await client.close();
  }
};

const jobsOf = ({ name }: Peer, { jobs }: Options): number =>
  name === 'cas-queue' ? Math.ceil(jobs * CAS_SHARE) : jobs;

const installPackages = (): void => {
  if (existsSync(join(HERE, 'node_modules'))) return;
  say('installing the packages of bench/peers');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: HERE, stdio: 'inherit' });
};

/** Each repetition of each work, so that all queues take turns. */
const roundsOf = ({ work: works, reps }: Options) =>
  works.flatMap((work) => {
    const count = ONCE.includes(work) ? 1 : reps;
    return Array.from({ length: count }, (_, index) => ({ work, rep: index + 1, reps: count }));
  });

const wants = ({ only }: Options, ...names: readonly string[]): boolean =>
  only === null || names.some((name) => only.includes(name));

type OpenPeers = (folder: string, options: Options, undo: AsyncDisposableStack) => Promise<readonly Peer[]>;

const openLocalPeers: OpenPeers = async (folder, options, undo) => {
  const peers: Peer[] = [embeddedPeer(folder)];
  if (wants(options, 'bullmq', 'bullmq-fsync', 'pg-boss', 'graphile-worker')) installServers(say);
  for (const sync of ['default', 'always'] as const) {
    const name = sync === 'always' ? 'bullmq-fsync' : 'bullmq';
    if (!wants(options, name)) continue;
    const redis = await startRedis(folder, sync);
    undo.defer(() => redis.end());
    peers.push(modulePeer('bullmq', { name, config: { port: redis.port }, servers: [redis.pid] }));
  }
  if (wants(options, 'pg-boss', 'graphile-worker')) {
    const postgres = await startPostgres(folder);
    undo.defer(() => postgres.end());
    const { connectionString, pid } = postgres;
    const about = { config: { connectionString }, servers: [pid] };
    for (const name of ['pg-boss', 'graphile-worker']) {
      if (wants(options, name)) peers.push(modulePeer(name, { name, ...about }));
    }
  }
  return peers;
};

const openCassandraPeers: OpenPeers = async (folder, options, undo) => {
  if (!options.cassandra || !wants(options, 'jobctl-cassandra', 'cas-queue')) return [];
  say('starting three nodes');
  const place = privatePlace('peers', NODES);
  const cluster = await startProcessCluster({
    ...{ nodes: NODES, directory: join(folder, 'cassandra'), clock: systemClock, report: say },
    ...{ addresses: place.addresses, ports: place.ports },
  });
  undo.defer(() => cluster.stopAll('kill'));
  const config = { contactPoints: cluster.contactPoints, port: cluster.cqlPort };
  const plain = modulePeer('cas-queue', { name: 'cas-queue', config, servers: [] });
  return [cassandraPeer(cluster.contactPoints), plain];
};

const rowOf = (
  peer: Peer,
  { work, rep, options }: { readonly work: WorkloadName; readonly rep: number; readonly options: Options },
  metric: Metric,
  { wrong }: Found,
): Row => {
  const reason = wrong === null ? (metric.invalid ?? '') : `void: ${wrong}`;
  const empty = Object.fromEntries(COLUMNS.map((name) => [name, ''])) as unknown as Row;
  return {
    ...{
      ...empty,
      schema_version: SCHEMA_VERSION,
      run_id: RUN,
      scenario: `peers-${work}`,
      params: `concurrency=${options.concurrency} jobs=${jobsOf(peer, options)} queue=${peer.name}`,
    },
    ...{ rep: String(rep), phase: 'measure', metric: metric.metric, unit: metric.unit, better: metric.better },
    ...{ value: numberText(metric.value), n: numberText(metric.latencies?.count ?? metric.ok ?? 1) },
    ...{ ok: numberText(metric.ok), errors: numberText(metric.errors), dropped: numberText(metric.dropped) },
    ...distributionCells(metric.latencies?.summary()),
    ...{ duration_s: numberText(options.seconds), valid: reason === '' ? 'true' : 'false', invalid_reason: reason },
    ...{ store: peer.name, started_at: isoTime(systemClock.wallMs()) },
  };
};

const aboutRun = ({ reps, seconds, jobs, work }: Options) =>
  metaOf({
    ...{
      runId: RUN,
      startedAt: isoTime(systemClock.wallMs()),
      argv: ['peers', ...process.argv.slice(2)],
      jobctl: process.env.npm_package_version ?? 'of this checkout',
    },
    size: { name: 'standard', reps, seconds, warmupSeconds: 0.5, jobs, growth: [] },
    scenarios: work.map((name) => ({ name, summary: '', points: () => [], measure: () => Promise.reject() })),
    store: { kind: 'embedded', url: 'several', version: process.versions.sqlite ?? '', nodes: null, replication: null },
  });

const RUN = `peers-${Math.round(machineMs())}`;

/** A column for each queue; ratios to the first, above 1 where jobctl is better. */
const tableText = (summaries: readonly Summary[]): string => {
  const queues = [...new Set(summaries.map(({ store }) => store))];
  const lines = [
    ...Map.groupBy(summaries, ({ scenario, metric, unit }) => `${scenario.replace('peers-', '')}: ${metric}, ${unit}`),
  ].map(([name, same]) => {
    const of = (queue: string): Summary | undefined => same.find(({ store }) => store === queue);
    return [name, ...queues.map((queue) => cellText(of(queue), baseOf(queue, of)))];
  });
  const all = [['', ...queues], ...lines];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((line) => line[column]?.length ?? 0))) ?? [];
  return all
    .map(
      (line) =>
        `${line
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
};

/** What a queue is compared with: jobctl on the like of its store. */
const baseOf = (queue: string, of: (queue: string) => Summary | undefined): Summary | undefined =>
  queue === 'cas-queue' ? of('jobctl-cassandra') : queue === 'jobctl-cassandra' ? undefined : of('jobctl');

const cellText = (summary: Summary | undefined, base: Summary | undefined): string => {
  if (summary === undefined) return '-';
  if (summary.median === null) return 'void';
  const value = summary.median >= 100 ? Math.round(summary.median).toLocaleString('en') : summary.median.toPrecision(3);
  if (base === undefined || base === summary || base.median === null) return value;
  const ratio = summary.better === 'higher' ? base.median / summary.median : summary.median / base.median;
  return `${value} (${ratio >= 10 ? Math.round(ratio) : ratio.toFixed(1)}x)`;
};

const parseOptions = (): Options | null => {
  const { values } = parseArgs({
    options: {
      out: { type: 'string', default: 'peers.csv' },
      reps: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '5' },
      jobs: { type: 'string', default: '20000' },
      concurrency: { type: 'string', default: '1024' },
      only: { type: 'string' },
      work: { type: 'string', default: Object.keys(WORKLOADS).join(',') },
      cassandra: { type: 'boolean', default: true },
      help: { type: 'boolean', short: 'h' },
    },
    allowNegative: true,
  });
  const work = values.work.split(',').filter((name): name is WorkloadName => name in WORKLOADS);
  const numbers = {
    ...{ reps: Number(values.reps), seconds: Number(values.seconds) },
    ...{ jobs: Number(values.jobs), concurrency: Number(values.concurrency) },
  };
  if (values.help === true || work.length === 0 || !Object.values(numbers).every((each) => each > 0)) return null;
  return {
    ...numbers,
    work,
    out: values.out,
    only: values.only?.split(',') ?? null,
    cassandra: values.cassandra,
  };
};

try {
  process.exitCode = await main();
} catch (error) {
  say(errorText(error));
  process.exitCode = EXIT.failed;
}
