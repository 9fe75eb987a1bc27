// What the nodes count of a job is what `npm run cost` says: on real nodes, with real workers.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { costOf, difference, per } from '../../bench/cost/counters.ts';
import { Fleet } from '../../bench/cost/fleet.ts';
import { Nodes } from '../../bench/cost/nodes.ts';
import { WORKER_DEFAULTS } from '../../src/core/worker/defaults.ts';
import { openSchema } from '../../src/store/open.ts';
import { describeCassandra } from '../support/real-cassandra.ts';

const JOBS = 200;
const CALLERS = 64;
const WORKERS = 2;
/** A session is renewed three times a lease, however many jobs there are; one renewal each may have been on its way. */
const renewalsMax = (seconds: number): number => WORKERS * ((seconds * 3_000) / WORKER_DEFAULTS.leaseMs + 2);

describeCassandra('the cost of a job', (hosts, replicas) => {
  const keyspace = `cost_${randomUUID().slice(0, 8)}`;
  const url = `cassandra://${hosts}/${keyspace}?dc=dc1`;

  beforeAll(async () => {
    await using schema = await openSchema(url);
    await schema.init({ replicationFactor: replicas, bucketCount: 16 });
  });
  afterAll(async () => {
    await using schema = await openSchema(url);
    await schema.reset();
  });

  test('is counted by the nodes: less than a request a row, and no compare-and-sets but renewals', async ({
    signal,
  }) => {
    await using nodes = await Nodes.open(url, null);
    await using fleet = await Fleet.start(url, { workers: WORKERS, signal });
    const before = await nodes.read(keyspace);
    await fleet.run(JOBS, CALLERS);
    const counted = difference(before, await nodes.read(keyspace));

    const all = costOf(counted, nodes.replicas);
    expect(all.compareAndSets).toBeLessThan(renewalsMax(counted.seconds));
    const cost = per(all, JOBS);
    expect(cost.partitionsRead).toBeGreaterThan(0);
    expect(cost.writeRequests).toBeGreaterThan(0);
    expect(cost.writeRequests).toBeLessThan(3);
    for (const table of ['jobs_sharded', 'job_history']) {
      const { coordinatorWrites = 0, localWrites = 0 } = counted.tables.get(table) ?? {};
      expect(coordinatorWrites, table).toBeGreaterThan(0);
      // Once on each replica of the quorum that answered; the others may count it later.
      expect(localWrites, table).toBeGreaterThanOrEqual(coordinatorWrites * quorumOf(replicas));
    }
  });
});

const quorumOf = (replicas: number): number => Math.floor(replicas / 2) + 1;
