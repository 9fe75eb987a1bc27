// Opens the store on Cassandra: one client for the process, the schema checked, everything closed at the end.
import { networkInterfaces } from 'node:os';
import { type Slot, slotOf } from '../../core/model/ids.ts';
import { WriteClock } from '../../core/model/write-clock.ts';
import type { Store } from '../../core/ports/store.ts';
import { type Cql, connect } from './client.ts';
import { createHints } from './hints.ts';
import { createJobStore } from './jobs.ts';
import { createLockStore } from './locks.ts';
import { assertUsable, type Meta, readMeta } from './meta.ts';
import { wallMsOf } from './node-clocks.ts';
import { nodesOf, tablesOf } from './nodes.ts';
import {
  createCheckpointStore,
  createDeadLetterStore,
  createKeyStore,
  createMemberStore,
  hintAddresses,
} from './records.ts';
import { createScheduleStore } from './schedules.ts';
import { type CassandraAddress, parseCassandraUrl } from './url.ts';

/** Longest wait unless it is told otherwise, ms. */
export const TIMEOUT_DEFAULT_MS = 10_000;

export const openCassandra = async (
  url: string,
  { timeoutMs = TIMEOUT_DEFAULT_MS }: { readonly timeoutMs?: number },
): Promise<Store> => {
  const address = parseCassandraUrl(url);
  const writeClock = new WriteClock({ wallMs: () => Date.now(), monotonicMs: () => performance.now() });
  const common = { keyspace: address.keyspace, timeoutMs, writeClock };
  const first = await connect(address, { serial: 'local', ...common });
  try {
    const [found] = await Promise.all([readMeta(first), writeClock.measure(() => wallMsOf(first))]);
    const meta = assertUsable(found, url);
    if (meta.serial === 'local') return createStore(first, address, { meta, writeClock });
    await first.client.shutdown();
    return createStore(await connect(address, { serial: meta.serial, ...common }), address, { meta, writeClock });
  } catch (error) {
    await first.client.shutdown();
    throw error;
  }
};

interface Opened {
  readonly meta: Meta;
  readonly writeClock: WriteClock;
}

const createStore = (
  cql: Cql,
  { url, contactPoints, keyspace }: CassandraAddress,
  { meta, writeClock }: Opened,
): Store => {
  const hints = createHints({
    secret: meta.hintSecret,
    addresses: () => hintAddresses(cql),
    host: ownHost(contactPoints),
    wallMs: () => Date.now(),
  });
  return {
    url,
    bucketCount: meta.bucketCount,
    wallMs: () => writeClock.measure(() => wallMsOf(cql)),
    ...createJobStore(cql, { firstSlot: (slotOf(meta.createdMs) - 1) as Slot, hintSend: hints.send }),
    ...createLockStore(cql),
    ...createKeyStore(cql),
    ...createDeadLetterStore(cql),
    ...createCheckpointStore(cql),
    ...createScheduleStore(cql, meta.bucketCount),
    ...createMemberStore(cql, { hintAddress: () => hints.address() }),
    nodeList: () => nodesOf(cql, keyspace),
    tableList: () => tablesOf(cql, keyspace),
    hintSubscribe: (listener) => hints.hintSubscribe(listener),
    [Symbol.asyncDispose]: async () => {
      await hints[Symbol.asyncDispose]();
      await cql.client.shutdown();
    },
  };
};

/** A cluster on loopback addresses has its clients on this machine; else the first address that others can reach. */
const ownHost = (contactPoints: readonly string[]): string => {
  const loopback = '127.0.0.1';
  if (contactPoints.every((host) => /^(127\.|localhost|\[::1\])/.test(host))) return loopback;
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? loopback;
};
