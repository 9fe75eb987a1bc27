// What jobctl doctor looks at. A check never throws: a store that cannot be reached is a result, too.
import { errorText, JobctlError } from '../core/model/errors.ts';
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
/** Clocks farther apart than this are reported, ms. Above 5 s submitting is refused. */
const CLOCK_OFFSET_MAX_MS = 1_000;

export const pass = (name: string, detail: string): Check => ({ name, ok: true, detail, hint: null });
export const fail = (name: string, detail: string, hint: string): Check => ({ name, ok: false, detail, hint });

export const runChecks = async (context: Context): Promise<readonly Check[]> => {
  const first = [pass('node', `${process.versions.node} (${process.execPath})`), configCheck(context)];
  let store: Store;
  try {
    store = await context.store();
  } catch (error) {
    return [...first, storeFailure(error, context)];
  }
  const { url, bucketCount } = store;
  const checks = [
    () => latencyCheck(store, context),
    async () => pass('schema', `${bucketCount} buckets, a version this jobctl knows`),
    () => clockCheck(store, context),
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

const clockCheck = async (store: Store, { clock }: Context): Promise<Check> => {
  const sentMs = clock.wallMs();
  const storeMs = await store.wallMs();
  const offsetMs = Math.round(storeMs - (sentMs + clock.wallMs()) / 2);
  const detail = `${offsetMs} ms off the store's`;
  if (Math.abs(offsetMs) <= CLOCK_OFFSET_MAX_MS) return pass('clock', detail);
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
  const detail = `${unowned.length} of ${buckets.length} have no owner: ${unowned.join(',')}`;
  return fail('buckets', detail, `start a worker for them: \`jobctl worker --buckets ${unowned.join(',')}\``);
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
