// Where a benchmark makes its stores: files in a folder of its own, or a keyspace of its own on the cluster. The user's own
// jobs are never touched.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoreAbout } from '../../bench/results/meta.ts';
import type { Grounds } from '../../bench/run.ts';
import { keyspaceUrl } from '../../core/model/cluster.ts';
import type { Context } from '../context.ts';

/** Emptied before every scenario. */
const BENCH_KEYSPACE = 'jobctl_bench';
/** Copies of every row, where there are so many nodes. */
const REPLICAS_MAX = 3;

export interface OpenGrounds extends AsyncDisposable {
  readonly grounds: Grounds;
  readonly about: StoreAbout;
}

/** `folder`: on the disk that is to be measured. `isKept`: logs and stores stay there. */
export const openGrounds = async (context: Context, folder: string, isKept: boolean): Promise<OpenGrounds> => {
  const own = await mkdtemp(join(folder, '.jobctl-bench-'));
  const remove = async (): Promise<void> => {
    if (isKept) context.note(`kept: ${own}`);
    else await rm(own, { recursive: true, force: true });
  };
  const { store } = context.config.values;
  const made = store.startsWith('cassandra:') ? await onCluster(context, store, own) : await inFiles(context, own);
  return { ...made, [Symbol.asyncDispose]: remove };
};

const counted = (own: string): (() => Promise<string>) => {
  let count = 0;
  return async () => {
    count += 1;
    const folder = join(own, String(count));
    await mkdir(folder);
    return folder;
  };
};

const inFiles = async (context: Context, own: string): Promise<Omit<OpenGrounds, typeof Symbol.asyncDispose>> => {
  const next = counted(own);
  const version = process.versions.sqlite ?? 'unknown';
  return {
    about: { kind: 'embedded', url: 'sqlite:FILE', version, nodes: null, replication: null },
    grounds: {
      kind: 'embedded',
      open: async (bucketCount) => {
        const folder = await next();
        const url = `sqlite:${join(folder, 'jobs.db')}`;
        return {
          ...{ url, folder, openStore: () => context.storeAt(url, { bucketCount }) },
          [Symbol.asyncDispose]: async () => {},
        };
      },
    },
  };
};

const onCluster = async (
  context: Context,
  store: string,
  own: string,
): Promise<Omit<OpenGrounds, typeof Symbol.asyncDispose>> => {
  const next = counted(own);
  const url = keyspaceUrl(store, BENCH_KEYSPACE);
  const { server: version, nodes } = await aboutServer(context, url);
  const replicationFactor = Math.min(REPLICAS_MAX, nodes);
  /** Buckets of the keyspace that was made here: a schema takes ten seconds. */
  let made: number | null = null;
  return {
    about: { kind: 'cassandra', url, version, nodes, replication: `${replicationFactor} copies, LOCAL_QUORUM` },
    grounds: {
      kind: 'cassandra',
      open: async (bucketCount) => {
        await using schema = await context.schema(url);
        if (made === bucketCount) await schema.empty();
        else {
          await schema.reset();
          await schema.init({ replicationFactor, bucketCount });
          made = bucketCount;
        }
        return {
          url,
          folder: await next(),
          openStore: () => context.storeAt(url),
          [Symbol.asyncDispose]: async () => {},
        };
      },
    },
  };
};

const aboutServer = async (context: Context, url: string) => {
  await using schema = await context.schema(url);
  return await schema.status(); // before the schema is disposed of
};
