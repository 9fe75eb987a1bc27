// The ceiling on Cassandra: the statements that jobctl sent, sent again by the bare driver, as many at a time as it takes. Each time
// they are about other partitions: a row that is there already is cheaper to write than a new one.
import { Client, type ClientOptions, ExecutionProfile, type QueryOptions } from 'cassandra-driver';
import { machineMs } from '../../platform/machine-time.ts';
import { Recording } from './recording.ts';

type Batch = { readonly query: string; readonly params: readonly unknown[] }[];
interface Sent {
  readonly what: string | Batch;
  readonly params: readonly unknown[];
  readonly options: QueryOptions;
}
type Statement = Batch[number];

/** In flight at the same time: as many as were the fastest. */
const CALLERS = [16, 64, 256] as const;
/** With each of these it is sent again and again for so long, to choose, ms. */
const CHOOSING_MS = 750;
/** And then for so long, which counts: the best of three, measured while one chooses, would be the one that had most luck, too; ms. */
const REPLAYED_MIN_MS = 3_000;
/** From one time to the next, slots: more than the jobs of one are spread over. */
const ROUND_SLOTS = 1_000_000;
/** In one measurement: slots are 32 bits wide, today's are around 30 million. */
const ROUNDS_MAX = 500;
/** Statements about jobs: their first two values are the partition. */
const BY_PARTITION = /\(bucket, slot,|bucket (=|IN) \? AND slot = \?/;

export class CassandraCapture extends Recording<Sent> implements Disposable {
  #options: ClientOptions | null = null;
  readonly #execute = Client.prototype.execute;
  readonly #batch = Client.prototype.batch;

  constructor() {
    super();
    const keep = (client: Client, { what, params, options: { host: _, ...options } }: Sent): void => {
      this.#options ??= (client as unknown as { readonly options: ClientOptions }).options;
      this.sent.push({ what, params, options }); // a host is one of this client's: any may answer
    };
    const [execute, batch] = [this.#execute, this.#batch] as unknown as readonly ((
      ...args: unknown[]
    ) => Promise<never>)[];
    Client.prototype.execute = function executed(
      this: Client,
      query: string,
      params: unknown[],
      options: QueryOptions,
    ) {
      keep(this, { what: query, params, options });
      return execute?.call(this, query, params, options);
    } as unknown as typeof Client.prototype.execute;
    Client.prototype.batch = function batched(this: Client, queries: Batch, options: QueryOptions) {
      keep(this, { what: queries, params: [], options });
      return batch?.call(this, queries, options);
    } as unknown as typeof Client.prototype.batch;
  }

  [Symbol.dispose](): void {
    Client.prototype.execute = this.#execute;
    Client.prototype.batch = this.#batch;
  }

  /** Sends all of it again, to the keyspace that it was for; how long the part from `begin` to `end` takes, ms. */
  async replay(): Promise<number> {
    const { contactPoints, localDataCenter, keyspace, profiles, pooling, socketOptions, authProvider, sslOptions } =
      this.#options ?? {};
    const all = {
      ...{ contactPoints, localDataCenter, keyspace, pooling, socketOptions, authProvider, sslOptions },
      profiles: profiles?.map(copyOf),
    };
    const client = new Client(given(all));
    try {
      await client.connect();
      const { before, backlog, timed } = this;
      const most = Math.max(...CALLERS);
      await replayBy(client, [...before, ...timed], most); // connections are open, code is hot
      let round = 0;
      /** The mean of as many as fill some seconds: pauses of the nodes come every few. */
      const meanOf = async (callers: number, forMs: number): Promise<number> => {
        let [count, tookMs] = [0, 0];
        for (; tookMs < forMs && count < ROUNDS_MAX; count += 1) {
          round += 1;
          await replayBy(client, backlog.map(inRound(round)), most);
          tookMs += await replayBy(client, timed.map(inRound(round)), callers);
        }
        return tookMs / count;
      };
      const times: number[] = [];
      for (const callers of CALLERS) times.push(await meanOf(callers, CHOOSING_MS));
      const fastest = CALLERS[times.indexOf(Math.min(...times))] ?? most;
      return await meanOf(fastest, REPLAYED_MIN_MS);
    } finally {
      await client.shutdown();
    }
  }
}

/** Without what belongs to the client that it was for: which nodes are there. */
const copyOf = ({ name, consistency, serialConsistency, readTimeout, retry }: ExecutionProfile): ExecutionProfile =>
  new ExecutionProfile(name, given({ consistency, serialConsistency, readTimeout, retry }));

const given = (options: object) =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

/** The same, of other partitions. */
const inRound =
  (round: number) =>
  ({ what, params, options }: Sent): Sent => {
    const moved = ({ query, params: given }: Statement): Statement => ({
      query,
      params: elsewhere(round, query, given),
    });
    return typeof what === 'string'
      ? { what, params: elsewhere(round, what, params), options }
      : { what: what.map(moved), params, options };
  };

const elsewhere = (round: number, query: string, params: readonly unknown[]): readonly unknown[] =>
  BY_PARTITION.test(query) ? params.with(1, Number(params[1]) + round * ROUND_SLOTS) : params;

const replayBy = async (client: Client, sent: readonly Sent[], callers: number): Promise<number> => {
  const left = sent.values();
  let inTurn: Promise<unknown> = Promise.resolve();
  const caller = async (): Promise<void> => {
    for (const { what, params, options } of left) {
      // Those that were read on page by page are read again by their first page.
      if (typeof what !== 'string') {
        await client.batch(
          what.map(({ query, params: given }) => ({ query, params: [...given] })),
          options,
        );
      } else if (isByPaxos(options)) {
        // One after the other, as they came: at the same time they would only keep each other from being answered.
        inTurn = inTurn.then(() => client.execute(what, [...params], options)).catch(() => {});
        await inTurn;
      } else await client.execute(what, [...params], options);
    }
  };
  const startMs = machineMs();
  await Promise.all(Array.from({ length: callers }, caller));
  return machineMs() - startMs;
};

/** By the profile that jobctl's client sends it with. */
const isByPaxos = ({ executionProfile }: QueryOptions): boolean =>
  executionProfile === 'cas' || executionProfile === 'serial';
