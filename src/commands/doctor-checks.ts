// What jobctl doctor looks at. A check never throws: a store that cannot be reached is a result, too.
import { errorText, JobctlError } from '../core/model/errors.ts';
import { CLOCK_OFFSET_TOLD_MS } from '../core/model/limits.ts';
import type { Store } from '../core/ports/store.ts';
import type { Context } from './context.ts';

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What now; null when there is nothing to do. */
  readonly hint: string | null;
}

/** An answer slower than this is reported, ms. */
const LATENCY_MAX_MS = 500;

/** A tool that takes longer to say its version is as good as none, ms. */
const TOOL_MAX_MS = 3_000;

export const pass = (name: string, detail: string): Check => ({ name, ok: true, detail, hint: null });
export const fail = (name: string, detail: string, hint: string): Check => ({ name, ok: false, detail, hint });

export const runChecks = async (context: Context): Promise<readonly Check[]> => {
  const { packageVersion } = await import('./version.ts');
  const first = [
    pass('jobctl', packageVersion()),
    pass('node', `${process.versions.node} (${process.execPath})`),
    configCheck(context),
    ...(await localChecks()),
  ];
  let store: Store;
  try {
    store = await context.store();
  } catch (error) {
    return [...first, storeFailure(error, context)];
  }
  const { url, bucketCount } = store;
  const checks = [
    () => latencyCheck(store, context),
    () => nodesCheck(store),
    () => schemaCheck(context, bucketCount),
    () => clockCheck(store, context),
    () => tablesCheck(store),
    () => workersCheck(store),
    () => bucketsCheck(store),
    () => deadLettersCheck(store),
  ];
  const results = [...first, pass('store', url)];
  for (const check of checks) results.push(await check().catch((error) => storeFailure(error, context)));
  return results;
};

const configCheck = ({ config }: Context): Check =>
  pass('config', config.files.length === 0 ? 'no file; flags, environment and defaults' : config.files.join(', '));

const storeFailure = (error: unknown, { config }: Context): Check => {
  const hint = error instanceof JobctlError ? error.hint : undefined;
  const { text, origin } = config.settings.store;
  return fail(
    'store',
    `${text} (${origin}): ${errorText(error)}`,
    hint ?? 'check the address with `jobctl config view --origin`',
  );
};

const latencyCheck = async (store: Store, { clock }: Context): Promise<Check> => {
  const sentMs = clock.monotonicMs();
  await store.wallMs();
  const tookMs = clock.monotonicMs() - sentMs;
  const detail = `answered in ${tookMs.toFixed(1)} ms`;
  return tookMs <= LATENCY_MAX_MS ? pass('latency', detail) : fail('latency', detail, 'see what else loads the store');
};

/** What `jobctl cluster` takes; nothing else needs it, so its absence is no failure. */
const localChecks = async (): Promise<readonly Check[]> => {
  const { execa } = await import('execa');
  const look = async (name: string, [file, ...args]: readonly [string, ...string[]]): Promise<Check> => {
    const { failed, all } = await execa(file, args, {
      reject: false,
      all: true,
      timeout: TOOL_MAX_MS,
      stdin: 'ignore',
    });
    const [line = ''] = String(all).split('\n');
    return pass(name, failed ? 'not here; only `jobctl cluster` would use it' : line);
  };
  return Promise.all([
    look('docker', ['docker', 'version', '--format', 'engine {{.Server.Version}}']),
    look('java', ['java', '-version']),
  ]);
};

const nodesCheck = async (store: Store): Promise<Check> => {
  const { nodeTroubles } = await import('../core/overview.ts');
  const nodes = await store.nodeList();
  const { lost, wrong } = nodeTroubles(nodes);
  const versions = [...new Set(nodes.flatMap(({ version }) => version ?? []))];
  const names = (some: typeof nodes): string => some.map(({ address }) => address).join(', ');
  const hint = 'local nodes: `jobctl cluster status`; an experiment: `jobctl chaos heal`';
  if (lost.length > 0) return fail('nodes', `${lost.length} of ${nodes.length} do not answer: ${names(lost)}`, hint);
  if (wrong.length > 0) {
    const offsets = wrong.map(({ address, clockOffsetMs }) => `${address} by ${clockOffsetMs} ms`).join(', ');
    return fail('nodes', `clocks are off: ${offsets}`, 'synchronise the clocks of the nodes (NTP)');
  }
  if (versions.length > 1) {
    return fail('nodes', `of different versions: ${versions.join(', ')}`, 'finish the upgrade of the cluster');
  }
  return pass('nodes', `${nodes.length} up, version ${versions.join()}, clocks right`);
};

/** Fewer copies than nodes could hold lose what one node loses. */
const REPLICAS_WANTED = 3;

const schemaCheck = async (context: Context, bucketCount: number): Promise<Check> => {
  if (!context.config.values.store.startsWith('cassandra:')) return pass('schema', `${bucketCount} buckets`);
  await using schema = await context.schema();
  const { version, newest, replication, pending, nodes } = await schema.status();
  const detail = `${bucketCount} buckets, version ${version} of ${newest}, replication ${replication}`;
  if (pending.length > 0) return fail('schema', detail, 'bring it up to date: `jobctl db migrate`');
  const copies = Object.entries(JSON.parse(replication ?? '{}') as Record<string, string>)
    .filter(([name]) => name !== 'class')
    .map(([, count]) => Number(count));
  const isThin = copies.every((count) => count < Math.min(REPLICAS_WANTED, nodes));
  return isThin
    ? fail('schema', detail, 'one node that is lost loses jobs, or stops all: ALTER KEYSPACE, then nodetool repair')
    : pass('schema', detail);
};

/** From here on reads become slow; Cassandra itself warns at 100 MB and at 1 000 tombstones. */
const PARTITION_MAX_MB = 100;
const TOMBSTONES_MAX = 1_000;
const MEGABYTE = 1_048_576;

const tablesCheck = async (store: Store): Promise<Check> => {
  const tables = await store.tableList();
  if (tables.length === 0) return pass('tables', 'nothing is told of them here');
  const largest = tables.toSorted((left, right) => right.partitionBytesMax - left.partitionBytesMax)[0];
  const dirtiest = tables.toSorted((left, right) => right.tombstonesMax - left.tombstonesMax)[0];
  const [megabytes, tombstones] = [(largest?.partitionBytesMax ?? 0) / MEGABYTE, dirtiest?.tombstonesMax ?? 0];
  const detail = `largest partition ${megabytes} MB (${largest?.table}), most tombstones in a read ${tombstones} (${dirtiest?.table})`;
  if (megabytes <= PARTITION_MAX_MB && tombstones <= TOMBSTONES_MAX) return pass('tables', detail);
  return fail('tables', detail, 'spread jobs over time or over more buckets; docs/cassandra.md has the sizing');
};

const clockCheck = async (store: Store, { clock }: Context): Promise<Check> => {
  const sentMs = clock.wallMs();
  const storeMs = await store.wallMs();
  const offsetMs = Math.round(storeMs - (sentMs + clock.wallMs()) / 2);
  const detail = `${offsetMs} ms off the store's`;
  if (Math.abs(offsetMs) <= CLOCK_OFFSET_TOLD_MS) return pass('clock', detail);
  return fail('clock', detail, 'synchronise the clocks (NTP): above 5 s submitting is refused');
};

const workersCheck = async (store: Store): Promise<Check> => {
  const workers = await store.memberList('worker');
  if (workers.length > 0) return pass('workers', `${workers.length} live`);
  return fail('workers', 'none is live', 'start one with `jobctl worker`, or everything in one with `jobctl dev`');
};

const bucketsCheck = async (store: Store): Promise<Check> => {
  const { bucketList } = await import('../core/job/buckets.ts');
  const buckets = await bucketList(store, await store.wallMs());
  const unowned = buckets.filter(({ owner }) => owner === null).map(({ bucket }) => bucket);
  if (unowned.length === 0) return pass('buckets', `all ${buckets.length} have an owner`);
  const { formatRanges } = await import('../core/worker/assignment.ts');
  const range = formatRanges(unowned);
  const detail = `${unowned.length} of ${buckets.length} have no owner: ${range}`;
  return fail('buckets', detail, `start a worker for them: \`jobctl worker --buckets ${range}\``);
};

/** Enough to say "some". */
const DEAD_LETTERS_COUNTED = 100;

const deadLettersCheck = async (store: Store): Promise<Check> => {
  const { deadLetterList } = await import('../core/job/dead-letter.ts');
  const { items } = await deadLetterList(store, await store.wallMs(), { limit: DEAD_LETTERS_COUNTED });
  if (items.length === 0) return pass('dead letters', 'none');
  const count = items.length === DEAD_LETTERS_COUNTED ? `${items.length} or more` : String(items.length);
  return fail(
    'dead letters',
    count,
    'look at them with `jobctl dlq list`, run them again with `jobctl dlq retry --all`',
  );
};
