// The promise, on three real nodes: ten thousand jobs, two workers, one of them killed in the middle, and a node too.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { historyViews } from '../../src/core/job/view.ts';
import { type JobId, parseJobId } from '../../src/core/model/ids.ts';
import { parseCassandraUrl } from '../../src/store/cassandra/url.ts';
import { openStore } from '../../src/store/open.ts';
import { Sandbox } from '../e2e/processes.ts';
import { describeThreeNodes } from '../support/real-cassandra.ts';
import { FIXTURE_HANDLERS } from './handlers-file.ts';
import { appliedCas } from './server-counters.ts';

const JOBS = 10_000;
/** Attempts in flight in one worker: its default concurrency, and as many whose outcomes are still being written. */
const CONCURRENCY = 64;
const IN_FLIGHT_MAX = 2 * CONCURRENCY;
/** The victim has done so many when it is killed, and half of what it can is in flight: jobs come in bursts. */
const DONE_BEFORE = 500;
const CAS_PER_JOB_MAX = 0.01;
const READS_AT_ONCE = 500;
const TIMEOUT_MS = 600_000;

describeThreeNodes('the story', ({ url, nodes }) => {
  test(
    `${JOBS} jobs reach an outcome though a worker and a node are killed; only those in flight ran twice`,
    async () => {
      await using sandbox = new Sandbox(url);
      await using store = await openStore(url);
      const cluster = await nodes();
      const [survivor = ''] = cluster.contactPoints;
      const { keyspace } = parseCassandraUrl(url);
      const effects = join(sandbox.folder, 'effects');
      const line = JSON.stringify({ type: 'counted', payload: { file: effects } });
      writeFileSync(join(sandbox.folder, 'jobs.jsonl'), `${line}\n`.repeat(JOBS));
      const flags = { lease: '10s', handlers: FIXTURE_HANDLERS };
      const [victim, other] = await Promise.all([sandbox.worker('s1', flags), sandbox.worker('s2', flags)]);
      const casBefore = await appliedCas(survivor, keyspace);

      const submitting = sandbox.run('submit', '-f', 'jobs.jsonl', '-o', 'name');
      const effectLines = (): readonly string[] =>
        existsSync(effects) ? readFileSync(effects, 'utf8').trim().split('\n') : [];
      const isInTheMiddle = (): boolean => {
        const ended = victim.count('stderr', '"event":"job.ended"');
        const started = effectLines().filter((line) => line.endsWith(` ${victim.child.pid}`)).length;
        return ended >= DONE_BEFORE && started - ended >= CONCURRENCY / 2;
      };
      await vi.waitUntil(isInTheMiddle, { timeout: TIMEOUT_MS, interval: 20 });
      victim.child.kill('SIGKILL');
      await cluster.stopNode('cassandra-3', 'kill');
      const submitted = await submitting;
      expect(submitted.code, submitted.stderr).toBe(0);
      const ids = submitted.stdout.trim().split('\n').map(parseJobId);
      expect(new Set(ids).size).toBe(JOBS);

      const open = new Set<JobId>(ids);
      const allOver = async (): Promise<boolean> => {
        const truths = await store.truthGet([...open].slice(0, READS_AT_ONCE));
        for (const [id, { state }] of truths) if (state === 'succeeded') open.delete(id);
        return open.size === 0;
      };
      await vi.waitUntil(allOver, { timeout: TIMEOUT_MS, interval: 50 });
      const casPerJob = ((await appliedCas(survivor, keyspace)) - casBefore) / JOBS;

      const runs = new Map<string, number>();
      for (const [id = ''] of effectLines().map((line) => line.split(' '))) runs.set(id, (runs.get(id) ?? 0) + 1);
      expect(runs.size).toBe(JOBS);
      let [lost, rejected] = [0, 0];
      for (let from = 0; from < JOBS; from += READS_AT_ONCE) {
        const page = ids.slice(from, from + READS_AT_ONCE);
        const histories = await Promise.all(page.map(async (id) => historyViews(await store.attemptList(id))));
        histories.forEach((history, index) => {
          const last = history.at(-1);
          expect(last?.state).toBe('succeeded');
          expect(last?.result).toEqual({ fence: last?.fence });
          const earlier = history.slice(0, -1);
          for (const { state, worker } of earlier) {
            expect(['lost', 'rejected']).toContain(state);
            expect(worker).toBe('s1');
          }
          lost += earlier.filter(({ state }) => state === 'lost').length;
          rejected += earlier.filter(({ state }) => state === 'rejected').length;
          // Whoever ran twice has an attempt that was declared lost, and kept.
          expect(runs.get(page[index] ?? '')).toBeLessThanOrEqual(history.length);
        });
      }
      process.stderr.write(`story: ${lost} attempts lost, ${rejected} rejected, ${casPerJob} compare-and-sets a job\n`);
      expect(lost + rejected).toBeGreaterThan(0);
      expect(lost + rejected).toBeLessThanOrEqual(IN_FLIGHT_MAX);
      expect(casPerJob).toBeLessThan(CAS_PER_JOB_MAX);

      other.child.kill('SIGTERM');
      expect((await other.ended).code).toBe(0);
    },
    TIMEOUT_MS,
  );
});
