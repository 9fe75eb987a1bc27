// Workers whose machine's clock is set by hours while they work: jobs run when they are due by the store's clock, none is lost.
import { expect, test } from 'vitest';
import { jobDueMs, parseJobId } from '../../src/core/model/ids.ts';
import { connect } from '../../src/index.ts';
import { openStore } from '../../src/store/open.ts';
import { Sandbox } from '../e2e/processes.ts';
import { describeThreeNodes } from '../support/real-cassandra.ts';
import { FIXTURE_HANDLERS } from './handlers-file.ts';

const PRELOAD = new URL('./fixtures/settable-clock.ts', import.meta.url).href;
const HOUR_MS = 3_600_000;
const JOBS = 60;
const DELAYS_MS = [0, 2_000, 4_000];
/** An offset is measured with half a round trip's error, on a busy machine, ms. */
const EARLY_MAX_MS = 500;

describeThreeNodes('a clock that is set', ({ url }) => {
  test.each([2 * HOUR_MS, -2 * HOUR_MS])('by %i ms', async (byMs) => {
    await using sandbox = new Sandbox(url);
    sandbox.env = { NODE_OPTIONS: `--import=${PRELOAD}`, CLOCK_STEP_MS: String(byMs) };
    const worker = await sandbox.worker('c1', { lease: '4s', handlers: FIXTURE_HANDLERS });
    worker.child.kill('SIGUSR2');
    await worker.until('stderr', /clock set/);
    await using client = await connect({ store: url });
    const jobs = await Promise.all(
      Array.from({ length: JOBS }, (_, index) =>
        client.submit({ type: 'instant', delayMs: DELAYS_MS[index % DELAYS_MS.length] ?? 0 }),
      ),
    );
    await Promise.all(jobs.map(({ id }) => client.wait(id)));
    // It says what is wrong with its machine.
    await worker.until('stderr', /"event":"clock.skewed"/);
    await using store = await openStore(url);
    for (const id of jobs.map((job) => parseJobId(job.id))) {
      const [truth, ...older] = await store.attemptList(id);
      expect(truth?.state).toBe('succeeded');
      expect(older).toEqual([]);
      expect(truth?.startedMs).toBeGreaterThan(jobDueMs(id) - EARLY_MAX_MS);
    }
  });
});
