// Benchmarks on real nodes: short ones, to see that they measure and check, also while a node hangs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import cassandra from 'cassandra-driver';
import { expect, test } from 'vitest';
import { CassandraCapture } from '../../src/bench/ceiling/cassandra.ts';
import { parseResults } from '../../src/bench/results/table.ts';
import type { Slot } from '../../src/core/model/ids.ts';
import { parseCassandraUrl } from '../../src/store/cassandra/url.ts';
import { openStore } from '../../src/store/open.ts';
import { describeThreeNodes } from '../support/real-cassandra.ts';
import { attemptRow, bucketOf, jobRow } from '../support/rows.ts';
import { chaosSandbox } from './chaos-sandbox.ts';

describeThreeNodes('bench', ({ url, directory }) => {
  test('a backlog and its ceiling, in a keyspace of its own', async () => {
    await using sandbox = chaosSandbox(url, directory);
    const ran = await sandbox.run('bench', 'drain', '--reps', '1', '--jobs', '500', '--out', 'c.csv');
    expect(ran.code, ran.stderr + ran.stdout).toBe(0);
    const file = join(sandbox.folder, 'c.csv');
    const rows = parseResults(readFileSync(file, 'utf8'), file);
    expect(rows.map(({ metric }) => metric)).toEqual(
      expect.arrayContaining(['throughput', 'ceiling', 'share-of-ceiling']),
    );
    expect(rows.every(({ store, valid }) => store === 'cassandra' && valid === 'true')).toBe(true);
    const meta = JSON.parse(readFileSync(join(sandbox.folder, 'c.meta.json'), 'utf8'));
    expect(meta.store).toMatchObject({ kind: 'cassandra', nodes: 3, version: expect.stringMatching(/^5\./) });
  });

  test('a ceiling is replayed in partitions of its own, each time, and finds the backlog there', async () => {
    const capture = await captured(url);
    await capture.replay();
    const attempts = await jobsByPartition(url, 'job_history');
    expect(Object.keys(attempts).length).toBeGreaterThan(3); // as recorded, and once at least for each number of callers
    expect(new Set(Object.values(attempts))).toEqual(new Set([2]));
    expect(await jobsByPartition(url, 'jobs_sharded')).toEqual(attempts);
  });
});

/** Of two jobs: their backlog, a look, and their claim. */
const captured = async (url: string): Promise<CassandraCapture> => {
  using capture = new CassandraCapture();
  await using store = await openStore(url);
  const jobs = [jobRow({ bucket: 3, dueMs: 90_000 }), jobRow({ bucket: 3, dueMs: 90_001 })];
  const partition = { bucket: bucketOf(3), slot: 1 as Slot };
  capture.beginBacklog();
  await store.append({ ...partition, jobs });
  capture.begin();
  await store.jobPage({ ...partition, priority: 5, after: { dueMs: 0, jobId: null }, dueToMs: 120_000, limit: 9 });
  await store.append({ ...partition, attempts: jobs.map((job) => attemptRow(job)) });
  capture.end();
  return capture;
};

const jobsByPartition = async (url: string, table: string): Promise<Readonly<Record<string, number>>> => {
  const { contactPoints, localDataCenter, keyspace } = parseCassandraUrl(url);
  const { consistencies } = cassandra.types;
  const queryOptions = { consistency: consistencies.all };
  const client = new cassandra.Client({ contactPoints: [...contactPoints], localDataCenter, keyspace, queryOptions });
  try {
    const { rows } = await client.execute(`SELECT bucket, slot, COUNT(*) AS jobs FROM ${table} GROUP BY bucket, slot`);
    return Object.fromEntries(rows.map(({ bucket, slot, jobs }) => [`${bucket}/${slot}`, Number(jobs)]));
  } finally {
    await client.shutdown();
  }
};
