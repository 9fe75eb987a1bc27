// Jobs go on while nodes are killed and hang, one at a time: a quorum of the three is always there.
import { expect, test } from 'vitest';
import { historyViews } from '../../src/core/job/view.ts';
import { parseJobId } from '../../src/core/model/ids.ts';
import { connect, JobctlError } from '../../src/index.ts';
import { openStore } from '../../src/store/open.ts';
import { Sandbox } from '../e2e/processes.ts';
import { describeThreeNodes } from '../support/real-cassandra.ts';
import { FIXTURE_HANDLERS } from './handlers-file.ts';

const AT_ONCE = 20;
/** Jobs that must get through under each fault before the next. */
const PER_FAULT = 100;

describeThreeNodes('unrest', ({ url, nodes }) => {
  test('jobs go on while one node is killed and comes back, and another one hangs and goes on', async () => {
    await using sandbox = new Sandbox(url);
    const flags = { lease: '10s', handlers: FIXTURE_HANDLERS };
    await Promise.all([sandbox.worker('u1', flags), sandbox.worker('u2', flags)]);
    await using client = await connect({ store: url });
    const acknowledged: string[] = [];
    let refused = 0;
    /** One after the other, each with its outcome. A submit without an answer may be made again: nobody was told of a job. */
    const submitSome = async (count: number): Promise<void> => {
      for (let done = 0; done < count; ) {
        try {
          const { id } = await client.submit({ type: 'instant' });
          acknowledged.push(id);
          await client.wait(id);
          done += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(JobctlError);
          expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' });
          refused += 1;
        }
      }
    };
    const submitMany = () => Promise.all(Array.from({ length: AT_ONCE }, () => submitSome(PER_FAULT / AT_ONCE)));

    const cluster = await nodes();
    await submitMany();
    await cluster.stopNode('cassandra-2', 'kill');
    await submitMany();
    await Promise.all([cluster.startNode('cassandra-2'), submitMany()]);
    await cluster.pauseNode('cassandra-3');
    await submitMany();
    await cluster.resumeNode('cassandra-3');
    await submitMany();

    expect(acknowledged.length).toBeGreaterThanOrEqual(5 * PER_FAULT);
    expect(refused).toBeLessThan(acknowledged.length / 10);
    await using store = await openStore(url);
    for (const id of acknowledged) {
      const states = historyViews(await store.attemptList(parseJobId(id))).map(({ state }) => state);
      expect(states.filter((state) => state === 'succeeded')).toHaveLength(1);
      expect(states.at(-1)).toBe('succeeded');
    }
  });
});
