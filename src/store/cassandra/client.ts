// The driver, set up once: how each kind of statement is sent, repeated and answered.
//
// Plain statements are idempotent (the same rows again) and may be repeated by the driver. A compare-and-set never is: a
// repeated one could undo what was done in between, so it falls through to the caller as unknown. Deciding reads are SERIAL,
// and are repeated once.
import { setTimeout as sleep } from 'node:timers/promises';
import { auth, Client, ExecutionProfile, policies, type QueryOptions, types } from 'cassandra-driver';
import { unavailableError } from '../../core/model/errors.ts';
import type { CasOutcome } from '../../core/model/lock.ts';
import type { WriteClock } from '../../core/model/write-clock.ts';
import type { SerialConsistency } from '../../core/ports/schema.ts';
import { isRefused, storeError } from './errors.ts';
import { SerialReadRetry } from './serial-read-retry.ts';
import type { CassandraAddress } from './url.ts';

/** A node that does not answer is given up after this long, ms: below a third of the default lease. */
const REQUEST_TIMEOUT_MAX_MS = 2_000;
/** The same, where every node must answer, ms. */
const OF_ALL_TIMEOUT_MS = 30_000;
/** Between looks whether all nodes have the same schema, ms. */
const AGREEMENT_LOOK_MS = 100;
const AGREEMENT_LOOKS_MAX = 100;
/** So many nodes may be asked, one after the other, within the longest wait. */
const NODES_ASKED = 3;
/**
 * A node that hangs holds its connections: until the others have seen that, each third request would wait for the time-out. So another
 * node is asked, too, for what may be sent twice.
 */
const ASK_ANOTHER_AFTER_MS = 300;
const OTHERS_ASKED_MAX = 1;
/** Waits between tries to reach a node that went away, ms. */
const RECONNECT_FIRST_MS = 250;
const RECONNECT_MAX_MS = 5_000;
/** Rows fetched at once of a long answer. */
const FETCH_ROWS = 2_000;
/** Requests in flight on one connection: beyond, the driver queues. */
const REQUESTS_PER_CONNECTION_MAX = 2_048;

export interface Statement {
  readonly query: string;
  readonly params: readonly unknown[];
}

export type Row = types.Row;
/** Replicas of the data centre whose answers a read waits for. */
type Replicas = 'quorum' | 'one';
type Host = ReturnType<Client['hosts']['values']>[number];

/** Asks this one node, and no other. */
export type NodeRead = (query: string, timeoutMs: number, replicas?: Replicas) => Promise<readonly Row[]>;

export interface NodeHandle {
  readonly address: string;
  readonly dc: string | null;
  readonly rack: string | null;
  readonly version: string | null;
  /** As far as the driver has heard. */
  readonly isUp: boolean;
  readonly isConnected: boolean;
  readonly read: NodeRead;
}

export class Cql {
  readonly client: Client;
  readonly #url: string;

  constructor(client: Client, url: string) {
    this.client = client;
    this.#url = url;
  }

  /** Every row, however many pages. */
  read(query: string, params: readonly unknown[] = []): Promise<readonly Row[]> {
    return this.#known(() => this.#rows(query, params, {}));
  }

  /** Whether no replica has a row of the table then. Every one of them must answer. */
  truncate(table: string): Promise<boolean> {
    return this.#known(async () => {
      await this.client.execute(`TRUNCATE ${table}`, [], { readTimeout: OF_ALL_TIMEOUT_MS });
      const asked = { consistency: types.consistencies.all, readTimeout: OF_ALL_TIMEOUT_MS };
      return (await this.#rows(`SELECT * FROM ${table} LIMIT 1`, [], asked)).length === 0;
    });
  }

  /**
   * Statements of the schema. One node carries them out, and knows each before the next; what takes time is that all know of it, and
   * is waited for once.
   */
  define(statements: readonly string[]): Promise<void> {
    return this.#known(async () => {
      const [host] = this.client.getState().getConnectedHosts();
      const options = { readTimeout: OF_ALL_TIMEOUT_MS, ...(host === undefined ? {} : { host }) };
      for (const statement of statements) await this.client.execute(statement, [], options);
      await this.#agreement();
    });
  }

  /** Goes on without it after a while, as the driver does: a node that is down agrees when it is back. */
  async #agreement(): Promise<void> {
    const metadata = this.client.metadata as unknown as Agreement;
    for (let looked = 0; looked < AGREEMENT_LOOKS_MAX; looked += 1) {
      if (await metadata.checkSchemaAgreement()) return;
      await sleep(AGREEMENT_LOOK_MS);
    }
  }

  async #rows(query: string, params: readonly unknown[], asked: QueryOptions): Promise<readonly Row[]> {
    const options = { prepare: true, isIdempotent: true, executionProfile: 'plain', fetchSize: FETCH_ROWS, ...asked };
    const result = await this.client.execute(query, [...params], options);
    if (!result.pageState) return result.rows ?? [];
    const rows: Row[] = [];
    for await (const row of result) rows.push(row);
    return rows;
  }

  /** Every node that the driver knows. Those of other data centers are not connected: jobctl does not ask them. */
  nodes(): readonly NodeHandle[] {
    const connected = new Set(this.client.getState().getConnectedHosts());
    return this.client.hosts.values().map((host) => ({
      ...{ address: host.address, dc: host.datacenter ?? null, rack: host.rack ?? null },
      ...{ version: host.cassandraVersion ?? null, isUp: host.isUp(), isConnected: connected.has(host) },
      read: this.#readOf(host),
    }));
  }

  /** Of up to so many nodes that are connected, what could be done with each; one that did not answer is left out. */
  async eachNode<Result>(nodesMax: number, ask: (read: NodeRead) => Promise<Result>): Promise<readonly Result[]> {
    const hosts = this.client.getState().getConnectedHosts().slice(0, nodesMax);
    const asked = await Promise.allSettled(hosts.map((host) => ask(this.#readOf(host))));
    return asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  }

  #readOf(host: Host): NodeRead {
    return (query, readTimeout, replicas = 'quorum') => {
      const consistency = { quorum: types.consistencies.localQuorum, one: types.consistencies.localOne }[replicas];
      return this.#rows(query, [], { host, readTimeout, consistency });
    };
  }

  /** Statements of one partition: one mutation, applied as a whole. */
  write(statements: readonly Statement[]): Promise<void> {
    return this.#known(async () => {
      const [first, ...others] = statements;
      if (first === undefined) return;
      const options = { prepare: true, isIdempotent: true, executionProfile: 'plain' };
      if (others.length === 0) await this.client.execute(first.query, [...first.params], options);
      else await this.client.batch(statements as DriverStatement[], { ...options, logged: false });
    });
  }

  /** One LWT. No answer is `unknown`, whatever the reason; `[applied]` alone says that it was carried out. */
  async compareAndSet(query: string, params: readonly unknown[]): Promise<CasOutcome> {
    try {
      const options = { prepare: true, isIdempotent: false, executionProfile: 'cas' };
      const { rows } = await this.client.execute(query, [...params], options);
      const [row] = rows ?? [];
      if (row === undefined) return 'unknown';
      return row['[applied]'] === true ? 'applied' : 'refused';
    } catch (error) {
      if (isRefused(error)) throw storeError(error, this.#url);
      return 'unknown';
    }
  }

  /** Linearizable: completes what a compare-and-set left open. */
  serialRead(query: string, params: readonly unknown[]): Promise<Row | null> {
    return this.#known(async () => {
      const options = { prepare: true, isIdempotent: true, executionProfile: 'serial' };
      return (await this.client.execute(query, [...params], options)).first() ?? null;
    });
  }

  async #known<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw storeError(error, this.#url);
    }
  }
}

/** Documented, and missing in the driver's types. */
type Agreement = { checkSchemaAgreement(): Promise<boolean> };
/** As the driver's types have it; it changes nothing. */
type DriverStatement = { query: string; params: unknown[] };

export interface ConnectOptions {
  readonly serial: SerialConsistency;
  /** Without one, for statements about keyspaces. */
  readonly keyspace: string | null;
  /** Longest wait, ms: for a connection, and for the answer to a request on three nodes, each of which gets 2 s at most. */
  readonly timeoutMs: number;
  /** Stamps what is written. Default: the machine's clock. */
  readonly writeClock?: WriteClock;
}

/** Throws STORE_UNAVAILABLE when no node answers in time. Whoever connects shuts the client down. */
export const connect = async (address: CassandraAddress, options: ConnectOptions): Promise<Cql> => {
  const client = createClient(address, options);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = unavailableError('STORE_UNAVAILABLE', `no Cassandra node answered within ${options.timeoutMs} ms`, {
      detail: address.url,
      hint: 'start one with `jobctl cluster up`, or run without Cassandra: `jobctl dev`',
    });
    timer = setTimeout(() => reject(error), options.timeoutMs);
  });
  try {
    await Promise.race([client.connect(), late]);
    return new Cql(client, address.url);
  } catch (error) {
    await client.shutdown().catch(() => {});
    throw storeError(error, address.url);
  } finally {
    clearTimeout(timer);
  }
};

const createClient = (address: CassandraAddress, options: ConnectOptions): Client => {
  const { consistencies } = types;
  const { localDataCenter, credentials, tls } = address;
  const { serial, keyspace, writeClock } = options;
  const readTimeout = Math.max(1, Math.min(REQUEST_TIMEOUT_MAX_MS, Math.floor(options.timeoutMs / NODES_ASKED)));
  const serialConsistency = serial === 'local' ? consistencies.localSerial : consistencies.serial;
  const plain = { consistency: consistencies.localQuorum, readTimeout };
  const retry = new policies.retry.FallthroughRetryPolicy();
  return new Client({
    contactPoints: [...address.contactPoints],
    localDataCenter,
    ...(keyspace === null ? {} : { keyspace }),
    ...(credentials === null
      ? {}
      : { authProvider: new auth.PlainTextAuthProvider(credentials.username, credentials.password) }),
    ...(tls === null ? {} : { sslOptions: tls }),
    policies: {
      loadBalancing: new policies.loadBalancing.DefaultLoadBalancingPolicy({ localDc: localDataCenter }),
      speculativeExecution: new policies.speculativeExecution.ConstantSpeculativeExecutionPolicy(
        ASK_ANOTHER_AFTER_MS,
        OTHERS_ASKED_MAX,
      ),
      reconnection: new policies.reconnection.ExponentialReconnectionPolicy(
        RECONNECT_FIRST_MS,
        RECONNECT_MAX_MS,
        false,
      ),
      ...(writeClock === undefined ? {} : { timestampGeneration: new StoreTimestamps(writeClock) }),
    },
    profiles: [
      new ExecutionProfile('default', plain),
      new ExecutionProfile('plain', plain),
      new ExecutionProfile('cas', { ...plain, serialConsistency, retry }),
      new ExecutionProfile('serial', { ...plain, consistency: serialConsistency, retry: new SerialReadRetry() }),
    ],
    protocolOptions: { maxSchemaAgreementWaitSeconds: 0 }, // `define` does that
    prepareOnAllHosts: false, // else the first use of each statement waits for all of them, 2 s while one hangs
    pooling: { maxRequestsPerConnection: REQUESTS_PER_CONNECTION_MAX },
    socketOptions: { connectTimeout: readTimeout, readTimeout },
  });
};

/** The driver insists on a generator of its own kind; its two arguments are about warnings that this one never gives. */
class StoreTimestamps extends policies.timestampGeneration.MonotonicTimestampGenerator {
  readonly #clock: WriteClock;

  constructor(clock: WriteClock) {
    super(0, 0);
    this.#clock = clock;
  }

  override next(): number {
    return this.#clock.nextUs();
  }
}
