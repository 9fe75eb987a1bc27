// The laws, on a real Cassandra.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Bucket, slotOf } from '../../src/core/model/ids.ts';
import type { Store } from '../../src/core/ports/store.ts';
import { openSchema, openStore } from '../../src/store/open.ts';
import { jobLaws } from '../conformance/job-laws.ts';
import { lockLaws } from '../conformance/lock-laws.ts';
import { scheduleLaws } from '../conformance/schedule-laws.ts';
import { emptyTables } from '../support/empty-tables.ts';
import { describeCassandra } from '../support/real-cassandra.ts';
import { bucketOf, memberRow } from '../support/rows.ts';

/** Cassandra's TTL counts whole seconds, ms. */
const EXPIRY_MS = 2_000;

describeCassandra('Cassandra', (hosts, replicas) => {
  const keyspace = `laws_${randomUUID().slice(0, 8)}`;
  const url = `cassandra://${hosts}/${keyspace}?dc=dc1`;

  beforeAll(async () => {
    await using schema = await openSchema(url);
    const status = await schema.init({ replicationFactor: replicas, bucketCount: 16 });
    expect(status).toMatchObject({ version: status.newest, bucketCount: 16, pending: [] });
  });
  afterAll(async () => {
    await using schema = await openSchema(url);
    await schema.reset();
    expect((await schema.status()).replication).toBeNull();
  });

  const withStore = async (use: (store: Store) => Promise<void>): Promise<void> => {
    await emptyTables(url);
    await using store = await openStore(url);
    await use(store);
  };

  describe('laws', () => {
    jobLaws(withStore);
    lockLaws(withStore, { expiryMs: EXPIRY_MS });
    scheduleLaws(withStore);
  });

  test('a hint reaches a worker in another process, signed', async () => {
    await using worker = await openStore(url);
    await using submitter = await openStore(url);
    const heard = new Promise<Bucket | null>((resolve) => worker.hintSubscribe(resolve));
    await worker.memberWrite(memberRow('w1'), 60_000);
    await submitter.append({ bucket: bucketOf(3), slot: slotOf(0), hint: true });
    expect(await heard).toBe(bucketOf(3));
  });

  test('a second init changes nothing', async () => {
    await using schema = await openSchema(url);
    const before = await schema.status();
    expect(before.bucketCount).toBe(16);
    expect(await schema.init({ replicationFactor: replicas, bucketCount: 4 })).toEqual(before);
  });
});
