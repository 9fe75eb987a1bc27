// The plain queue on Cassandra that people make themselves: a table, and a compare-and-set for every change of a state. As the
// ancestor of jobctl had it.
import { createRequire } from 'node:module';

const { Client, types } = createRequire(new URL('../../package.json', import.meta.url))('cassandra-driver');
const { TimeUuid } = types;

const BUCKETS = 16;
const POLL_MS = 20;
const PAGE = 100;
const TRIES_MAX = 20;
/** More compare-and-sets at a time only time out. */
const CALLERS = 16;

const connect = async ({ contactPoints, port }) => {
  const client = new Client({
    contactPoints,
    localDataCenter: 'dc1',
    protocolOptions: { port },
    queryOptions: { consistency: 6, serialConsistency: 9 },
  });
  await client.connect();
  return client;
};

const CQL = {
  insert: "INSERT INTO cas_queue.jobs (bucket, id, state, payload, due) VALUES (?, ?, 'pending', ?, ?) IF NOT EXISTS",
  claim: "UPDATE cas_queue.jobs SET state = 'running', owner = ? WHERE bucket = ? AND id = ? IF state = 'pending'",
  complete: "UPDATE cas_queue.jobs SET state = 'done' WHERE bucket = ? AND id = ? IF state = 'running' AND owner = ?",
  owner: 'SELECT owner FROM cas_queue.jobs WHERE bucket = ? AND id = ?',
  look: 'SELECT id, state, payload, due FROM cas_queue.jobs WHERE bucket = ? AND id > ? LIMIT ?',
};

export const openClient = async (config) => {
  const client = await connect(config);
  await client.execute(
    "CREATE KEYSPACE IF NOT EXISTS cas_queue WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': 3}",
  );
  await client.execute(
    'CREATE TABLE IF NOT EXISTS cas_queue.jobs (bucket int, id timeuuid, state text, payload text, due bigint, owner text, PRIMARY KEY (bucket, id))',
  );
  let next = 0;
  const submit = async (payload, delayMs = 0) => {
    next += 1;
    const params = [next % BUCKETS, TimeUuid.now(), JSON.stringify(payload), Date.now() + delayMs];
    for (let tried = 1; ; tried += 1) {
      try {
        await client.execute(CQL.insert, params, { prepare: true });
        return;
      } catch (error) {
        if (tried >= TRIES_MAX) throw error; // the same row again is the same job
      }
    }
  };
  return {
    submit,
    submitMany: async (payloads) => {
      const left = payloads.values();
      const caller = async () => {
        for (const payload of left) await submit(payload);
      };
      await Promise.all(Array.from({ length: CALLERS }, caller));
    },
    finished: async () => {
      let count = 0;
      for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
        const rows = client.stream('SELECT state FROM cas_queue.jobs WHERE bucket = ?', [bucket], {
          prepare: true,
          fetchSize: 2_000,
        });
        for await (const { state } of rows) if (state === 'done') count += 1;
      }
      return count;
    },
    clear: () => client.execute('TRUNCATE cas_queue.jobs'),
    close: () => client.shutdown(),
  };
};

export const startWorker = async (config, { handle }) => {
  const client = await connect(config);
  const owner = String(process.pid);
  const prepare = { prepare: true };
  /** A compare-and-set without an answer is sent again; that it had been carried out shows in the owner. */
  const claim = async (bucket, id) => {
    for (let tried = 1; tried <= TRIES_MAX; tried += 1) {
      try {
        const claimed = await client.execute(CQL.claim, [owner, bucket, id], prepare);
        if (claimed.first()['[applied]'] === true) return true;
        if (tried === 1) return false;
        return (await client.execute(CQL.owner, [bucket, id], prepare)).first()?.owner === owner;
      } catch {
        // and again
      }
    }
    return false;
  };
  const complete = async (bucket, id) => {
    for (let tried = 1; tried <= TRIES_MAX; tried += 1) {
      try {
        await client.execute(CQL.complete, [bucket, id, owner], prepare);
        return;
      } catch {
        // and again
      }
    }
  };
  const run = async (bucket, { id, payload }) => {
    if (!(await claim(bucket, id))) return;
    await handle(JSON.parse(payload), 1);
    await complete(bucket, id);
  };
  const look = async (bucket, from) => {
    try {
      return (await client.execute(CQL.look, [bucket, from, PAGE], prepare)).rows;
    } catch {
      return []; // and again, later
    }
  };
  const poll = async (bucket) => {
    let from = TimeUuid.min(new Date(0), 0);
    for (;;) {
      const rows = await look(bucket, from);
      const due = rows.filter(({ state, due: at }) => state === 'pending' && Number(at) <= Date.now());
      for (let at = 0; at < due.length; at += CALLERS / BUCKETS) {
        await Promise.all(due.slice(at, at + CALLERS / BUCKETS).map((row) => run(bucket, row)));
      }
      // What is done need not be looked at again: an advantage that such queues seldom have.
      const open = rows.findIndex(({ state }) => state === 'pending');
      if (rows.length === PAGE && open === -1) from = rows.at(-1).id;
      if (due.length === 0 && rows.length < PAGE) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  };
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) void poll(bucket);
};
