// The schema of a store: planned, made, found older, brought up to date, emptied, dropped.
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { runCql } from '../../src/cluster/cql/session.ts';
import { type Bucket, type FencingToken, type Slot, slotOf } from '../../src/core/model/ids.ts';
import { openSchema, openStore } from '../../src/store/open.ts';
import { describeCassandra } from '../support/real-cassandra.ts';
import { memberRow, operationId, sessionRow } from '../support/rows.ts';

describeCassandra('the schema', (hosts, replicas) => {
  const keyspace = `schema_${randomUUID().slice(0, 8)}`;
  const url = `cassandra://${hosts}/${keyspace}?dc=dc1`;
  const rows = async (text: string): Promise<readonly Readonly<Record<string, unknown>>[]> => {
    const [host = ''] = hosts.split(',');
    const found: Readonly<Record<string, unknown>>[] = [];
    for await (const result of runCql(host, text)) found.push(...result.rows);
    return found;
  };
  const cql = async (text: string): Promise<void> => void (await rows(text));

  test('is planned and made, brought up to date without loss, emptied, and dropped', async () => {
    await using schema = await openSchema(url);
    const change = { kind: 'init', replicationFactor: { dc1: replicas }, bucketCount: 4, serial: 'global' } as const;
    const [first, ...tables] = await schema.plan(change);
    expect(first).toBe(
      `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': ${replicas}}`,
    );
    expect(tables.join('\n')).toMatch(/TABLE IF NOT EXISTS meta[\s\S]*jobs_sharded[\s\S]*UnifiedCompactionStrategy/);
    await expect(schema.plan({ kind: 'migrate' })).rejects.toMatchObject({ code: 'SCHEMA_MISSING' });
    expect(await schema.plan({ kind: 'reset' })).toEqual([]);
    await expect(schema.init({ ...change, replicationFactor: { elsewhere: 1 } })).rejects.toMatchObject({
      exitCode: 2,
    });
    expect((await schema.status()).replication).toBeNull();

    const made = await schema.init(change);
    expect(made).toMatchObject({ version: made.newest, serial: 'global', bucketCount: 4, pending: [] });
    expect(await schema.plan(change)).toEqual([]);
    const session = sessionRow();
    const take = { name: 'user/a', expected: null, session: session.id, operationId: operationId(), note: '' };
    {
      await using store = await openStore(url);
      expect(await store.sessionInsert(session)).toBe('applied');
      expect(await store.lockTake(take)).toBe('applied');
    }

    // As a program of version 1 left it.
    await cql(`DROP TABLE ${keyspace}.placements; INSERT INTO ${keyspace}.meta (name, value) VALUES ('version', '1')`);
    await expect(openStore(url)).rejects.toMatchObject({ code: 'SCHEMA_OLDER' });
    const plan = await schema.plan({ kind: 'migrate' });
    expect(plan[0]).toContain('CREATE TABLE IF NOT EXISTS placements');
    for (const statement of plan) expect(statement).toMatch(/ IF (NOT )?EXISTS /); // a second time does no harm
    await cql(
      `INSERT INTO ${keyspace}.cron_progress (shard, schedule, fencing_token, done_to_ms) VALUES (0, 'old', 3, 5)`,
    );
    expect(await schema.migrate()).toMatchObject({ version: made.newest, pending: [] });
    {
      await using store = await openStore(url);
      expect(await store.placementList()).toEqual([]);
      const progress = await store.progressList(0 as Bucket);
      expect(progress).toEqual([{ schedule: 'old', token: 3, doneToMs: 5, memory: null }]);
      expect(await store.lockGet(take.name)).toMatchObject({ session: session.id, token: 1 });
    }

    // An owner of an emptied store looks at no slot of what was there before.
    await cql(`INSERT INTO ${keyspace}.meta (name, value) VALUES ('created_ms', '1000')`);
    await schema.empty();
    expect(await schema.status()).toMatchObject({ version: made.newest, serial: 'global', bucketCount: 4 });
    {
      await using store = await openStore(url);
      expect(await store.lockGet(take.name)).toBeNull();
      const now = slotOf(await store.wallMs());
      const [first = 0] = await store.slotScan({ bucket: 0 as Bucket, from: 0 as Slot, to: now, limit: 1 });
      expect(now - first).toBeLessThanOrEqual(2);
    }

    // A release that comes late, after the table was emptied, is a whole row: a free lock, with its token.
    {
      await using store = await openStore(url);
      await store.lockTake(take);
      const release = { name: take.name, session: session.id, token: 1 as FencingToken, operationId: operationId() };
      expect(await store.lockRelease(release)).toBe('applied');
      const times = `SELECT WRITETIME(fencing_token) AS fenced, WRITETIME(op_id) AS written FROM ${keyspace}.locks`;
      const [{ fenced, written } = {}] = await rows(times);
      expect(fenced).toEqual(expect.any(String));
      expect(fenced).toBe(written);
    }

    // As programs before wrote it: a release, without what it released.
    await schema.empty();
    await cql(`UPDATE ${keyspace}.locks SET session = null, op_id = uuid() WHERE name = 'user/a'`);
    {
      await using store = await openStore(url);
      await expect(store.lockGet(take.name)).rejects.toMatchObject({ code: 'STORE_CORRUPT', exitCode: 1 });
      await cql(`UPDATE ${keyspace}.sessions SET live = false, op_id = uuid() WHERE id = ${session.id}`);
      expect(await store.sessionGet(session.id)).toBeNull();
    }

    // It is not said to be empty while something writes.
    {
      await using store = await openStore(url);
      const ended = new AbortController();
      const write = async (): Promise<void> => {
        while (!ended.signal.aborted) await store.memberWrite(memberRow('w1'), 60_000);
      };
      const writing = Promise.all([write(), write()]);
      await expect(schema.empty()).rejects.toMatchObject({ code: 'SCHEMA_BUSY' });
      ended.abort();
      await writing;
    }
    await schema.empty();

    expect(await schema.plan({ kind: 'reset' })).toEqual([`DROP KEYSPACE IF EXISTS ${keyspace}`]);
    await schema.reset();
    expect((await schema.status()).replication).toBeNull();
  });
});
